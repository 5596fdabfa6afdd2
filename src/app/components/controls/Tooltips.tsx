import { Tooltip } from '@base-ui/react/tooltip';
import { useEffect, useState } from 'react';

const DELAY = 500; // ms that the pointer rests before the tooltip opens

/** The page's tooltip: it shows the `data-tip` of the hovered element, or of the one with keyboard focus. */
export default function Tooltips() {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  useEffect(() => listen(setAnchor), []);
  if (!anchor) return null;
  return (
    <Tooltip.Root open onOpenChange={() => setAnchor(null)}>
      <Tooltip.Portal>
        <Tooltip.Positioner className="overlay" anchor={anchor} sideOffset={6} collisionPadding={8}>
          <Tooltip.Popup className="tooltip">{anchor.dataset.tip}</Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

function listen(show: (anchor: HTMLElement | null) => void): () => void {
  const listening = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pointed: HTMLElement | null = null;
  const tipped = ({ target }: Event) =>
    target instanceof Element ? target.closest<HTMLElement>('[data-tip]:not([aria-expanded="true"])') : null;
  const hide = () => {
    clearTimeout(timer);
    show(null);
  };
  const on = (type: string, listener: (event: Event) => void) =>
    document.addEventListener(type, listener, { signal: listening.signal });
  on('pointerover', (event) => {
    const next = (event as PointerEvent).pointerType === 'mouse' ? tipped(event) : null;
    if (next === pointed || (event.target as Element).closest('.tooltip')) return;
    pointed = next;
    hide();
    if (next) timer = setTimeout(() => show(next), DELAY);
  });
  on('focusin', (event) => {
    if ((event.target as Element).matches(':focus-visible')) show(tipped(event));
  });
  for (const type of ['focusout', 'pointerdown', 'click', 'keydown']) on(type, hide);
  return () => {
    clearTimeout(timer);
    listening.abort();
  };
}
