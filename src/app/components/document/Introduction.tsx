import { useEffect, useState } from 'react';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { siteStorage } from '../../store/library/web-storage';
import { CloseIcon } from '../controls/icons';

const KEY = 'introduction';

/** Whether this browser has shown the introduction before. If the browser blocks storage, it has not. */
function wasShown(): boolean {
  const kept = siteStorage.get(KEY);
  return kept.ok && kept.value !== null;
}

/** States what the page is, until the reader closes it, or until the first visit after the model has written. */
export function Introduction() {
  const { lens } = usePlayground();
  const [isShown, setShown] = useState(() => !wasShown());
  const hasWritten = usePlaygroundState((state) => state.figures !== null);
  useEffect(() => {
    if (hasWritten || !isShown) siteStorage.set(KEY, 'shown');
  }, [hasWritten, isShown]);
  if (!isShown) return null;
  return (
    <aside className="introduction" aria-label="Introduction">
      <p>
        <b>A language model that runs entirely in this tab.</b> Its memory never grows, and you can see what
        each word looks back at. <span className="bar-explained">A bar marks its words.</span>{' '}
        <button type="button" onClick={() => lens.goOnTour(0)}>
          Take the one-minute tour
        </button>
      </p>
      <button
        type="button"
        className="quiet-button"
        aria-label="Close the introduction"
        onClick={() => setShown(false)}
      >
        <CloseIcon />
      </button>
    </aside>
  );
}
