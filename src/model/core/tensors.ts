import type { Config } from './config';

/**
 * Every tensor of a model and of its state, once. The tables drive the reader of model.safetensors, the count of
 * parameters, the packing for both fast backends with the offsets in WGSL, the layout of the state, and the random models
 * of the tests. A test compares them with the table in docs/model.md and with the files that the trainer writes.
 */

/** The sizes in shapes, by their names in docs/model.md. */
function sizes(config: Config) {
  return {
    vocab: config.vocabSize,
    d: config.hiddenSize,
    '3d': 3 * config.hiddenSize,
    h: config.heads,
    e: config.headWidth,
    E: config.stateRows,
    f: config.intermediateSize,
    p: config.proportionHidden,
    taps: config.convKernel,
    'taps - 1': Math.max(config.convKernel - 1, 0),
  };
}

type Dimension = keyof ReturnType<typeof sizes> | number;
/** Row-major; [out, in] for weights. */
type Shape = readonly Dimension[];

export interface Tensor {
  /**
   * A matrix is multiplied with activations, and may be stored in float16, or in int8 or int4 with scales. A vector is any
   * small tensor; it is float32 in memory.
   */
  readonly kind: 'matrix' | 'vector';
  /** In model.safetensors; names of a layer's tensors follow `layers.N.` */
  readonly name: string;
  readonly shape: Shape;
  /** Columns of a matrix that belong together, such as those of a head: blocks of weights end with them. By default a row. */
  readonly span?: Dimension;
  /** Whether a configuration has it; without this, all have it. */
  readonly when?: (config: Config) => boolean;
}

const matrix = (name: string, ...shape: Shape) => ({ kind: 'matrix', name, shape }) as const;
const vector = (name: string, ...shape: Shape) => ({ kind: 'vector', name, shape }) as const;

type Condition = (config: Config) => boolean;
const optional = <T extends Tensor>(when: Condition, tensor: T) => ({ ...tensor, when });
const convolution: Condition = ({ convKernel }) => convKernel > 0;
const leap: Condition = ({ reweighting }) => reweighting === 'leap';
const decay: Condition = (config) => config.decay;
const rms: Condition = ({ normalizer }) => normalizer === 'rms';

export const MODEL_TENSORS = {
  /** Also the output matrix. */
  embedding: matrix('embedding.weight', 'vocab', 'd'),
  finalNorm: vector('final_norm.weight', 'd'),
};

export const LAYER_TENSORS = {
  attentionNorm: vector('attention_norm.weight', 'd'),
  /** All heads' queries, then keys, then values. */
  qkv: matrix('attention.qkv.weight', '3d', 'd'),
  /** The last tap is the current token. */
  convolution: optional(convolution, vector('attention.convolution.weight', '3d', 'taps')),
  // The modules of query and key, shared by the heads, each
  // sigmoid(output . relu(hidden x + hiddenBias) + outputBias). Backends read the four parts in this order.
  queryHidden: optional(leap, vector('attention.query_proportion.hidden.weight', 'p', 'e')),
  queryHiddenBias: optional(leap, vector('attention.query_proportion.hidden.bias', 'p')),
  queryOutput: optional(leap, vector('attention.query_proportion.output.weight', 1, 'p')),
  queryOutputBias: optional(leap, vector('attention.query_proportion.output.bias', 1)),
  keyHidden: optional(leap, vector('attention.key_proportion.hidden.weight', 'p', 'e')),
  keyHiddenBias: optional(leap, vector('attention.key_proportion.hidden.bias', 'p')),
  keyOutput: optional(leap, vector('attention.key_proportion.output.weight', 1, 'p')),
  keyOutputBias: optional(leap, vector('attention.key_proportion.output.bias', 1)),
  decay: optional(decay, vector('attention.decay.weight', 'h', 'd')),
  decayBias: optional(decay, vector('attention.decay.bias', 'h')),
  /** After each head's own rms. */
  outputNorm: optional(rms, vector('attention.output_norm.weight', 'd')),
  output: { ...matrix('attention.output.weight', 'd', 'd'), span: 'e' as const },
  mlpNorm: vector('mlp_norm.weight', 'd'),
  up: matrix('mlp.up.weight', 'f', 'd'),
  down: matrix('mlp.down.weight', 'd', 'f'),
};

