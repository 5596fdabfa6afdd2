import { useRef } from 'react';
import { usePlaygroundState } from '../../playground-context';
import { PANEL_NAMES } from '../../store/state';
import { NARROW, useMedia } from '../../use-media';
import { late } from '../late';
import { LensFrame } from './LensFrame';
import { useSheet } from './use-sheet';

const Rail = late(() => import('./Rail'), {
  name: 'The panel',
  close: (playground) => playground.show(null),
});

/** Holds the panels: a column beside the text, or in a narrow window a sheet between the text and the buttons. */
export function RailFrame() {
  const panel = usePlaygroundState((state) => state.panel);
  const isSheet = useMedia(NARROW);
  const sheet = useRef<HTMLElement>(null);
  useSheet(sheet, isSheet && panel !== null && panel !== 'lens');
  if (!panel) return null;
  if (panel === 'lens') return <LensFrame />;
  return (
    <aside ref={sheet} className={isSheet ? 'rail sheet' : 'rail'} aria-label={PANEL_NAMES[panel]}>
      <Rail />
    </aside>
  );
}
