import { parseConfig } from '../src/model/core/config';
import { type ProportionModule, proportion, recur, split } from '../src/model/core/reference';
import type { LayerWeights, Matrix, Weights } from '../src/model/core/weights';
import type { Backend, ModelData } from '../src/model/runtime/backend';
import { idOf, logProbabilitiesOf } from '../src/model/sampling/records';
import { GREEDY } from '../src/model/sampling/sampling';

/** golden.json of a model folder: float64 vectors from an independent implementation of the recurrence. */
export interface ModelGolden {
  readonly tokens: readonly number[];
  /** Natural log-probabilities of tokens[1..], given the earlier tokens. */
  readonly logProbabilities: readonly number[];
  readonly finalLogits: readonly number[];
  /** Greedy continuation. */
  readonly greedy: readonly number[];
}

/** One case of a file in the form of tests/golden/leapformer-attention.json. Indices: [head][token][channel]. */
export interface AttentionGolden {
  readonly heads: number;
  readonly headDim: number;
  readonly length: number;
  /** Scaled by headDim^-0.5, before ReLU; so is key. */
  readonly query: readonly (readonly (readonly number[])[])[];
  readonly key: readonly (readonly (readonly number[])[])[];
  readonly value: readonly (readonly (readonly number[])[])[];
  readonly queryLeap: LeapGolden;
  readonly keyLeap: LeapGolden;
  /** [token][head * headDim + channel] */
  readonly output: readonly (readonly number[])[];
}

interface LeapGolden {
  readonly w1: readonly (readonly number[])[];
  readonly b1: readonly number[];
  readonly w2: readonly number[];
  readonly b2: number;
}

/** Agreement: max|a - b| <= tolerance * rms(b). */
export interface Agreement {
  readonly what: string;
  readonly error: number;
  readonly tolerance: number;
}

export function agrees({ error, tolerance }: Agreement): boolean {
  return error <= tolerance; // false for NaN
}

/** max|a - b| / rms(b); NaN and differing lengths give Infinity. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let max = 0;
  let squares = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (!(difference <= max)) max = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    squares += expected[i] ** 2;
  }
  return max / Math.sqrt(squares / expected.length);
}

/** Runs a model's golden tokens on a backend: prefill at once, token by token, and teacher-forced greedy decode. */
export async function checkModel(backend: Backend, golden: ModelGolden): Promise<Agreement[]> {
  const tolerance = backend.kind === 'reference' ? 1e-6 : 1e-4;
  const streams = await backend.open(1);
  const { records } = await streams.read(golden.tokens, { records: true });
  const logProbabilities = logProbabilitiesOf(records!).slice(1); // the first token has no prediction
  const chunked = await streams.logits();
  await streams.restore(null);
  for (const token of golden.tokens) await streams.read([token]);
  const stepped = await streams.logits();
  const shortfall = await greedyShortfall(streams, golden.greedy);
  streams.close();
  return [
    { what: 'log-probabilities', error: relativeError(logProbabilities, golden.logProbabilities), tolerance },
    { what: 'logits, read at once', error: relativeError(chunked, golden.finalLogits), tolerance },
    { what: 'logits, token by token', error: relativeError(stepped, golden.finalLogits), tolerance },
    { what: 'greedy: best logit minus golden', error: shortfall, tolerance: 1e-3 },
  ];
}

/** The largest gap between the backend's best logit and the golden token's, with the golden tokens fed. */
async function greedyShortfall(
  streams: Awaited<ReturnType<Backend['open']>>,
  tokens: readonly number[],
): Promise<number> {
  let worst = 0;
  for (const token of tokens) {
    const before = await streams.snapshot();
    const decoded = streams.decode([{ sampling: GREEDY, maxTokens: 1, stopTokens: [] }]);
    for await (const [{ records }] of decoded)
      if (records.length && idOf(records, 0) !== token)
        worst = Math.max(worst, shortfall(before.logits, token));
    await streams.restore(before);
    await streams.read([token]);
  }
  return worst;
}

function shortfall(logits: ArrayLike<number>, token: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) best = Math.max(best, logits[i]);
  return best - logits[token];
}

/** Runs an attention case: on the reference in float64 by its steps, on other backends as a model built around it. */
export async function checkAttention(golden: AttentionGolden, create: ModelBackend): Promise<Agreement[]> {
  const { model, tokens, readOutput } = attentionModel(golden);
  const backend = await create(model);
  const expected = golden.output.flat();
  try {
    if (backend.kind === 'reference')
      return [{ what: 'attention', error: relativeError(attend(golden), expected), tolerance: 1e-7 }];
    const streams = await backend.open(1);
    const stepped: number[] = [];
    for (const token of tokens) {
      await streams.read([token]);
      stepped.push(...readOutput(await streams.logits()));
    }
    const chunked: number[] = [];
    for (const n of tokens.keys()) {
      await streams.restore(null);
      await streams.read(tokens.slice(0, n + 1));
      chunked.push(...readOutput(await streams.logits()));
    }
    return [
      { what: 'attention, token by token', error: relativeError(stepped, expected), tolerance: 1e-4 },
      { what: 'attention, read at once', error: relativeError(chunked, expected), tolerance: 1e-4 },
    ];
  } finally {
    backend.destroy();
  }
}

export type ModelBackend = (model: ModelData) => Promise<Backend>;

