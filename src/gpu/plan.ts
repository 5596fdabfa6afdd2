import type { Config } from '../model/core/config';
import type { Precision, Weights } from '../model/core/weights';
import { stateLayout } from '../model/runtime/snapshot';
import { REACH, seenWords, tokenSetWords } from '../model/sampling/seen';

/** Tokens per chunk of prefill. */
export const CHUNK = 64;
/** Most likely tokens kept per block of the vocabulary. */
export const CANDIDATES = 10;
/** Rows of the vocabulary per block, one per thread of logits.wgsl. */
export const CANDIDATE_BLOCK = 64;
/** Tokens per tile of features.wgsl, scores.wgsl and attend.wgsl. */
export const TOKEN_TILE = 4;
/** Rows per workgroup of matmul.wgsl. */
export const MATMUL_ROWS = 256;
/** Tokens of a chunk whose logits are in memory at once, for records. */
export const RECORD_GROUP = 8;
/** Most tokens per submission, which is the number of record slots on the device. */
export const RECORD_SLOTS = 64;

/** Words of a stream's control block. */
export const CONTROL = {
  TOKEN: 0, // the current token, or the last one read
  POSITION: 1, // its position, counted from 0 at <|endoftext|>; 2^32 - 1 before the first
  LENGTH: 2, // tokens read; also the number of the next draw
  REMAINING: 3, // tokens left to decode
  RUNS: 4, // 1 while the stream decodes; the kernels skip a finished stream
  STOPPED: 5, // 1 after a stop token was drawn
  SEEN: 8,
} as const;

/** Padding of rows of activations and of groups of columns, in numbers: a whole block of weights in every precision. */
export function padded(n: number): number {
  return Math.ceil(n / 16) * 16;
}

/** Offsets, in numbers, of a layer's small tensors in its `vectors`, all multiples of 16. */
interface VectorLayout {
  readonly attentionNorm: number;
  readonly mlpNorm: number;
  readonly outputNorm: number;
  readonly taps: number;
  readonly decay: number;
  readonly decayBias: number;
  readonly proportion: number;
  readonly proportionSize: number;
  readonly qkvScale: number;
  readonly outputScale: number;
  readonly upScale: number;
  readonly downScale: number;
  readonly size: number;
}

/** The layout of a model on the device, from its configuration and precision. */
export interface Plan {
  readonly config: Config;
  readonly precision: Precision;
  readonly width: number; // d, padded
  readonly headWidth: number; // e, padded
  readonly slice: number;
  readonly slices: number;
  readonly blocks: number; // of the vocabulary
  readonly vectors: VectorLayout;
  /** `vectors` of embedding and output: final norm, embedding scales, sinusoids. */
  readonly ends: { readonly embeddingScales: number; readonly sinusoid: number; readonly size: number };
  readonly seenWords: number;
  /** Words of a set of tokens, one bit each. */
  readonly setWords: number;
  readonly streamWords: number;
  readonly layerSize: number;
  readonly stateSize: number;
  /** Decode activations of a stream, in numbers. */
  readonly activations: number;
  /** q~, k~, v, a, Pq, Pk per head and token, in numbers. */
  readonly features: number;
  /** Threads per workgroup of each kernel whose count depends on the shapes. */
  readonly attentionThreads: number;
  readonly mlpThreads: number;
  readonly vocabThreads: number;
  /** Kernels with one workgroup per head, token, or block of the vocabulary. */
  readonly headThreads: number;
  /** attend.wgsl, with one thread per 4 columns of a head. */
  readonly attendThreads: number;
  /** matmul.wgsl. */
  readonly tokensAThread: number;
  readonly sharesReads: boolean;
  /** Blocks of the vocabulary per workgroup of logits.wgsl. */
  readonly blocksAGroup: number;
  /** Workgroups of logits.wgsl. */
  readonly logitGroups: number;
  /** Largest workgroup memory of a kernel, in bytes. */
  readonly workgroupBytes: number;
}

/** Settings for a kind of device. They affect only speed. */
export interface Tuning {
  /** Most threads of a workgroup with barriers; a multiple of 16. */
  readonly mostThreads: number;
  /** Most slices of the MLP. */
  readonly mostSlices: number;
  /** Blocks of the vocabulary that one workgroup processes in turn. */
  readonly blocksAGroup: number;
  /** Tokens per thread of matmul.wgsl, 4 or 8. */
  readonly tokensAThread: number;
  /** Whether the threads of a subgroup share reads, if the device has subgroups. */
  readonly sharesReads: boolean;
}

