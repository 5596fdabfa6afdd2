import { useEffect, useRef } from 'react';
import { usePlaygroundState } from '../../playground-context';
import { PANEL_NAMES } from '../../store/state';
import { useMedia } from '../../use-media';
import { late } from '../late';

const Rail = late(() => import('./Rail'), {
  name: 'The panel',
  close: (playground) => playground.show(null),
});

const NARROW = '(width < 45em)'; // the reader's text size counts: em here is the browser's own

/** The place of the panels: a column beside the text, or in a narrow window a sheet between the text and the buttons. */
export function RailFrame() {
  const panel = usePlaygroundState((state) => state.panel);
  const isSheet = useMedia(NARROW);
  const sheet = useRef<HTMLElement>(null);
  const isOpen = panel !== null;
  useEffect(() => {
    if (!isOpen || !isSheet) return;
    sheet.current?.scrollIntoView({ block: 'nearest' }); // the page scrolls where a window is low
    if (matchMedia('(pointer: coarse)').matches) hideKeyboard();
  }, [isOpen, isSheet]);
  if (!panel) return null;
  return (
    <aside ref={sheet} className={isSheet ? 'rail sheet' : 'rail'} aria-label={PANEL_NAMES[panel]}>
      <Rail />
    </aside>
  );
}

/** Takes the on-screen keyboard away from a sheet, which needs its place. */
function hideKeyboard(): void {
  const focused = document.activeElement;
  if (focused instanceof HTMLElement && focused.isContentEditable) focused.blur();
}
