import type { Config } from '../core/config';

/**
 * The attention inputs of one layer over a window of T tokens. h heads of width e, E = stateRows. float32 from the fast
 * backends, float64 from the reference.
 */
export interface LayerCapture {
  /** q~ and k~ [T, h, E]: re-weighted queries and keys. */
  readonly query: Float32Array | Float64Array;
  readonly key: Float32Array | Float64Array;
  /** [T, h, e] */
  readonly value: Float32Array | Float64Array;
  /** Proportions of query and key in [0, 1], [T, h]; meaningless without re-weighting. */
  readonly queryProportion: Float32Array | Float64Array;
  readonly keyProportion: Float32Array | Float64Array;
  /** a [T, h]: 1 without decay, 0 at the start of a document. */
  readonly decay: Float32Array | Float64Array;
  /** The state before the window: S [h, E, e] and z [h, E]. */
  readonly S: Float32Array | Float64Array;
  readonly z: Float32Array | Float64Array;
}

/** One token's attention in one head. Shares and `earlier` sum to 1 unless the token is silent. */
export interface AttentionRow {
  /** p(i, j) for j = 0 .. i of the window. */
  readonly shares: Float64Array;
  /** Share of all tokens before the window, computed from z, not as a remainder. */
  readonly earlier: number;
  /** W_i = q~_i . z_i, the sum of the row before division. If 0, the token is silent in this head and all shares are 0. */
  readonly mass: number;
}

/** Measures of a row's concentration. */
export interface Concentration {
  /**
   * Effective span: exp of the entropy, in tokens. With mass before the window it is a range, from all of that mass on one
   * token to an even spread.
   */
  readonly span: readonly [number, number];
  /** Mean of i - j in tokens; a lower bound if there is mass before the window. */
  readonly distance: number;
  /** Share of the previous token. */
  readonly previous: number;
}

/**
 * One head of a capture. With D(i, j) = a_{j+1} ... a_i:
 *   w(i, j) = (q~_i . k~_j) D(i, j)     W_i = q~_i . z_i     p(i, j) = w(i, j) / W_i
 *   earlier_i = q~_i . (a_0 ... a_i z_{-1}) / W_i
 */
export class HeadLens {
  /** Tokens of the window. */
  readonly length: number;
  private readonly capture: LayerCapture;
  private readonly head: number;
  private readonly heads: number;
  private readonly e: number;
  private readonly E: number;
  private readonly isReweighted: boolean;
  /** k~ [length, E] and k [length, e] of the head side by side, which halves the time of a row; copied on first use. */
  private keys: Float64Array | null = null;
  private plainKeys: Float64Array | null = null;

  constructor(capture: LayerCapture, config: Config, head: number) {
    this.capture = capture;
    this.head = head;
    this.heads = config.heads;
    this.e = config.headWidth;
    this.E = config.stateRows;
    this.isReweighted = config.isReweighted;
    this.length = capture.decay.length / config.heads;
  }

  /** a_i, in (0, 1]; 0 at the start of a document. The half-life in tokens is ln 2 / -ln a. */
  decay(i: number): number {
    return this.capture.decay[i * this.heads + this.head];
  }

  queryProportion(i: number): number {
    return this.capture.queryProportion[i * this.heads + this.head];
  }

  keyProportion(i: number): number {
    return this.capture.keyProportion[i * this.heads + this.head];
  }

  /** cos(pi/2 (Pq_i - Pk_j)), the re-weighting of a pair. */
  reweighting(i: number, j: number): number {
    return Math.cos((Math.PI / 2) * (this.queryProportion(i) - this.keyProportion(j)));
  }

  row(i: number): AttentionRow {
    return this.normalize(this.scores(i, 0), this.scoreBefore(i));
  }

  /**
   * Rows with fewer factors: similarity q . k alone; similarity and re-weighting; all three (the row itself). The first
   * two cover only the window, because z holds keys with their re-weighting and decay.
   */
  factors(i: number): { similarity: AttentionRow; reweighted: AttentionRow; whole: AttentionRow } {
    const start = this.documentStart(i);
    const scores = this.scores(i, start);
    const similar = this.isReweighted ? this.similarities(i, start) : scores;
    return {
      similarity: this.normalize(similar, 0, false),
      reweighted: this.normalize(scores, 0, false),
      whole: this.normalize(scores, this.scoreBefore(i)),
    };
  }

  /**
   * Contributions s(i, j) = w(i, j) (v_j . u_i) / |u_i|^2, u_i = q~_i^T S_i: the part of the head's output that each token
   * adds, along the output. With `earlier` they sum to 1; tokens that cancel others are negative.
   */
  signedRow(i: number): { shares: Float64Array; earlier: number } {
    const { capture, head, heads, e, E } = this;
    const row = this.row(i);
    const u = new Float64Array(e);
    for (let j = 0; j <= i; j++)
      for (let c = 0; c < e; c++)
        u[c] += row.shares[j] * row.mass * capture.value[(j * heads + head) * e + c];
    const before = new Float64Array(e); // q~_i^T (a_0 ... a_i S_{-1})
    const reach = this.reach(i, -1);
    for (let r = 0; r < E; r++) {
      const q = reach * capture.query[(i * heads + head) * E + r];
      for (let c = 0; c < e; c++) before[c] += q * capture.S[(head * E + r) * e + c];
    }
    for (let c = 0; c < e; c++) u[c] += before[c];
    const square = u.reduce((sum, x) => sum + x * x, 0);
    const along = (x: ArrayLike<number>, at: number, factor: number) => {
      let sum = 0;
      for (let c = 0; c < e; c++) sum += x[at + c] * u[c];
      return square > 0 ? (factor * sum) / square : 0;
    };
    return {
      shares: row.shares.map((p, j) => along(capture.value, (j * heads + head) * e, p * row.mass)),
      earlier: along(before, 0, 1),
    };
  }

