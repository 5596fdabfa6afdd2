import type { Sample } from '../../workers/teaching/teach-client';

/** What the model writes before and after, from the same prompt with the same seed. */
export function Samples({ prompt, samples }: { prompt: string; samples: readonly Sample[] }) {
  if (!samples.length) return null;
  return (
    <div className="teach-samples">
      {samples.map(({ step, text }) => (
        <figure key={step}>
          <figcaption>{step ? `After ${step} segments` : 'Before the lesson'}</figcaption>
          <p>
            <span className="score-before">{prompt}</span>
            {text} …
          </p>
        </figure>
      ))}
    </div>
  );
}
