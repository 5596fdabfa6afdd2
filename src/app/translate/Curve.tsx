import type { TranslationScore } from '../../model/runtime/folder';
import { DIRECTIONS, type Direction } from '../../model/text/simultaneous';
import { count } from '../format';
import { LineChart } from '../pictures/LineChart';
import { LANGUAGES } from './languages';

const DOT = 6; // room for the last dot
const LINES: Readonly<Record<Direction, string>> = { 'en-de': 'picture-line', 'en-fr': 'picture-other' };
const DOTS: Readonly<Record<Direction, string>> = { 'en-de': 'picture-dot', 'en-fr': 'picture-other-dot' };

interface Props {
  /** Of one test set. */
  readonly scores: readonly TranslationScore[];
  /** The present k, or Infinity. */
  readonly k: number;
}

/** BLEU against average lagging on a test set, for both languages, with marks at the present k. */
export function Curve({ scores, k }: Props) {
  const end = Math.ceil(Math.max(...scores.map(({ average_lagging }) => average_lagging)));
  const lines = DIRECTIONS.map((direction) => ({
    direction,
    scores: scores.filter((score) => score.direction === direction),
  }));
  const marked = nearest([...new Set(scores.map(kOf))], k);
  const described = lines.map(
    (line) => `${LANGUAGES[line.direction].name}: ${line.scores.map(inWords).join('; ')}`,
  );
  return (
    <figure className="translate-curve">
      <h3>Quality and lagging</h3>
      <LineChart
        values={scores.map(({ bleu }) => bleu)}
        label={`BLEU against average lagging. ${described.join('. ')}`}
        end={`average lagging: ${end} words`}
      >
        {({ left, right, y }) => {
          const x = ({ average_lagging }: TranslationScore) =>
            left + (average_lagging / end) * (right - left - DOT);
          return lines.map((line) => (
            <g key={line.direction}>
              <polyline
                className={LINES[line.direction]}
                points={line.scores.map((score) => `${x(score)},${y(score.bleu)}`).join(' ')}
              />
              {line.scores.map((score) => (
                <circle
                  key={score.k}
                  className={DOTS[line.direction]}
                  cx={x(score)}
                  cy={y(score.bleu)}
                  r={marked.includes(kOf(score)) ? 6 : 2.5}
                />
              ))}
            </g>
          ));
        }}
      </LineChart>
      <figcaption>
        <small>
          BLEU on {count(lines[0].scores[0].sources)} test sentences of 8 words or more, against average
          lagging, for German (solid) and French (dashed). Dots:{' '}
          {scores.filter(isFirst).map(nameOf).join(', ')}. Large dots: {marked.map(nameOfK).join(' and ')}
          {marked.includes(k) ? '' : `, on both sides of ${nameOfK(k)}, which was not measured`}.
        </small>
      </figcaption>
    </figure>
  );
}

/** The present k if it was measured, otherwise the measured values on both sides. */
function nearest(measured: readonly number[], k: number): number[] {
  const below = Math.max(...measured.filter((value) => value <= k));
  const above = Math.min(...measured.filter((value) => value >= k));
  return [...new Set([below, above])].filter((value) => measured.includes(value));
}

function isFirst({ direction }: TranslationScore): boolean {
  return direction === DIRECTIONS[0];
}

function kOf({ k }: TranslationScore): number {
  return k === 'offline' ? Number.POSITIVE_INFINITY : k;
}

function nameOfK(k: number): string {
  return Number.isFinite(k) ? `k = ${k}` : 'offline';
}

function nameOf(score: TranslationScore): string {
  return nameOfK(kOf(score));
}

function inWords(score: TranslationScore): string {
  return `${nameOf(score)}: ${score.bleu.toFixed(1)} at ${score.average_lagging.toFixed(1)} words`;
}
