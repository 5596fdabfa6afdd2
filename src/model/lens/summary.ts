import { Pace } from '../runtime/pace';
import type { HeadLens } from './head-lens';
import type { LensWindow } from './window';

/** Concentration of one head's attention over a window: means over its tokens, without silent ones. */
export interface HeadSummary {
  /** Effective span in tokens, as a range: mass before the window on one token, or spread evenly. */
  readonly span: readonly [number, number];
  /** Mean distance in tokens; a lower bound. */
  readonly distance: number;
  /** Share of the previous token. */
  readonly previous: number;
  /** Share of the token itself. */
  readonly self: number;
  /** Share of the marks within the window: the start of the document, line breaks and signs of headings. */
  readonly marks: number;
  /** Effective spans within the window, without decay: similarity alone, and with proportions. */
  readonly similaritySpan: number;
  readonly reweightedSpan: number;
  /** Share of the tokens before the window. */
  readonly earlier: number;
  /** Fraction of the tokens that are silent in this head. */
  readonly silent: number;
  /** Median half-life of its gate, in tokens; infinite without decay. */
  readonly halfLife: number;
}

export type HeadKind = 'self' | 'structure' | 'far' | 'local' | 'broad';

/** The kind of a head: the first rule that holds. */
export function headKind({ self, marks, distance }: HeadSummary): HeadKind {
  if (self > 0.6) return 'self';
  if (marks > 0.4) return 'structure';
  if (distance > 60) return 'far';
  return distance < 8 ? 'local' : 'broad';
}

/** The tokens that a summary covers. */
export interface Sample {
  /** Tokens of the document before the window. */
  readonly tokensBefore: number;
  /** Uses every n-th token, for speed. */
  readonly every: number;
  /** Whether the i-th token of the window is a mark. */
  isMark(i: number): boolean;
}

/** Yields every 10 ms; null when the signal aborts. */
export async function summarize(
  window: LensWindow,
  sample: Sample,
  signal: AbortSignal,
): Promise<HeadSummary[][] | null> {
  const { layers, heads } = window.config;
  const pace = new Pace();
  const summaries: HeadSummary[][] = [];
  for (let layer = 0; layer < layers; layer++) {
    const row: HeadSummary[] = [];
    for (let head = 0; head < heads; head++) {
      row.push(summary(window.head(layer, head), sample));
      if (pace.isDue) await pace.yield();
      if (signal.aborted) return null;
    }
    summaries.push(row);
  }
  return summaries;
}

function summary(lens: HeadLens, { tokensBefore, every, isMark }: Sample): HeadSummary {
  const total = { low: 0, high: 0, distance: 0, previous: 0, self: 0, marks: 0, earlier: 0 };
  const spans = { similarity: 0, reweighted: 0 };
  let [silent, count] = [0, 0];
  for (let i = lens.length - 1; i >= 0; i -= every) {
    const { whole, similarity, reweighted } = lens.factors(i);
    count++;
    if (whole.mass === 0) {
      silent++;
      continue;
    }
    const { span, distance, previous } = lens.concentration(i, whole, tokensBefore);
    total.low += span[0];
    total.high += span[1];
    total.distance += distance;
    total.previous += previous;
    total.self += whole.shares[i];
    for (let j = 0; j <= i; j++) if (isMark(j)) total.marks += whole.shares[j];
    total.earlier += whole.earlier;
    spans.similarity += lens.concentration(i, similarity, 0).span[0];
    spans.reweighted += lens.concentration(i, reweighted, 0).span[0];
  }
  const mean = (sum: number) => (count > silent ? sum / (count - silent) : 0);
  return {
    span: [mean(total.low), mean(total.high)],
    distance: mean(total.distance),
    previous: mean(total.previous),
    self: mean(total.self),
    marks: mean(total.marks),
    similaritySpan: mean(spans.similarity),
    reweightedSpan: mean(spans.reweighted),
    earlier: mean(total.earlier),
    silent: count ? silent / count : 0,
    halfLife: medianHalfLife(lens),
  };
}

/** ln 2 / -ln a: the half-life of a gate `a`, in tokens. */
export function halfLife(a: number): number {
  return a >= 1 ? Number.POSITIVE_INFINITY : Math.LN2 / -Math.log(a);
}

function medianHalfLife(lens: HeadLens): number {
  const sorted = Float64Array.from({ length: lens.length }, (_, i) => halfLife(lens.decay(i))).sort();
  return sorted[sorted.length >> 1] ?? Number.POSITIVE_INFINITY;
}
