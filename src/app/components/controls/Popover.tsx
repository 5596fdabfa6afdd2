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
  /** The card's accessible name. */
  readonly label: string;
  /** The button's tooltip, if it differs from the label. */
  readonly tip?: string;
  /** The button's content, which is also its accessible name. */
  readonly button: ReactNode;
  readonly className?: string;
  /** The side of the button on which the card opens. */
  readonly side: 'below' | 'above';
  readonly children: ReactNode | ((close: () => void) => ReactNode);
}

/** A button with a card beside it. Escape or a press outside closes the card. */
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
