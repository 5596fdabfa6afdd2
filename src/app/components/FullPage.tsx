import { Dialog } from '@base-ui/react/dialog';
import type { DragEvent, ReactNode } from 'react';
import type { ErrorData } from '../../model/runtime/errors';
import { closePage } from '../address';
import { CloseIcon } from './controls/icons';

interface Props {
  readonly title: string;
  readonly children: ReactNode;
  /** Takes files that are dropped anywhere on the page; else they open as texts. */
  onFiles?(files: readonly File[]): void;
}

/** A page over the text, which its address opens. */
export function FullPage({ title, children, onFiles }: Props) {
  const drops = onFiles && {
    'data-takes-files': '',
    onDragOver: (event: DragEvent) => event.preventDefault(),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      onFiles(Array.from(event.dataTransfer.files));
    },
  };
  return (
    <Dialog.Root open onOpenChange={closePage}>
      <Dialog.Portal>
        <Dialog.Popup className="full-page" {...drops}>
          <div className="full-page-column">
            <header>
              <Dialog.Title>{title}</Dialog.Title>
              <Dialog.Close className="quiet-button" aria-label="Close">
                <CloseIcon />
              </Dialog.Close>
            </header>
            {children}
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** The progress of the page's work, with a button that ends it. */
export function PageProgress({ label, part, onCancel }: { label: string; part: number; onCancel(): void }) {
  return (
    <div className="full-page-actions">
      <div className="progress">
        <p>{label}</p>
        <progress aria-label={label} value={part} max="1" />
      </div>
      <button type="button" className="worded" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}

export function PageError({ error }: { error: ErrorData }) {
  return (
    <p role="alert">
      <b>{error.message}</b> {error.remedy}
    </p>
  );
}