/** The state of a stream in each layer. Kernels expect S at the beginning and z after it. */
const STATE = {
  S: ['h', 'E', 'e'],
  z: ['h', 'E'],
  /** Of the convolution, oldest first. */
  inputs: ['taps - 1', '3d'],
} satisfies Record<string, Shape>;

export type Tensors = Readonly<Record<string, Tensor>>;
type KeysOf<T extends Tensors, Kind> = {
  [K in keyof T & string]: T[K]['kind'] extends Kind ? K : never;
}[keyof T & string];
export type MatrixOf<T extends Tensors> = KeysOf<T, 'matrix'>;
export type VectorOf<T extends Tensors> = KeysOf<T, 'vector'>;

/** The tensors of a table, in order, each with its key. */
export function tensorEntries<T extends Tensors>(tensors: T): [keyof T & string, Tensor][] {
  return Object.entries(tensors) as [keyof T & string, Tensor][];
}

/** Comes before the names of the tensors of layer n in model.safetensors. */
export function layerPrefix(n: number): string {
  return `layers.${n}.`;
}

export function isPresent({ when }: Tensor, config: Config): boolean {
  return when?.(config) ?? true;
}

/** Columns in a span of a matrix. */
export function spanOf({ span, shape }: Tensor, config: Config): number {
  const size = span ?? shape[1];
  return typeof size === 'number' ? size : sizes(config)[size];
}

export function shapeOf({ shape }: { readonly shape: Shape }, config: Config): number[] {
  const named = sizes(config);
  return shape.map((size) => (typeof size === 'number' ? size : named[size]));
}

/** Every tensor that a model of this configuration has, by its name in model.safetensors. */
export function tensorsOf(config: Config): { name: string; kind: Tensor['kind']; shape: number[] }[] {
  const list = (tensors: Tensors, prefix: string) =>
    Object.values(tensors)
      .filter((tensor) => isPresent(tensor, config))
      .map((tensor) => ({ ...tensor, name: prefix + tensor.name, shape: shapeOf(tensor, config) }));
  const layers = Array.from({ length: config.layers }, (_, n) => list(LAYER_TENSORS, layerPrefix(n)));
  return [...list(MODEL_TENSORS, ''), ...layers.flat()];
}

/** Number of parameters; scales do not count. */
export function countParameters(config: Config): number {
  return tensorsOf(config).reduce((sum, { shape }) => sum + product(shape), 0);
}

/** n rounded up to a multiple: by default a block of weights in every precision of the fast backends, 32 in int4. */
export function padded(n: number, multiple = 32): number {
  return Math.ceil(n / multiple) * multiple;
}

/** Offsets of consecutive parts, and their end, in numbers. */
export interface Offsets<Key extends string> {
  readonly at: Readonly<Record<Key, number>>;
  readonly size: number;
}

/** Offsets of parts of these sizes in their order, each a multiple of `multiple` numbers. */
export function offsetsOf<Key extends string>(
  parts: Readonly<Record<Key, number>>,
  multiple?: number,
): Offsets<Key> {
  const at = {} as Record<Key, number>;
  let size = 0;
  for (const [key, numbers] of Object.entries(parts) as [Key, number][]) {
    at[key] = size;
    size += padded(numbers, multiple);
  }
  return { at, size };
}

/** Offsets into a layer's part of the state, the numbers of a layer, and the numbers of a stream: all layers. */
export interface StateLayout extends Offsets<keyof typeof STATE> {
  readonly layerSize: number;
}

/** Parts begin at multiples of 4 numbers, for kernels that read four at once. */
export function stateLayout(config: Config): StateLayout {
  const sizes = Object.entries(STATE).map(([part, shape]) => [part, product(shapeOf({ shape }, config))]);
  const { at, size } = offsetsOf<keyof typeof STATE>(Object.fromEntries(sizes), 4);
  return { at, layerSize: size, size: config.layers * size };
}

function product(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a * b, 1);
}
