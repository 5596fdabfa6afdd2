import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useMedia } from '../use-media';
import { CloseIcon } from './icons';

export interface Panel {
  readonly id: string;
  readonly name: string;
  readonly content: ReactNode;
}

interface Props {
  readonly panels: readonly Panel[];
  onClose(): void;
}

/** Beside the text: its panels, one at a time. On a narrow window the rail is a sheet over the text. */
export function Rail({ panels, onClose }: Props) {
  const isNarrow = useMedia('(max-width: 719px)');
  const [chosen, choose] = useState(panels[0].id);
  const panel = panels.find(({ id }) => id === chosen) ?? panels[0];
  const content = (
    <>
      <div className="rail-head">
        {panels.length > 1 ? (
          <Tabs panels={panels} chosen={panel.id} onChoose={choose} />
        ) : (
          <h2>{panel.name}</h2>
        )}
        <button type="button" className="quiet-button" aria-label={`Close ${panel.name}`} onClick={onClose}>
          <CloseIcon />
        </button>
      </div>
      <div className="rail-body">{panel.content}</div>
    </>
  );
  if (isNarrow)
    return (
      <Sheet name={panel.name} onClose={onClose}>
        {content}
      </Sheet>
    );
  return (
    <aside className="rail" aria-label={panel.name}>
      {content}
    </aside>
  );
}

function Tabs({
  panels,
  chosen,
  onChoose,
}: {
  panels: readonly Panel[];
  chosen: string;
  onChoose(id: string): void;
}) {
  return (
    <div className="tabs">
      {panels.map(({ id, name }) => (
        <button key={id} type="button" aria-pressed={id === chosen} onClick={() => onChoose(id)}>
          {name}
        </button>
      ))}
    </div>
  );
}

/** A press beside the sheet closes it; React's types do not know the attribute yet. */
const LIGHT_DISMISS = { closedby: 'any' };

function Sheet({ name, onClose, children }: { name: string; onClose(): void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="sheet" aria-label={name} onClose={onClose} {...(LIGHT_DISMISS as object)}>
      <div className="sheet-inner">{children}</div>
    </dialog>
  );
}
