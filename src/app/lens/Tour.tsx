import { useEffect, useRef, useState } from 'react';
import { CloseIcon } from '../components/controls/icons';
import type { Showpiece } from '../examples';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { siteStorage } from '../store/library/web-storage';
import { type Facts, scenesOf } from './scenes';

const KEY = 'tour';

/** The tour in steps; before, once in this browser, its offer. */
export function Tour({ facts, showpiece }: { facts: Facts; showpiece: Showpiece | null }) {
  const { lens } = usePlayground();
  const step = usePlaygroundState(({ tour }) => tour);
  const [isOffered, setOffered] = useState(() => {
    const kept = siteStorage.get(KEY);
    return kept.ok && kept.value === null;
  });
  useEffect(() => void siteStorage.set(KEY, 'offered'), []);
  if (step !== null) return <Steps step={step} facts={facts} showpiece={showpiece} />;
  if (!isOffered) return null;
  return (
    <p className="lens-offer">
      <button type="button" onClick={() => lens.goOnTour(0)}>
        Take the one-minute tour
      </button>
      <button
        type="button"
        className="quiet-button"
        aria-label="Close the offer of the tour"
        onClick={() => setOffered(false)}
      >
        <CloseIcon />
      </button>
    </p>
  );
}

function Steps({ step, facts, showpiece }: { step: number; facts: Facts; showpiece: Showpiece | null }) {
  const { lens, store } = usePlayground();
  const scenes = scenesOf(facts.info);
  const at = Math.min(step, scenes.length - 1);
  const [from] = useState(() => {
    const view = store.getState().lens;
    return showpiece
      ? { ...view, layer: showpiece.layer, head: showpiece.head, token: showpiece.query }
      : { ...view, token: view.token ?? lens.lastToken() };
  });
  const card = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each step, so that the reader can look around
  useEffect(() => {
    lens.set(scenes[at].view(from, facts));
    card.current?.scrollIntoView({ block: 'nearest' });
  }, [lens, at]);
  const end = () => {
    lens.goOnTour(null);
    lens.set(scenes[0].view(from, facts));
  };
  return (
    <section ref={card} className="lens-tour" aria-label="Tour" data-points-at={scenes[at].pointsAt}>
      <div aria-live="polite">
        <h2>{scenes[at].title}</h2>
        <p>{scenes[at].words(facts)}</p>
      </div>
      <div className="lens-actions">
        <button type="button" className="pill" disabled={at === 0} onClick={() => lens.goOnTour(at - 1)}>
          Back
        </button>
        {at < scenes.length - 1 ? (
          <button type="button" className="pill" onClick={() => lens.goOnTour(at + 1)}>
            Next
          </button>
        ) : (
          <button type="button" className="pill" onClick={end}>
            Done
          </button>
        )}
        <span className="lens-caption">
          {at + 1} of {scenes.length}
        </span>
        <button type="button" className="quiet-button lens-end" aria-label="End the tour" onClick={end}>
          <CloseIcon />
        </button>
      </div>
    </section>
  );
}
