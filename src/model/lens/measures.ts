import type { Config } from '../core/config';
import { Pace } from '../runtime/pace';
import { logSumExp } from '../sampling/sampling';
import type { AttentionRow, HeadLens } from './head-lens';
import { halfLife } from './summary';
import type { LensWindow } from './window';

/** Shares of attention, or signed shares of the head's output (head-lens.ts). */
export type Measure = 'share' | 'output';

export type MatrixKind = Measure | 'similarity' | 'reweighting';

/** The attention of one token. */
export interface TokenRow {
  /** Shares of the window's tokens up to this one. */
  readonly shares: Float32Array;
  /** Shares within the window, without decay: similarity alone, and with proportions. */
  readonly similarity: Float32Array;
  readonly reweighted: Float32Array;
  /** Share of the tokens before the window. */
  readonly earlier: number;
  /** Effective span in tokens, at least; of one head, or the mean over the heads that are not silent. */
  readonly span: number;
  /** Number of heads in the mean. */
  readonly heads: number;
  /** Number of heads that are silent at this token. They count as 0. */
  readonly silent: number;
  /** W / max(W, floor): the sum of the operator's row, for one head of a model with a denominator; else null. */
  readonly gain: number | null;
}

export interface HeadMatrix {
  /** [n, n], row i for the i-th token of the window; 0 above the diagonal. */
  readonly values: Float32Array;
  /** Share of the tokens before the window, per row; 0 if unknown. */
  readonly earlier: Float32Array;
}

/** Proportions of every token of the window, [n]. The heads of a layer share its modules, but not their inputs. */
export interface HeadProportions {
  readonly query: Float32Array;
  readonly key: Float32Array;
  /** Re-weighting of every pair [n, n]; 0 above the diagonal. */
  readonly reweighting: Float32Array;
  /** In tokens; Infinity without decay. */
  readonly halfLife: Float32Array;
  /** Mean |tap| of the convolution of the head's query, key and value [3, 4], the current token last; null without. */
  readonly taps: Float32Array | null;
  /** Effective spans, each with one more factor; NaN if the token is silent. */
  readonly spans: {
    readonly similarity: Float32Array;
    readonly reweighted: Float32Array;
    readonly whole: Float32Array;
  };
}

/** Shares of the attention of the window's i-th token: of a head, or the mean over a layer's heads or all (null). */
export function tokenRow(
  window: LensWindow,
  i: number,
  { layer, head, measure }: { layer: number | null; head: number | null; measure: Measure },
): TokenRow {
  const { config } = window;
  const [shares, similarity, reweighted] = [0, 0, 0].map(() => new Float32Array(i + 1));
  const layers = layer === null ? [...Array(config.layers).keys()] : [layer];
  const heads = head === null ? [...Array(config.heads).keys()] : [head];
  const count = layers.length * heads.length;
  let [earlier, silent, mass, spans] = [0, 0, 0, 0];
  for (const l of layers)
    for (const h of heads) {
      const lens = window.head(l, h);
      const factors = lens.factors(i);
      mass = factors.whole.mass;
      if (mass === 0) silent++;
      else spans += lens.concentration(i, factors.whole, 0).span[0];
      const measured = measureRow(lens, i, factors.whole, measure);
      earlier += measured.earlier / count;
      for (let j = 0; j <= i; j++) {
        shares[j] += measured.shares[j] / count;
        similarity[j] += factors.similarity.shares[j] / count;
        reweighted[j] += factors.reweighted.shares[j] / count;
      }
    }
  const isOperator = count === 1 && config.normalizer === 'denominator' && silent === 0;
  const gain = isOperator ? mass / Math.max(mass, config.denominatorFloor) : null;
  const span = count > silent ? spans / (count - silent) : 0;
  return { shares, similarity, reweighted, earlier, span, heads: count, silent, gain };
}

function measureRow(lens: HeadLens, i: number, row: AttentionRow, measure: Measure) {
  return measure === 'share' || row.mass === 0 ? row : lens.signedRow(i);
}

/** A head's matrix over the window. Yields every 10 ms; null when the signal aborts. */
export async function headMatrix(
  lens: HeadLens,
  of: MatrixKind,
  signal: AbortSignal,
): Promise<HeadMatrix | null> {
  const n = lens.length;
  const earlier = new Float32Array(n);
  if (of === 'reweighting') return { values: reweightingMatrix(lens), earlier };
  const values = new Float32Array(n * n);
  const pace = new Pace();
  for (let i = 0; i < n; i++) {
    const row = of === 'similarity' ? lens.factors(i).similarity : measureRow(lens, i, lens.row(i), of);
    values.set(row.shares, i * n);
    earlier[i] = row.earlier;
    if (pace.isDue) await pace.yield();
    if (signal.aborted) return null;
  }
  return { values, earlier };
}

function reweightingMatrix(lens: HeadLens): Float32Array {
  const n = lens.length;
  const values = new Float32Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) values[i * n + j] = lens.reweighting(i, j);
  return values;
}

/** Proportions, half-lives, and the effect of each factor on the span. Yields every 10 ms; null when the signal aborts. */
export async function headProportions(
  lens: HeadLens,
  tokensBefore: number,
  taps: Float32Array | null,
  signal: AbortSignal,
): Promise<HeadProportions | null> {
  const n = lens.length;
  const numbers = (value: (i: number) => number) => Float32Array.from({ length: n }, (_, i) => value(i));
  const spans = {
    similarity: new Float32Array(n),
    reweighted: new Float32Array(n),
    whole: new Float32Array(n),
  };
  const pace = new Pace();
  for (let i = 0; i < n; i++) {
    const rows = lens.factors(i);
    for (const name of ['similarity', 'reweighted', 'whole'] as const)
      spans[name][i] = rows[name].mass ? lens.concentration(i, rows[name], tokensBefore).span[0] : Number.NaN;
    if (pace.isDue) await pace.yield();
    if (signal.aborted) return null;
  }
  return {
    query: numbers((i) => lens.queryProportion(i)),
    key: numbers((i) => lens.keyProportion(i)),
    reweighting: reweightingMatrix(lens),
    halfLife: numbers((i) => halfLife(lens.decay(i))),
    taps,
    spans,
  };
}

/** Mean |tap| of a head's query, key and value rows of the convolution [3d, 4]: [3, 4]. */
export function meanTaps(
  convolution: Float32Array | null,
  { hiddenSize: d, headWidth: e }: Config,
  head: number,
): Float32Array | null {
  if (!convolution) return null;
  return Float32Array.from({ length: 12 }, (_, n) => {
    const [part, tap] = [Math.floor(n / 4), n % 4];
    let sum = 0;
    for (let c = 0; c < e; c++) sum += Math.abs(convolution[4 * (part * d + head * e + c) + tap]);
    return sum / e;
  });
}

/** KL(p || q) of two softmax distributions, in nats. */
export function klDivergence(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const [sumP, sumQ] = [logSumExp(p), logSumExp(q)];
  let divergence = 0;
  for (let i = 0; i < p.length; i++) {
    const log = p[i] - sumP;
    divergence += Math.exp(log) * (log - (q[i] - sumQ));
  }
  return Math.max(divergence, 0); // rounding can make it negative
}
