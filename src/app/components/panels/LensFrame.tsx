import { type PointerEvent, useEffect, useRef, useState } from 'react';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { useMedia } from '../../use-media';
import { CloseIcon, FullIcon, LowerIcon, TallerIcon } from '../controls/icons';
import { late } from '../late';
import { useSheet } from './use-sheet';

const LensPanel = late(() => import('../../lens/LensPanel'), { name: 'The lens' });

const BESIDE = '(width >= 60em)'; // em in a media query is the browser's font size, so the reader's text size counts
const HEIGHTS = ['low', 'half', 'full'] as const;
const SWIPE = 32; // px

/** Holds the lens: a column beside the text, which can fill the window, or below it a sheet of three heights. */
export function LensFrame() {
  const playground = usePlayground();
  const isSheet = !useMedia(BESIDE);
  const [height, setHeight] = useState(0);
  const [isFull, setFull] = useState(false);
  const frame = useRef<HTMLElement>(null);
  const swipe = useRef<number | null>(null);
  useSheet(frame, isSheet);
  useChosenInSight(isSheet, height);
  const onPointerUp = (event: PointerEvent) => {
    const by = swipe.current === null ? 0 : event.clientY - swipe.current;
    swipe.current = null;
    if (Math.abs(by) > SWIPE)
      setHeight((now) => Math.min(Math.max(now - Math.sign(by), 0), HEIGHTS.length - 1));
  };
  return (
    <aside
      ref={frame}
      className={isSheet ? 'rail sheet' : 'rail'}
      aria-label="Lens"
      data-size={isSheet ? HEIGHTS[height] : isFull ? 'window' : 'beside'}
    >
      <div className="rail-inner">
        <div
          className="rail-head"
          onPointerDown={(event) => {
            swipe.current = isSheet ? event.clientY : null;
          }}
          onPointerUp={onPointerUp}
        >
          <h2>Lens</h2>
          <span className="rail-buttons">
            <button type="button" className="quiet-button" onClick={() => playground.lens.goOnTour(0)}>
              Tour
            </button>
            {isSheet ? (
              <>
                <button
                  type="button"
                  className="quiet-button"
                  aria-label="Taller"
                  disabled={height === HEIGHTS.length - 1}
                  onClick={() => setHeight(height + 1)}
                >
                  <TallerIcon />
                </button>
                <button
                  type="button"
                  className="quiet-button"
                  aria-label="Lower"
                  disabled={height === 0}
                  onClick={() => setHeight(height - 1)}
                >
                  <LowerIcon />
                </button>
              </>
            ) : (
              <button
                type="button"
                className="quiet-button"
                aria-label="Full window"
                data-tip="Full window"
                aria-pressed={isFull}
                onClick={() => setFull(!isFull)}
              >
                <FullIcon />
              </button>
            )}
            <button
              type="button"
              className="quiet-button"
              aria-label="Close Lens"
              onClick={() => playground.show(null)}
            >
              <CloseIcon />
            </button>
          </span>
        </div>
        <div className="rail-body">
          <LensPanel />
        </div>
      </div>
    </aside>
  );
}

/** Scrolls the chosen word to the middle of the text above the sheet. */
function useChosenInSight(isSheet: boolean, height: number): void {
  const token = usePlaygroundState(({ lens }) => lens.token);
  // biome-ignore lint/correctness/useExhaustiveDependencies: again for another height
  useEffect(() => {
    if (!isSheet || token === null) return;
    const later = setTimeout(() => {
      const page = document.querySelector('.page');
      const chosen = document.querySelector('.token.chosen');
      if (!page || !chosen) return;
      const [around, word] = [page.getBoundingClientRect(), chosen.getBoundingClientRect()];
      page.scrollBy({ top: word.top + word.height / 2 - around.top - around.height / 2 });
    }, SETTLING);
    return () => clearTimeout(later);
  }, [isSheet, height, token]);
}

const SETTLING = 100; // ms until the editor has drawn the frame
