import { useStore } from 'zustand';
import type { Progress } from '../../workers/teaching/teach-client';
import { BACKEND_NAMES } from '../components/cards/backend-names';
import { perSecond } from '../format';
import { LessonCurve } from './LessonCurve';
import { lesson } from './lesson';
import { Samples } from './Samples';
import { duration } from './words';

/** The lesson that runs or was stopped: its progress, the curve of the loss, and what the model writes. */
export function LessonView({ progress }: { progress: Progress }) {
  const work = useStore(lesson.store, (state) => state.work);
  const { phase, step, steps, tokensPerSecond, secondsLeft, isKept, backend } = progress;
  const label = labelOf(progress);
  return (
    <section className="teach-part" aria-label="Lesson">
      <div className="full-page-actions">
        <div className="progress">
          <p>
            {label}
            {tokensPerSecond ? `, ${perSecond(tokensPerSecond)} tokens per second` : ''}
            {secondsLeft && work === 'teaching' ? `, about ${duration(1000 * secondsLeft)} left` : ''}
          </p>
          <progress
            aria-label="Progress of the lesson"
            {...(phase === 'learning' && { value: step, max: steps })}
          />
        </div>
        {work === 'idle' ? (
          <>
            <button type="button" className="write-button" onClick={() => void lesson.start()}>
              Continue
            </button>
            {progress.decided.length ? (
              <button type="button" className="worded" onClick={() => void lesson.conclude()}>
                End with the best so far
              </button>
            ) : null}
            <button type="button" className="worded" onClick={() => void lesson.discard()}>
              Discard the lesson
            </button>
          </>
        ) : (
          <button
            type="button"
            className="worded"
            disabled={work === 'stopping'}
            onClick={() => lesson.stop()}
          >
            Stop the lesson
          </button>
        )}
      </div>
      {backend ? (
        <p>
          Runs on {BACKEND_NAMES[backend.kind]}. {backend.reason}
        </p>
      ) : null}
      {isKept === false ? (
        <p>
          This browser keeps nothing (a private window, or storage that is full or denied), so a reload loses
          the lesson.
        </p>
      ) : null}
      <LessonCurve progress={progress} />
      <Samples prompt={progress.prompt} samples={progress.samples} />
    </section>
  );
}

function labelOf({ phase, step, steps }: Progress): string {
  if (phase === 'reading') return 'The model reads the text before it learns';
  if (phase === 'measuring') return 'Measuring what it has learned';
  return `Segment ${step} of ${steps}`;
}
