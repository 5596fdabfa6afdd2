import type { Progress } from '../../workers/teaching/teach-client';
import { count } from '../format';
import { LineChart } from '../pictures/LineChart';
import { inBits } from './words';

const DOT = 6; // room for the last dot

/** The loss of each segment before the model learns from it, beside that of the base, and the loss of the deciding part. */
export function LessonCurve({ progress }: { progress: Progress }) {
  const { base, learned, decided, steps } = progress;
  if (!base.length || !steps) return null;
  const before = Array.from({ length: steps }, (_, n) => base[n % base.length]);
  const values = [...before, ...learned, ...decided.map(({ loss }) => loss)].map((nats) => nats / Math.LN2);
  const parts = [`base ${inBits(mean(base))} bits per token on average`];
  if (learned.length) parts.push(`now ${inBits(learned.at(-1)!)}`);
  const [first, ...rounds] = decided;
  if (rounds.length)
    parts.push(`the part that decides from ${inBits(first.loss)} to ${inBits(rounds.at(-1)!.loss)}`);
  return (
    <div className="pictures teach-curve">
      <figure>
        <h4>Loss along the text, before the model learns from each segment</h4>
        <LineChart values={values} label={`Loss: ${parts.join(', ')}`} end={`${count(steps)} segments`}>
          {({ left, right, y }) => {
            const x = (step: number) => left + (step / steps) * (right - left - DOT);
            const at = (nats: number) => y(nats / Math.LN2);
            const line = (losses: readonly number[]) =>
              losses.map((loss, n) => `${x(n + 0.5)},${at(loss)}`).join(' ');
            return (
              <>
                <polyline className="picture-other" points={line(before)} />
                <polyline className="picture-line" points={line(learned)} />
                {decided.map(({ step, loss }) => (
                  <circle key={step} className="picture-dot" cx={x(step)} cy={at(loss)} r="4" />
                ))}
              </>
            );
          }}
        </LineChart>
        <figcaption>
          Bits per token. Dashed line: the model without the lesson. Solid line: with it. Dots: the part that
          decides which adapter is kept.
        </figcaption>
      </figure>
    </div>
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
