import type { FoundLesson } from '../../workers/teaching/teach-client';
import { count } from '../format';
import { lesson } from './lesson';

/** A lesson of an earlier visit that can continue, or one of another tab. */
export function SavedLesson({ saved }: { saved: FoundLesson }) {
  const { step, steps } = saved.progress;
  if (saved.isElsewhere)
    return (
      <section className="teach-part" aria-label="Lesson in another tab">
        <p>
          The lesson on <b>{saved.name}</b> is open in another tab.
        </p>
      </section>
    );
  return (
    <section className="teach-part" aria-label="Interrupted lesson">
      <p>
        The lesson on <b>{saved.name}</b> was interrupted
        {steps ? ` after ${count(step)} of ${count(steps)} segments` : ' at its beginning'}.{' '}
        {saved.model.name} can continue it.
      </p>
      <div className="full-page-actions">
        <button type="button" className="write-button" onClick={() => void lesson.resume()}>
          Continue
        </button>
        <button type="button" className="worded" onClick={() => void lesson.discard()}>
          Discard the lesson
        </button>
      </div>
    </section>
  );
}
