import { useEffect, useRef } from 'react';
import { usePlaygroundState } from '../../playground-context';
import { PANEL_NAMES } from '../../store/state';
import { NARROW, useMedia } from '../../use-media';
import { late } from '../late';

const Rail = late(() => import('./Rail'), {
  name: 'The panel',
  close: (playground) => playground.show(null),
});

/** Holds the panels: a column beside the text, or in a narrow window a sheet between the text and the buttons. */
export function RailFrame() {
  const panel = usePlaygroundState((state) => state.panel);
  const isSheet = useMedia(NARROW);
  const sheet = useRef<HTMLElement>(null);
  const isOpen = panel !== null;
  useEffect(() => {
    if (!isOpen || !isSheet) return;
    sheet.current?.scrollIntoView({ block: 'nearest' }); // the page scrolls in a low window
    if (matchMedia('(pointer: coarse)').matches) hideKeyboard();
  }, [isOpen, isSheet]);
  if (!panel) return null;
  return (
    <aside ref={sheet} className={isSheet ? 'rail sheet' : 'rail'} aria-label={PANEL_NAMES[panel]}>
      <Rail />
    </aside>
  );
}

/** Hides the on-screen keyboard to make room for the sheet. */
function hideKeyboard(): void {
  const focused = document.activeElement;
  if (focused instanceof HTMLElement && focused.isContentEditable) focused.blur();
}
