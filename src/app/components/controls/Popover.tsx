import { type ReactNode, useRef } from 'react';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import type { CardId } from '../../store/state';
import { late } from '../late';

const Card = late(() => import('../cards/Card'), {
  name: 'This card',
  isOver: true,
  close: (playground) => playground.openCard(null),
});

interface CardContent {
  readonly id: CardId;
  /** The card's accessible name. */
  readonly label: string;
  readonly children: ReactNode | ((close: () => void) => ReactNode);
}

interface Props extends CardContent {
  /** The button's tooltip, if it differs from the label. */
  readonly tip?: string;
  /** The button's content, which is also its accessible name. */
  readonly button: ReactNode;
  readonly className?: string;
  /** The side of the button on which the card opens. */
  readonly side: 'below' | 'above';
  /** Cards that open beside the same button. */
  readonly others?: readonly CardContent[];
}

/** A button with a card beside it. Escape or a press outside closes the card. */
export function Popover({ tip, button, className = 'quiet-button', side, others = [], ...own }: Props) {
  const trigger = useRef<HTMLButtonElement>(null);
  const playground = usePlayground();
  const card = usePlaygroundState((state) => state.card);
  const open = [own, ...others].find(({ id }) => id === card);
  const close = () => playground.openCard(null);
  return (
    <>
      <button
        ref={trigger}
        type="button"
        className={className}
        data-tip={tip ?? own.label}
        aria-haspopup="dialog"
        aria-expanded={open !== undefined}
        onPointerEnter={Card.preload}
        onFocus={Card.preload}
        onClick={() => playground.openCard(open ? null : own.id)}
      >
        {button}
      </button>
      {open ? (
        <Card label={open.label} trigger={trigger} side={side} onClose={close}>
          {typeof open.children === 'function' ? open.children(close) : open.children}
        </Card>
      ) : null}
    </>
  );
}