  /** @param tokensBefore number of tokens of this document before the window */
  concentration(i: number, row: AttentionRow, tokensBefore: number): Concentration {
    let entropy = row.earlier > 0 ? -row.earlier * Math.log(row.earlier) : 0;
    let distance = row.earlier * (i + 1);
    for (let j = 0; j <= i; j++) {
      const p = row.shares[j];
      if (p > 0) entropy -= p * Math.log(p);
      distance += p * (i - j);
    }
    const spread = row.earlier * Math.log(Math.max(tokensBefore, 1));
    return {
      span: [Math.exp(entropy), Math.exp(entropy + spread)],
      distance,
      previous: row.shares[i - 1] ?? 0,
    };
  }

  private normalize(scores: Float64Array, before: number, decayed = true): AttentionRow {
    const i = scores.length - 1;
    const shares = new Float64Array(i + 1);
    let mass = before;
    let D = 1; // a running product, because differences of accumulated logarithms lose precision
    for (let j = i; j >= 0 && D > 0; j--) {
      shares[j] = scores[j] * D;
      mass += shares[j];
      if (decayed) D *= this.decay(j);
    }
    if (mass > 0) for (let j = 0; j <= i; j++) shares[j] /= mass;
    return { shares, earlier: mass > 0 ? before / mass : 0, mass };
  }

  /** q~_i . k~_j for j = start .. i, clamped at 0: rounding of cos(pi/2) in float32 can make it negative. 0 before. */
  private scores(i: number, start: number): Float64Array {
    const { E, capture } = this;
    const query = this.rows(capture.query, i, i + 1);
    this.keys ??= this.rows(capture.key, 0, this.length);
    const scores = new Float64Array(i + 1);
    for (let j = start; j <= i; j++) scores[j] = Math.max(0, dot(query, this.keys, j * E));
    return scores;
  }

  /** q_i . k_j for j = start .. i, and 0 before. */
  private similarities(i: number, start: number): Float64Array {
    const { e, capture } = this;
    const query = this.unsplit(capture.query, i, i + 1);
    this.plainKeys ??= this.unsplit(capture.key, 0, this.length);
    const similar = new Float64Array(i + 1);
    for (let j = start; j <= i; j++) similar[j] = dot(query, this.plainKeys, j * e);
    return similar;
  }

  /** The head's rows [to - from, E] of all heads' rows. */
  private rows(all: Float32Array | Float64Array, from: number, to: number): Float64Array {
    const { heads, head, E } = this;
    const rows = new Float64Array((to - from) * E);
    for (let t = from; t < to; t++) {
      const at = (t * heads + head) * E;
      rows.set(all.subarray(at, at + E), (t - from) * E);
    }
    return rows;
  }

  /** u [to - from, e] from u~: the norm of its cosine and sine parts, because u is not negative. */
  private unsplit(split: Float32Array | Float64Array, from: number, to: number): Float64Array {
    const { heads, head, e, E } = this;
    const norms = new Float64Array((to - from) * e);
    for (let t = from, n = 0; t < to; t++)
      for (let c = 0, at = (t * heads + head) * E; c < e; c++, at++, n++)
        norms[n] = Math.sqrt(split[at] * split[at] + split[at + e] * split[at + e]);
    return norms;
  }

  /** q~_i . (a_0 ... a_i z_{-1}) */
  private scoreBefore(i: number): number {
    const { query, z } = this.capture;
    let sum = 0;
    for (let r = 0; r < this.E; r++)
      sum += query[(i * this.heads + this.head) * this.E + r] * z[this.head * this.E + r];
    return Math.max(0, sum * this.reach(i, -1));
  }

  /** D(i, j) */
  private reach(i: number, j: number): number {
    let product = 1;
    for (let t = i; t > j && product > 0; t--) product *= this.decay(t);
    return product;
  }

  /** First token of the window in the document of token i. */
  private documentStart(i: number): number {
    for (let t = i; t > 0; t--) if (this.decay(t) === 0) return t;
    return 0;
  }
}

/** a . b[at ..]; the length of `a` is a multiple of 4. Four sums, because one sum waits for each addition. */
function dot(a: Float64Array, b: Float64Array, at: number): number {
  let [s, t, u, v] = [0, 0, 0, 0];
  for (let r = 0; r < a.length; r += 4, at += 4) {
    s += a[r] * b[at];
    t += a[r + 1] * b[at + 1];
    u += a[r + 2] * b[at + 2];
    v += a[r + 3] * b[at + 3];
  }
  return s + t + (u + v);
}