/** Many threads and workgroups, to hide memory latency. */
export const GRAPHICS: Tuning = {
  mostThreads: 256,
  mostSlices: 64,
  blocksAGroup: 1,
  tokensAThread: 4,
  sharesReads: false,
};
/**
 * For adapters emulated on the CPU: barriers cost per thread, repeated reads cost per workgroup, and reads cost more than
 * arithmetic.
 */
export const SOFTWARE: Tuning = {
  mostThreads: 16,
  mostSlices: 4,
  blocksAGroup: 16,
  tokensAThread: 8,
  sharesReads: true,
};

/** The common precision of all matrices, or float32 if they differ. */
export function sharedPrecision(weights: Weights): Precision {
  const matrices = weights.layers.flatMap((layer) => [layer.qkv, layer.output, layer.up, layer.down]);
  const { precision } = weights.embedding;
  return matrices.every((matrix) => matrix.precision === precision) ? precision : 'float32';
}

export function makePlan(config: Config, precision: Precision, tuning: Tuning): Plan {
  const { mostThreads, mostSlices, blocksAGroup, tokensAThread, sharesReads } = tuning;
  const threadsFor = (rows: number) => Math.min(mostThreads, Math.ceil(rows / 64) * 64);
  const {
    hiddenSize: d,
    heads: h,
    headWidth: e,
    intermediateSize: f,
    proportionHidden: p,
    vocabSize,
  } = config;
  const width = padded(d);
  // Small slices give many workgroups. Use larger slices if the partial sums would cost more than the workgroups gain.
  const slice = Math.max(64, padded(f / mostSlices));
  const slices = Math.ceil(f / slice);
  const state = stateLayout(config);
  const vectors = layOutVectors(config, width);
  const embeddingScales = width;
  const sinusoid = embeddingScales + (precision === 'int8' ? padded(vocabSize) : 0);
  const ends = {
    embeddingScales,
    sinusoid,
    size: sinusoid + (config.position === 'sinusoidal' ? padded(2 * d) : 0),
  };
  const setWords = tokenSetWords(config);
  const streamWords = CONTROL.SEEN + seenWords(config) + setWords;
  const activations = (2 + h + slices) * width + padded(vocabSize);
  const features = padded(2 * config.stateRows + e + 3);
  const vocabThreads = threadsFor(vocabSize);
  const blocks = Math.ceil(vocabSize / CANDIDATE_BLOCK);
  const attentionThreads = threadsFor(3 * e);
  const mlpThreads = threadsFor(slice);
  const columns = e + 1;
  const shares = Math.max(Math.floor(attentionThreads / columns), 1) * columns;
  const attentionNumbers =
    width + 2 * attentionThreads + 3 * e + 2 * config.stateRows + 2 * p + shares + e + padded(e) + 64;
  const sampleNumbers = 4 * vocabThreads + 2 * 256 + 2 * CANDIDATES * CANDIDATES + 2 * REACH + 128;
  const featuresNumbers = 4 * (3 * e + 2 * p) + 2 * threadsFor(64);
  const workgroupBytes =
    4 * Math.max(attentionNumbers, featuresNumbers, width + 2 * mlpThreads + slice + 320, sampleNumbers);
  return {
    config,
    precision,
    width,
    headWidth: padded(e),
    slice,
    slices,
    blocks,
    vectors,
    ends,
    seenWords: seenWords(config),
    setWords,
    streamWords,
    layerSize: state.layerSize,
    stateSize: state.size,
    activations,
    features,
    attentionThreads,
    mlpThreads,
    vocabThreads,
    headThreads: threadsFor(64),
    attendThreads: Math.min(mostThreads, padded(e / 4 + Number(config.normalizer !== 'rms'))),
    tokensAThread,
    sharesReads,
    blocksAGroup,
    logitGroups: Math.ceil(blocks / blocksAGroup),
    workgroupBytes,
  };
}

function layOutVectors(config: Config, width: number): VectorLayout {
  const { hiddenSize: d, heads: h, headWidth: e, intermediateSize: f, proportionHidden: p } = config;
  let size = 0;
  const take = (numbers: number) => {
    const at = size;
    size += padded(numbers);
    return at;
  };
  const proportionSize = padded(p * (e + 2) + 1);
  const layout = {
    attentionNorm: take(width),
    mlpNorm: take(width),
    outputNorm: take(d),
    taps: take(3 * d * config.convKernel),
    decay: take(config.decay ? h * width : 0),
    decayBias: take(h),
    proportion: take(p > 0 ? 2 * proportionSize : 0),
    proportionSize,
    qkvScale: take(3 * d),
    outputScale: take(d),
    upScale: take(f),
    downScale: take(d),
  };
  return { ...layout, size };
}
