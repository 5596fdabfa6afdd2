import { type ReactNode, type ToggleEvent, useId, useRef, useState } from 'react';

interface Props {
  /** What the card is called. */
  readonly label: string;
  /** What the button holds; its words are its name. */
  readonly button: ReactNode;
  readonly className?: string;
  /** Where the card opens. */
  readonly side: 'below' | 'above';
  readonly children: ReactNode | ((close: () => void) => ReactNode);
}

const EDGE = 8; // px between the card, its button and the window

/** A button with a card that opens beside it, and closes by Escape or a press elsewhere. */
export function Popover({ label, button, className = 'quiet-button', side, children }: Props) {
  const id = useId();
  const trigger = useRef<HTMLButtonElement>(null);
  const card = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);

  const place = ({ newState }: ToggleEvent<HTMLDivElement>) => {
    if (newState !== 'open' || !trigger.current || !card.current) return;
    const from = trigger.current.getBoundingClientRect();
    const { style, offsetWidth } = card.current;
    const left = Math.min(from.left, document.documentElement.clientWidth - offsetWidth - EDGE);
    style.left = `${Math.max(EDGE, left)}px`;
    if (side === 'below') style.top = `${from.bottom + EDGE}px`;
    else style.bottom = `${innerHeight - from.top + EDGE}px`;
  };

  const content = typeof children === 'function' ? children(() => card.current?.hidePopover()) : children;
  return (
    <>
      <button ref={trigger} type="button" className={className} popoverTarget={id} title={label}>
        {button}
      </button>
      <div
        ref={card}
        id={id}
        popover="auto"
        role="dialog"
        aria-label={label}
        className="card"
        onBeforeToggle={({ newState }) => setOpen(newState === 'open')}
        onToggle={place}
      >
        {isOpen ? content : null}
      </div>
    </>
  );
}
