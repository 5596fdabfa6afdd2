/**
 * Structures that TypeScript writes and kernels read, printed into every kernel: their fields in order, with their types
 * in WGSL. Every field takes 4 bytes.
 */
const STRUCTS = {
  /** Sampler settings of a stream, read by sample.wgsl. */
  Settings: {
    inverse_temperature: 'f32', // 0 is greedy
    top_k: 'u32', // 0 or at least VOCAB: off
    top_p: 'f32', // 1: off
    log_min_p: 'f32', // far below 0: off
    penalty: 'f32',
    inverse_penalty: 'f32',
    sequence_penalty: 'f32',
    seed: 'u32',
    filters: 'u32', // 1 if top-k, top-p or min-p is on
  },
  /** A layer. */
  Layer: {
    state: 'u32', // its offset in a stream's state
    partials: 'u32', // partial sums of the MLP before, to add to x
  },
  /** The rows of activations and logits of a dispatch of logits.wgsl. */
  Rows: {
    x: 'u32', // first row of `activations` to read
    x_stride: 'u32', // numbers between rows
    partials: 'u32', // partial sums to add to x
    to: 'u32', // first row of logits to write
    are_streams: 'u32', // 1 if rows are streams, some of which may be finished
  },
  /** The tokens of a chunk that a dispatch of records.wgsl describes. */
  Group: {
    start: 'u32', // the first of them
  },

  // Of fine-tuning (finetuning/shaders).
  /** The segment that the model learns from. */
  Segment: {
    count: 'u32', // of its tokens
    weight: 'f32', // of each token in the loss
  },
  /** The shape of a product in multiply.wgsl. */
  Product: {
    rows: 'u32',
    columns: 'u32', // a multiple of 4, like the strides
    x_stride: 'u32', // numbers between tokens
    y_stride: 'u32',
    epilogue: 'u32',
  },
  /** The shape of a matrix in merge.wgsl. */
  Merge: {
    rows: 'u32',
    columns: 'u32', // padded
    rank: 'u32',
    scale_at: 'u32', // of the matrix in `vectors`
    transposes: 'u32',
  },
  /** The shape of a sum of outer products in outer.wgsl. */
  Outer: {
    rank: 'u32',
    columns: 'u32',
    stride: 'u32', // numbers between tokens of x
  },
  /** The groups of each token that norm.wgsl normalizes: the whole residual, or heads. */
  Norm: {
    width: 'u32', // numbers in a group
    groups: 'u32',
    x_stride: 'u32', // numbers between groups
    y_stride: 'u32',
    weights_at: 'u32',
    divides: 'u32', // 1: by the denominator, not by rms
    adds: 'u32', // 1: the gradient is added to Dx
    eps: 'f32',
    floor: 'f32',
  },
  /** A pass of recur.wgsl. */
  Pass: {
    state: 'u32', // offset of the layer in the state
    begins: 'u32', // 1: from the state, not from 0
    keeps: 'u32', // 1: writes the state
    reverse: 'u32', // 1: from the last token
  },
} as const;

type Structs = typeof STRUCTS;

/** The size of a structure, in numbers of 4 bytes. */
export function sizeOf(struct: keyof Structs): number {
  return Object.keys(STRUCTS[struct]).length;
}

/** Declares the structures in WGSL. */
export function printStructs(): string {
  const fields = (struct: Readonly<Record<string, string>>) =>
    Object.entries(struct).map(([name, type]) => `  ${name}: ${type},\n`);
  return Object.entries(STRUCTS)
    .map(([name, struct]) => `struct ${name} {\n${fields(struct).join('')}}`)
    .join('\n');
}

/** A structure's values in the order of its fields, as the words of a buffer. */
export function pack<Name extends keyof Structs>(
  name: Name,
  values: Readonly<Record<keyof Structs[Name], number>>,
): Uint32Array<ArrayBuffer> {
  const struct: Readonly<Record<string, string>> = STRUCTS[name];
  const words = new Uint32Array(sizeOf(name));
  const floats = new Float32Array(words.buffer);
  for (const [i, [field, type]] of Object.entries(struct).entries())
    (type === 'f32' ? floats : words)[i] = values[field as keyof Structs[Name]];
  return words;
}
