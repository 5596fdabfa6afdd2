import { lazy, type ReactNode, Suspense, useRef, useState } from 'react';

const loadCard = () => import('./Card'); // Base UI comes when it is wanted, after the first paint
const Card = lazy(loadCard);

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

/** A button with a card that opens beside it, and closes by Escape or a press elsewhere. */
export function Popover({ label, button, className = 'quiet-button', side, children }: Props) {
  const trigger = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <button
        ref={trigger}
        type="button"
        className={className}
        data-tip={label}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onPointerEnter={loadCard}
        onFocus={loadCard}
        onClick={() => setOpen(!isOpen)}
      >
        {button}
      </button>
      {isOpen ? (
        <Suspense>
          <Card label={label} trigger={trigger} side={side} onClose={close}>
            {typeof children === 'function' ? children(close) : children}
          </Card>
        </Suspense>
      ) : null}
    </>
  );
}
