import type { Config } from '../../model/core/config';
import type { AttentionRow, HeadLens } from '../../model/lens/head-lens';
import { halfLife } from '../../model/lens/summary';
import type { LensWindow } from '../../model/lens/window';
import { Pace } from '../../model/runtime/pace';
import type {
  LensQuestions,
  MatrixAnswer,
  MatrixKind,
  Measure,
  ProportionsAnswer,
  RowAnswer,
} from './messages';

/** Shares of one token's attention, of one head or the mean over several. */
export function answerRow(
  window: LensWindow,
  token: number,
  { layer, head, measure }: LensQuestions['row'],
): RowAnswer {
  const { config } = window;
  const i = token - window.start;
  const shares = new Float32Array(i + 1);
  const layers = layer === null ? [...Array(config.layers).keys()] : [layer];
  const heads = head === null ? [...Array(config.heads).keys()] : [head];
  const count = layers.length * heads.length;
  let [earlier, silent, mass] = [0, 0, 0];
  for (const l of layers)
    for (const h of heads) {
      const lens = window.head(l, h);
      const row = lens.row(i);
      mass = row.mass;
      if (mass === 0) silent++;
      const measured = measureRow(lens, i, row, measure);
      earlier += measured.earlier / count;
      for (let j = 0; j <= i; j++) shares[j] += measured.shares[j] / count;
    }
  const isOperator = count === 1 && config.normalizer === 'denominator' && silent === 0;
  const gain = isOperator ? mass / Math.max(mass, config.denominatorFloor) : null;
  return { shares, earlier, heads: count, silent, gain };
}

function measureRow(lens: HeadLens, i: number, row: AttentionRow, measure: Measure) {
  return measure === 'share' || row.mass === 0 ? row : lens.signedRow(i);
}

/** A head's matrix over the window. Yields every 10 ms; null when the signal aborts. */
export async function answerMatrix(
  lens: HeadLens,
  of: MatrixKind,
  signal: AbortSignal,
): Promise<MatrixAnswer | null> {
  const n = lens.length;
  const values = new Float32Array(n * n);
  const earlier = new Float32Array(n);
  const pace = new Pace();
  for (let i = 0; i < n; i++) {
    if (of === 'reweighting') for (let j = 0; j <= i; j++) values[i * n + j] = lens.reweighting(i, j);
    else {
      const row = of === 'similarity' ? lens.factors(i).similarity : measureRow(lens, i, lens.row(i), of);
      values.set(row.shares, i * n);
      earlier[i] = row.earlier;
    }
    if (pace.isDue) await pace.yield();
    if (signal.aborted) return null;
  }
  return { values, earlier };
}

/** Proportions, half-lives, and the spans after each factor. Yields every 10 ms; null when the signal aborts. */
export async function answerProportions(
  lens: HeadLens,
  tokensBefore: number,
  taps: Float32Array | null,
  signal: AbortSignal,
): Promise<ProportionsAnswer | null> {
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
