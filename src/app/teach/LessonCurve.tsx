import type { Progress } from '../../workers/teaching/teach-client';
import { linearTicks } from '../benchmark/ticks';
import { count } from '../format';
import { NARROW, useMedia } from '../use-media';
import { bits } from './words';

const [HEIGHT, LEFT, BOTTOM] = [180, 34, 22];

/** The loss of each segment before the model learns from it, beside that of the base, and the loss of the deciding part. */
export function LessonCurve({ progress }: { progress: Progress }) {
  const width = useMedia(NARROW) ? 320 : 640;
  const { base, learned, decided, steps } = progress;
  if (!base.length || !steps) return null;
  const before = Array.from({ length: steps }, (_, n) => base[n % base.length]);
  const values = [...before, ...learned, ...decided.map(({ loss }) => loss)];
  const ticks = linearTicks(Math.max(1, ...values) / Math.LN2);
  const x = (step: number) => LEFT + (step / steps) * (width - LEFT - 6);
  const y = (nats: number) => HEIGHT - BOTTOM - (nats / Math.LN2 / ticks.at(-1)!) * (HEIGHT - BOTTOM - 10);
  const line = (losses: readonly number[]) => losses.map((loss, n) => `${x(n + 0.5)},${y(loss)}`).join(' ');
  const parts = [`base ${bits(mean(base))} bits per token on average`];
  if (learned.length) parts.push(`now ${bits(learned.at(-1)!)}`);
  const [first, ...rounds] = decided;
  if (rounds.length)
    parts.push(`the part that decides from ${bits(first.loss)} to ${bits(rounds.at(-1)!.loss)}`);
  return (
    <div className="pictures teach-curve">
      <figure>
        <h4>Loss along the text, before the model learns from each segment</h4>
        <svg viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={`Loss: ${parts.join(', ')}`}>
          <g className="picture-axis">
            {ticks.map((tick) => (
              <g key={tick}>
                <path d={`M${LEFT} ${y(tick * Math.LN2)}H${width}`} />
                <text x={LEFT - 6} y={y(tick * Math.LN2) + 4} textAnchor="end">
                  {tick}
                </text>
              </g>
            ))}
            <text x={LEFT} y={HEIGHT - 4}>
              0
            </text>
            <text x={width} y={HEIGHT - 4} textAnchor="end">
              {count(steps)} segments
            </text>
          </g>
          <polyline className="picture-other" points={line(before)} />
          <polyline className="picture-line" points={line(learned)} />
          {decided.map(({ step, loss }) => (
            <circle key={step} className="picture-dot" cx={x(step)} cy={y(loss)} r="4" />
          ))}
        </svg>
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
