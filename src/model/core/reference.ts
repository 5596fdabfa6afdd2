import type { Config } from './config';
import { type StateLayout, stateLayout } from './tensors';
import { dequantize, type LayerWeights, type Matrix, matricesOf, type Weights } from './weights';

/** The recurrent state of a stream. */
export interface ReferenceState {
  /** Position of the next token, counted from 0 at `<|endoftext|>`. */
  position: number;
  /** S, z and convolution inputs of every layer, as in stateLayout. */
  readonly values: Float64Array;
}

/** The attention inputs of one head at one token, for callers that inspect them. */
export interface HeadStep {
  readonly head: number;
  readonly query: Float64Array;
  readonly key: Float64Array;
  readonly value: Float64Array;
  /** Proportions in [0, 1]; meaningless without re-weighting. */
  readonly queryProportion: number;
  readonly keyProportion: number;
  readonly decay: number;
}

/**
 * The LeaPformer of arXiv 2405.13046 as a recurrence in float64. It defines the model, and tests compare every kernel with
 * it. It is written for clarity; docs/model.md has the same formulas.
 */
export class Reference {
  readonly config: Config;
  readonly layout: StateLayout;
  private readonly weights: Weights;
  private readonly matrices = new Map<Matrix, Float32Array>();

  constructor(config: Config, weights: Weights) {
    this.config = config;
    this.layout = stateLayout(config);
    this.weights = weights;
    for (const matrix of matricesOf(weights)) this.matrices.set(matrix, dequantize(matrix));
  }

  /** Bytes of the weights in memory. */
  get weightBytes(): number {
    return [...this.matrices.values()].reduce((sum, values) => sum + values.byteLength, 0);
  }

  newState(): ReferenceState {
    return { position: 0, values: new Float64Array(this.layout.size) };
  }

  /** Reads one token into the state. Returns its final hidden vector [d], for `logits`. */
  step(
    state: ReferenceState,
    token: number,
    observe?: (layer: number, step: HeadStep) => void,
  ): Float64Array {
    const { hiddenSize: d, embeddingScale, bosTokenId, rmsNormEps: eps } = this.config;
    const opens = token === bosTokenId;
    if (opens) state.position = 0;
    const embedding = this.matrices.get(this.weights.embedding)!;
    let x = Float64Array.from({ length: d }, (_, i) => embedding[token * d + i] * embeddingScale);
    if (this.config.position === 'sinusoidal') x = add(x, sinusoid(state.position, d));

    for (const [n, layer] of this.weights.layers.entries()) {
      const memory = state.values.subarray(n * this.layout.layerSize, (n + 1) * this.layout.layerSize);
      const normed = rms(x, layer.attentionNorm, eps);
      const look = observe && ((step: HeadStep) => observe(n, step));
      const attended = this.attention(layer, memory, normed, state.position, opens, look);
      x = add(x, this.multiply(layer.output, attended));
      const up = this.multiply(layer.up, rms(x, layer.mlpNorm, eps));
      x = add(
        x,
        this.multiply(
          layer.down,
          up.map((u) => Math.max(u, 0) ** 2),
        ),
      );
    }
    state.position++;
    return rms(x, this.weights.finalNorm, eps);
  }

  /** Logits [vocab] of the next token. */
  logits(hidden: Float64Array): Float64Array {
    return this.multiply(this.weights.embedding, hidden);
  }

  /**
   * One token's attention, updating S, z and the convolution's inputs in `memory`.
   *   S = a S + k~ v^T     z = a z + k~     o = rms(q~^T S)  or  q~^T S / max(q~ . z, floor)
   */
  private attention(
    layer: LayerWeights,
    memory: Float64Array,
    n: Float64Array,
    position: number,
    opens: boolean,
    look?: (step: HeadStep) => void,
  ): Float64Array {
    const {
      hiddenSize: d,
      heads,
      headWidth: e,
      stateRows: E,
      normalizer,
      rmsNormEps,
      staticLength,
      isReweighted,
    } = this.config;
    const { at } = this.layout;
    let qkv = this.multiply(layer.qkv, n);
    if (layer.convolution) qkv = convolve(qkv, layer.convolution, memory.subarray(at.inputs));

    const { query, key } = proportionModules(layer);
    const out = new Float64Array(d);
    for (let h = 0; h < heads; h++) {
      const q = qkv.slice(h * e, (h + 1) * e).map((u) => Math.max(u, 0) / Math.sqrt(e));
      const k = qkv.slice(d + h * e, d + (h + 1) * e).map((u) => Math.max(u, 0));
      const v = qkv.subarray(2 * d + h * e, 2 * d + (h + 1) * e);
      const fixed = Math.min(position / staticLength, 1);
      const Pq = query ? proportion(query, q) : fixed;
      const Pk = key ? proportion(key, k) : fixed;
      const [qTilde, kTilde] = isReweighted ? [split(q, Pq), split(k, Pk)] : [q, k];
      const a = opens ? 0 : layer.decay ? sigmoid(dot(layer.decay, h * d, n) + layer.decayBias![h]) : 1;

      const S = memory.subarray(at.S + h * E * e, at.S + (h + 1) * E * e);
      const z = memory.subarray(at.z + h * E, at.z + (h + 1) * E);
      const { o, normalizerSum } = recur(S, z, a, qTilde, kTilde, v);
      look?.({
        head: h,
        query: qTilde,
        key: kTilde,
        value: v,
        queryProportion: Pq,
        keyProportion: Pk,
        decay: a,
      });
      out.set(
        normalizer === 'rms'
          ? rms(o, layer.outputNorm!.subarray(h * e, (h + 1) * e), rmsNormEps)
          : o.map((u) => u / Math.max(normalizerSum, this.config.denominatorFloor)),
        h * e,
      );
    }
    return out;
  }

