import { useSyncExternalStore } from 'react';

/** A window for one column. em in a media query is the browser's font size, so the reader's text size counts. */
export const NARROW = '(width < 45em)';

/** Whether a media query matches. */
export function useMedia(query: string): boolean {
  const subscribe = (changed: () => void) => {
    const list = matchMedia(query);
    list.addEventListener('change', changed);
    return () => list.removeEventListener('change', changed);
  };
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}
