import { type KeyboardEvent, useEffect, useRef } from 'react';
import { createPortal } from 'react-dom';
import { CloseIcon } from './controls/icons';

interface Props {
  /** The error as a sentence. */
  readonly sentence: string;
  /** Set after a second failure: some browsers cache the failure until the page reloads (Firefox 153). */
  readonly offersReload: boolean;
  /** The part opens over the page, so the message does too, and takes the focus. */
  readonly isOver?: boolean;
  /** Shows nothing, and tries again when the network is back. */
  readonly isSilent?: boolean;
  onAgain(): void;
  readonly onClose: (() => void) | undefined;
}

/** Replaces a part that did not load or that threw: the error and its buttons. */
export function PartProblem({ sentence, offersReload, isOver, isSilent, onAgain, onClose }: Props) {
  const again = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    addEventListener('online', onAgain);
    return () => removeEventListener('online', onAgain);
  }, [onAgain]);
  useEffect(() => {
    if (isOver) again.current?.focus();
  }, [isOver]);
  if (isSilent) return null;
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (isOver && key === 'Escape') onClose?.();
  };
  const box = (
    <div className={isOver ? 'part-problem over' : 'part-problem'} role="alert" onKeyDown={onKeyDown}>
      <p>{sentence}</p>
      <button ref={again} type="button" className="worded" onClick={onAgain}>
        Try again
      </button>
      {offersReload ? (
        <button type="button" className="worded" onClick={() => location.reload()}>
          Reload the page
        </button>
      ) : null}
      {onClose ? (
        <button type="button" className="quiet-button" aria-label="Close" onClick={onClose}>
          <CloseIcon />
        </button>
      ) : null}
    </div>
  );
  return isOver ? createPortal(box, document.body) : box;
}
