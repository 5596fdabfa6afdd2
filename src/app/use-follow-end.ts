import { type RefObject, useEffect } from 'react';
import { usePlayground } from './playground-context';
import type { Work } from './store/state';

const NEAR_END = 64; // px: a smaller distance to the end counts as the end

const isWriting = ({ phase }: Work) => phase === 'reading' || phase === 'writing' || phase === 'stopping';

/** Scrolls with the text while the model writes, unless the reader has scrolled away from the end. */
export function useFollowEnd(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
): void {
  const { store } = usePlayground();
  useEffect(() => {
    const page = scroller.current!;
    let isAtEnd = true;
    const look = () => {
      isAtEnd = page.scrollHeight - page.scrollTop - page.clientHeight < NEAR_END;
    };
    const goToEnd = () => {
      page.scrollTop = page.scrollHeight;
      isAtEnd = true;
    };
    const sizes = new ResizeObserver(() => {
      if (isAtEnd && isWriting(store.getState().work)) goToEnd();
    });
    sizes.observe(page);
    sizes.observe(content.current!);
    page.addEventListener('scroll', look, { passive: true });
    const unsubscribe = store.subscribe(({ work }, before) => {
      // The reader pressed Generate, so show the new text.
      if (isWriting(work) && !isWriting(before.work)) goToEnd();
    });
    return () => {
      sizes.disconnect();
      page.removeEventListener('scroll', look);
      unsubscribe();
    };
  }, [scroller, content, store]);
}