/** The attention operator by the reference's steps: [token][head * headDim + channel], flat. */
function attend(golden: AttentionGolden): Float64Array {
  const { heads, headDim: e, length } = golden;
  const out = new Float64Array(length * heads * e);
  for (let h = 0; h < heads; h++) {
    const S = new Float64Array(2 * e * e);
    const z = new Float64Array(2 * e);
    for (let t = 0; t < length; t++) {
      const q = Float64Array.from(golden.query[h][t], (u) => Math.max(u, 0));
      const k = Float64Array.from(golden.key[h][t], (u) => Math.max(u, 0));
      const v = Float64Array.from(golden.value[h][t]);
      const qTilde = split(q, proportion(module(golden.queryLeap), q));
      const kTilde = split(k, proportion(module(golden.keyLeap), k));
      const { o, normalizerSum } = recur(S, z, 1, qTilde, kTilde, v);
      out.set(
        o.map((u) => u / Math.max(normalizerSum, 0.1)),
        (t * heads + h) * e,
      );
    }
  }
  return out;
}

function module({ w1, b1, w2, b2 }: LeapGolden): ProportionModule {
  const [hidden, hiddenBias, output] = [w1.flat(), b1, w2].map((values) => Float64Array.from(values));
  return { hidden, hiddenBias, output, outputBias: b2 };
}

/**
 * A one-layer model whose attention computes a golden case, so that backends need no separate entry point for attention.
 * Token t embeds to a unit vector that selects column t of qkv, which holds the case's q, k, v at t. The output projection
 * copies the heads to free channels. Readout tokens embed to the unit vectors of those channels, and one more channel of
 * known size undoes the final norm.
 */
function attentionModel(golden: AttentionGolden) {
  const { heads, headDim: e, length } = golden;
  const width = heads * e;
  const d = Math.ceil((width + length + 1) / e) * e; // [heads' outputs | token selectors | constant | padding]
  const readout = length + 1; // ids: 0 starts a document, 1..length are the tokens, then one per channel
  const CONSTANT = width + length;
  const vocabSize = readout + width + 1;
  const config = parseConfig({
    ...{
      model_type: 'leapformer',
      hidden_act: 'relu2',
      tie_word_embeddings: true,
      position: 'none',
      bos_token_id: 0,
    },
    vocab_size: vocabSize,
    hidden_size: d,
    num_hidden_layers: 1,
    num_attention_heads: d / e,
    intermediate_size: 4,
    rms_norm_eps: 1e-6,
    embedding_scale: 1,
    reweighting: 'leap',
    decay: false,
    ...{
      proportion_hidden_size: golden.queryLeap.b1.length,
      normalizer: 'denominator',
      denominator_floor: 0.1,
    },
    conv_kernel: 0,
  });
  const norm = 1 / Math.sqrt(2 / d + 1e-6); // a token's embedding has two ones

  const embedding = new Float32Array(vocabSize * d);
  for (let t = 0; t < length; t++) {
    embedding[(t + 1) * d + width + t] = 1;
    embedding[(t + 1) * d + CONSTANT] = 1;
  }
  for (let c = 0; c < width; c++) embedding[(readout + c) * d + c] = 1;
  embedding[(readout + width) * d + CONSTANT] = 1;

  const qkv = new Float32Array(3 * d * d);
  for (let h = 0; h < heads; h++)
    for (let t = 0; t < length; t++)
      for (let c = 0; c < e; c++) {
        const row = h * e + c;
        qkv[row * d + width + t] = (golden.query[h][t][c] * Math.sqrt(e)) / norm;
        qkv[(d + row) * d + width + t] = golden.key[h][t][c] / norm;
        qkv[(2 * d + row) * d + width + t] = golden.value[h][t][c] / norm;
      }
  const output = new Float32Array(d * d);
  for (let c = 0; c < width; c++) output[c * d + c] = 1;

  const ones = new Float32Array(d).fill(1);
  const layer: LayerWeights = {
    attentionNorm: ones,
    qkv: matrix(qkv, 3 * d, d),
    convolution: null,
    queryHidden: Float32Array.from(golden.queryLeap.w1.flat()),
    queryHiddenBias: Float32Array.from(golden.queryLeap.b1),
    queryOutput: Float32Array.from(golden.queryLeap.w2),
    queryOutputBias: Float32Array.of(golden.queryLeap.b2),
    keyHidden: Float32Array.from(golden.keyLeap.w1.flat()),
    keyHiddenBias: Float32Array.from(golden.keyLeap.b1),
    keyOutput: Float32Array.from(golden.keyLeap.w2),
    keyOutputBias: Float32Array.of(golden.keyLeap.b2),
    decay: null,
    decayBias: null,
    outputNorm: null,
    output: matrix(output, d, d, e),
    mlpNorm: ones,
    up: matrix(new Float32Array(4 * d), 4, d),
    down: matrix(new Float32Array(d * 4), d, 4),
  };
  const weights: Weights = { embedding: matrix(embedding, vocabSize, d), layers: [layer], finalNorm: ones };
  const readOutput = (logits: ArrayLike<number>) =>
    Array.from({ length: width }, (_, c) => logits[readout + c] / logits[readout + width]);
  const tokens = Array.from({ length }, (_, t) => t + 1);
  const model: ModelData = { config, weights, digest: 'attention' };
  return { model, tokens, readOutput };
}

function matrix(values: Float32Array<ArrayBuffer>, rows: number, columns: number, span = columns): Matrix {
  return { rows, columns, span, precision: 'float32', bytes: new Uint8Array(values.buffer), scales: null };
}
