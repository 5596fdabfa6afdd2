import { type ReactNode, useRef } from 'react';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import type { CardId } from '../../store/state';
import { late } from '../late';

const Card = late(() => import('../cards/Card'), {
  name: 'This card',
  isOver: true,
  close: (playground) => playground.openCard(null),
});

interface Props {
  readonly id: CardId;
  /** What the card is called. */
  readonly label: string;
  /** What the button says when it is pointed at, where that is more. */
  readonly tip?: string;
  /** What the button holds; its words are its name. */
  readonly button: ReactNode;
  readonly className?: string;
  /** Where the card opens. */
  readonly side: 'below' | 'above';
  readonly children: ReactNode | ((close: () => void) => ReactNode);
}

/** A button with a card that opens beside it, and closes by Escape or a press elsewhere. */
export function Popover({
  id,
  label,
  tip = label,
  button,
  className = 'quiet-button',
  side,
  children,
}: Props) {
  const trigger = useRef<HTMLButtonElement>(null);
  const playground = usePlayground();
  const isOpen = usePlaygroundState(({ card }) => card === id);
  const close = () => playground.openCard(null);
  return (
    <>
      <button
        ref={trigger}
        type="button"
        className={className}
        data-tip={tip}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onPointerEnter={Card.preload}
        onFocus={Card.preload}
        onClick={() => playground.openCard(isOpen ? null : id)}
      >
        {button}
      </button>
      {isOpen ? (
        <Card label={label} trigger={trigger} side={side} onClose={close}>
          {typeof children === 'function' ? children(close) : children}
        </Card>
      ) : null}
    </>
  );
}
