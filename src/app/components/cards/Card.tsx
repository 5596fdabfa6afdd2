import { Popover } from '@base-ui/react/popover';
import { type ReactNode, type RefObject, useEffect, useRef } from 'react';

interface Props {
  readonly label: string;
  readonly trigger: RefObject<HTMLElement | null>;
  readonly side: 'below' | 'above';
  readonly children: ReactNode;
  onClose(): void;
}

const EDGE = 8; // px between the card, its button and the window

/** An open card beside its button. If another card replaces it, that card gets the focus. */
export default function Card({ label, trigger, side, children, onClose }: Props) {
  const popup = useRef<HTMLDivElement>(null);
  const first = useRef(label);
  useEffect(() => {
    if (first.current !== label) popup.current?.focus();
    first.current = label;
  }, [label]);
  return (
    <Popover.Root
      open
      onOpenChange={(_open, details) => {
        // A press on the button is handled by the button, which closes the card.
        if (trigger.current?.contains(details.event.target as Node)) details.cancel();
        else onClose();
      }}
    >
      <Popover.Portal>
        <Popover.Positioner
          className="overlay"
          anchor={trigger}
          side={side === 'below' ? 'bottom' : 'top'}
          align="start"
          sideOffset={EDGE}
          collisionPadding={EDGE}
          positionMethod="fixed"
        >
          <Popover.Popup ref={popup} className="card" aria-label={label} tabIndex={0} finalFocus={trigger}>
            {children}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
