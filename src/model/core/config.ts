import { EngineError } from '../runtime/errors';

/** The kinds of re-weighting. WGSL has a constant for each: LEAP and so on. */
export const REWEIGHTINGS = ['leap', 'static', 'none'] as const;

/**
 * The configuration of a LeaPformer. Names follow config.json; docs/model.md has the formulas.
 * d = hiddenSize, h = heads, e = headWidth = d / h, f = intermediateSize, E = stateRows.
 */
export interface Config {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly headWidth: number;
  readonly intermediateSize: number;
  readonly rmsNormEps: number;
  /** Factor on the embedding at the input. */
  readonly embeddingScale: number;
  readonly position: 'none' | 'sinusoidal';
  /** `<|endoftext|>`: starts every document, and clears S and z. */
  readonly bosTokenId: number;
  readonly reweighting: (typeof REWEIGHTINGS)[number];
  /** Positions are min(position / staticLength, 1) for 'static'. */
  readonly staticLength: number;
  /** Hidden units of a proportion module (0 without one). */
  readonly proportionHidden: number;
  readonly normalizer: 'denominator' | 'rms';
  readonly denominatorFloor: number;
  readonly decay: boolean;
  /** Taps of the causal depthwise convolution over q, k, v; 0 for none. */
  readonly convKernel: 0 | 4;
  /** E, rows of S and z per head: 2e with keys split into cosine and sine, e without re-weighting. */
  readonly stateRows: number;
  /** Whether queries and keys are split: u~ = [u cos(pi/2 P), u sin(pi/2 P)]. */
  readonly isReweighted: boolean;
}

/** The fields that name the kind of re-weighting and follow from it. */
export function reweightingFields(reweighting: Config['reweighting'], headWidth: number) {
  const isReweighted = reweighting !== 'none';
  return { reweighting, isReweighted, stateRows: isReweighted ? 2 * headWidth : headWidth };
}

const REMEDY = 'Use a config.json written by the trainer (docs/model.md lists every key).';

function fail(message: string): never {
  throw new EngineError('config', `config.json: ${message}`, REMEDY);
}

type Json = Record<string, unknown>;

function integer(json: Json, key: string, min: number, max: number): number {
  const value = json[key];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    fail(`"${key}" is ${JSON.stringify(value)}; expected a whole number from ${min} to ${max}`);
  return value;
}

/** Within the normal numbers of float32, in which backends compute. */
function positive(json: Json, key: string): number {
  const value = json[key];
  if (typeof value !== 'number' || !(value >= 1e-30 && value <= 1e30))
    fail(`"${key}" is ${JSON.stringify(value)}; expected a positive number`);
  return value;
}

function oneOf<const T>(json: Json, key: string, values: readonly T[]): T {
  const value = json[key];
  if (!values.includes(value as T))
    fail(
      `"${key}" is ${JSON.stringify(value)}; expected ${values.map((v) => JSON.stringify(v)).join(' or ')}`,
    );
  return value as T;
}

/**
 * Reads and validates a parsed config.json.
 * @throws EngineError 'config' with the key, its value and the expected values.
 */
export function parseConfig(value: unknown): Config {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('not a JSON object');
  const json = value as Json;
  oneOf(json, 'model_type', ['leapformer']);
  oneOf(json, 'hidden_act', ['relu2']);
  oneOf(json, 'tie_word_embeddings', [true]);
  const vocabSize = integer(json, 'vocab_size', 2, 1 << 20);
  const hiddenSize = integer(json, 'hidden_size', 4, 1 << 14);
  const layers = integer(json, 'num_hidden_layers', 1, 512);
  const heads = integer(json, 'num_attention_heads', 1, 1 << 10);
  const intermediateSize = integer(json, 'intermediate_size', 1, 1 << 16);
  if (hiddenSize % heads !== 0) fail(`"hidden_size" ${hiddenSize} is not divisible by ${heads} heads`);
  const headWidth = hiddenSize / heads;
  if (headWidth % 4 !== 0) fail(`head width ${headWidth} (hidden_size / heads) is not a multiple of 4`);
  const parameters =
    vocabSize * hiddenSize + layers * (4 * hiddenSize ** 2 + 2 * hiddenSize * intermediateSize);
  if (parameters > 2 ** 31) fail(`sizes add up to ${parameters} parameters, more than a browser can hold`);
  const reweighting = oneOf(json, 'reweighting', REWEIGHTINGS);
  const normalizer = oneOf(json, 'normalizer', ['denominator', 'rms']);
  const position = oneOf(json, 'position', ['none', 'sinusoidal']);
  if (position === 'sinusoidal' && hiddenSize % 2 !== 0)
    fail('"position" sinusoidal needs an even hidden_size');
  return {
    vocabSize,
    hiddenSize,
    layers,
    heads,
    headWidth,
    intermediateSize,
    rmsNormEps: positive(json, 'rms_norm_eps'),
    embeddingScale: positive(json, 'embedding_scale'),
    position,
    bosTokenId: integer(json, 'bos_token_id', 0, vocabSize - 1),
    ...reweightingFields(reweighting, headWidth),
    staticLength: reweighting === 'static' ? integer(json, 'static_length', 1, 2 ** 31 - 1) : 1,
    proportionHidden: reweighting === 'leap' ? integer(json, 'proportion_hidden_size', 1, headWidth * 4) : 0,
    normalizer,
    denominatorFloor: normalizer === 'denominator' ? positive(json, 'denominator_floor') : 0.1,
    decay: oneOf(json, 'decay', [true, false]),
    convKernel: oneOf(json, 'conv_kernel', [0, 4]),
  };
}