  private multiply(matrix: Matrix, x: Float64Array): Float64Array {
    const values = this.matrices.get(matrix)!;
    const y = new Float64Array(matrix.rows);
    for (let row = 0; row < matrix.rows; row++) y[row] = dot(values, row * matrix.columns, x);
    return y;
  }
}

/**
 * One step of the recurrence of one head, in place: adds the key and the value to S [E, e] and z [E], then reads them with
 * the query: o = q~^T S [e] and normalizerSum = q~ . z.
 */
export function recur(
  S: Float64Array,
  z: Float64Array,
  a: number,
  qTilde: Float64Array,
  kTilde: Float64Array,
  v: Float64Array,
): { o: Float64Array; normalizerSum: number } {
  const e = v.length;
  const o = new Float64Array(e);
  let normalizerSum = 0;
  for (let r = 0; r < z.length; r++) {
    z[r] = a * z[r] + kTilde[r];
    normalizerSum += qTilde[r] * z[r];
    for (let c = 0; c < e; c++) {
      S[r * e + c] = a * S[r * e + c] + kTilde[r] * v[c];
      o[c] += qTilde[r] * S[r * e + c];
    }
  }
  return { o, normalizerSum };
}

/** u~ = [u cos(pi/2 P), u sin(pi/2 P)], so that q~ . k~ = (q . k) cos(pi/2 (Pq - Pk)). */
export function split(u: Float64Array, P: number): Float64Array {
  const [cos, sin] = [Math.cos((Math.PI / 2) * P), Math.sin((Math.PI / 2) * P)];
  return Float64Array.from({ length: 2 * u.length }, (_, i) =>
    i < u.length ? u[i] * cos : u[i - u.length] * sin,
  );
}

/** The LeaP module of the queries or the keys of a layer. */
export interface ProportionModule {
  /** [p, e] */
  readonly hidden: Float32Array | Float64Array;
  /** [p] */
  readonly hiddenBias: Float32Array | Float64Array;
  /** [p] */
  readonly output: Float32Array | Float64Array;
  readonly outputBias: number;
}

/** Null if the proportions are not learned. */
export function proportionModules(layer: LayerWeights): Record<'query' | 'key', ProportionModule | null> {
  return {
    query: layer.queryHidden && {
      hidden: layer.queryHidden,
      hiddenBias: layer.queryHiddenBias!,
      output: layer.queryOutput!,
      outputBias: layer.queryOutputBias![0],
    },
    key: layer.keyHidden && {
      hidden: layer.keyHidden,
      hiddenBias: layer.keyHiddenBias!,
      output: layer.keyOutput!,
      outputBias: layer.keyOutputBias![0],
    },
  };
}

/** sigmoid(output . relu(hidden u + hiddenBias) + outputBias): a learned proportion in (0, 1) (paper, section 4). */
export function proportion(module: ProportionModule, u: Float64Array): number {
  const hidden = Float64Array.from(module.hiddenBias, (bias, r) =>
    Math.max(dot(module.hidden, r * u.length, u) + bias, 0),
  );
  return sigmoid(dot(module.output, 0, hidden) + module.outputBias);
}

/** u / sqrt(mean(u^2) + eps) * weight */
function rms(u: Float64Array, weight: Float32Array, eps: number): Float64Array {
  const scale = 1 / Math.sqrt(dot(u, 0, u) / u.length + eps);
  return u.map((value, i) => value * scale * weight[i]);
}

/** Causal depthwise convolution over the last inputs [3, n] (oldest first) and the current one; taps [n, 4]. */
function convolve(u: Float64Array, taps: Float32Array, inputs: Float64Array): Float64Array {
  const n = u.length;
  const y = u.map(
    (current, i) =>
      taps[4 * i] * inputs[i] +
      taps[4 * i + 1] * inputs[n + i] +
      taps[4 * i + 2] * inputs[2 * n + i] +
      taps[4 * i + 3] * current,
  );
  inputs.copyWithin(0, n);
  inputs.set(u, 2 * n);
  return y;
}

/** [sin(position w), cos(position w)], w = 10000^(-2i/d), i = 0 .. d/2 - 1. */
export function sinusoid(position: number, d: number): Float64Array {
  return Float64Array.from({ length: d }, (_, i) => {
    const angle = position * 10000 ** ((-2 * (i % (d / 2))) / d);
    return i < d / 2 ? Math.sin(angle) : Math.cos(angle);
  });
}

function sigmoid(u: number): number {
  return 1 / (1 + Math.exp(-u));
}

function add(a: Float64Array, b: Float64Array): Float64Array<ArrayBuffer> {
  return Float64Array.from(a, (value, i) => value + b[i]);
}

/** values[offset .. offset + x.length] . x, in four sums for speed. */
function dot(values: Float32Array | Float64Array, offset: number, x: Float64Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const whole = x.length & ~3;
  let i = 0;
  for (let j = offset; i < whole; i += 4, j += 4) {
    a += values[j] * x[i];
    b += values[j + 1] * x[i + 1];
    c += values[j + 2] * x[i + 2];
    d += values[j + 3] * x[i + 3];
  }
  for (; i < x.length; i++) a += values[offset + i] * x[i];
  return a + b + (c + d);
}
