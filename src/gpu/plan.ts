import type { Config } from '../model/core/config';
import type { Precision, Weights } from '../model/core/weights';
import { stateLayout } from '../model/runtime/snapshot';
import { REACH, seenWords, tokenSetWords } from '../model/sampling/seen';

/** Tokens that prefill reads at once. */
export const CHUNK = 64;
/** Likeliest tokens kept of each block of the vocabulary. */
export const CANDIDATES = 10;
/** Rows of the vocabulary that one workgroup of logits.wgsl owns, one a thread. */
export const CANDIDATE_BLOCK = 64;
/** Tokens that features.wgsl, scores.wgsl and attend.wgsl take together. */
export const TOKEN_TILE = 4;
/** Rows of a workgroup of matmul.wgsl. */
export const MATMUL_ROWS = 256;
/** Tokens of a chunk whose logits stand in memory together, when records are wanted. */
export const RECORD_GROUP = 8;
/** Most tokens in one submission: records kept on the device. */
export const RECORD_SLOTS = 64;

/** Words of a stream's control block. */
export const CONTROL = {
  TOKEN: 0, // the token under way, or the last one read
  POSITION: 1, // its position, counted from 0 at <|endoftext|>; 2^32 - 1 before the first
  LENGTH: 2, // tokens read: also the number of the next draw
  REMAINING: 3, // tokens still to write
  RUNS: 4, // 1 while a token is under way: the other kernels leave a finished stream untouched
  STOPPED: 5, // 1 once a stop token was drawn
  SEEN: 8,
} as const;

/** Numbers to which rows of activations and groups of columns are padded: a block of weights in every precision. */
export function padded(n: number): number {
  return Math.ceil(n / 16) * 16;
}

/** Offsets, in numbers, of a layer's small tensors in its `vectors`; each at a multiple of 16. */
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

/** How a model is laid out on the device: everything that follows from its configuration and precision. */
export interface Plan {
  readonly config: Config;
  readonly precision: Precision;
  readonly width: number; // d, padded
  readonly headWidth: number; // e, padded
  readonly slice: number;
  readonly slices: number;
  readonly blocks: number; // of the vocabulary
  readonly vectors: VectorLayout;
  /** `vectors` of the model's ends: final norm, embedding scales, sinusoids. */
  readonly ends: { readonly embeddingScales: number; readonly sinusoid: number; readonly size: number };
  readonly seenWords: number;
  /** Words of a set of tokens, one bit each. */
  readonly setWords: number;
  readonly streamWords: number;
  readonly layerSize: number;
  readonly stateSize: number;
  /** Decoding activations of a stream, in numbers. */
  readonly activations: number;
  /** q~, k~, v, a, Pq, Pk of one head of one token, in numbers. */
  readonly features: number;
  /** Threads a workgroup of each kernel whose count follows from the shapes. */
  readonly attentionThreads: number;
  readonly mlpThreads: number;
  readonly vocabThreads: number;
  /** Of kernels that look after one head, one token, or one block of the vocabulary. */
  readonly headThreads: number;
  /** Of attend.wgsl: one for 4 columns of a head. */
  readonly attendThreads: number;
  /** Of matmul.wgsl. */
  readonly tokensAThread: number;
  readonly sharesReads: boolean;
  /** Blocks of the vocabulary that one workgroup of logits.wgsl takes. */
  readonly blocksAGroup: number;
  /** Workgroups of logits.wgsl. */
  readonly logitGroups: number;
  /** Bytes of workgroup memory that the hungriest kernel takes. */
  readonly workgroupBytes: number;
}

/** What suits a kind of device. Results are right with any. */
export interface Tuning {
  /** Most threads of a workgroup that has barriers; a multiple of 16. */
  readonly mostThreads: number;
  /** Most slices of the MLP. */
  readonly mostSlices: number;
  /** Blocks of the vocabulary that one workgroup takes one after the other. */
  readonly blocksAGroup: number;
  /** Tokens of a thread of matmul.wgsl, 4 or 8. */
  readonly tokensAThread: number;
  /** Whether subgroups, where there are any, read together what all their threads need. */
  readonly sharesReads: boolean;
}

/** Many threads and workgroups, so that memory is never waited for. */
export const GRAPHICS: Tuning = {
  mostThreads: 256,
  mostSlices: 64,
  blocksAGroup: 1,
  tokensAThread: 4,
  sharesReads: false,
};
/**
 * For adapters emulated by the processor: every thread pays for a barrier, every workgroup for what it reads again, and
 * reading costs more than arithmetic.
 */
export const SOFTWARE: Tuning = {
  mostThreads: 16,
  mostSlices: 4,
  blocksAGroup: 16,
  tokensAThread: 8,
  sharesReads: true,
};

/** All matrices in the precision that they share, or in float32 where they differ. */
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
  // Small slices for many workgroups; larger ones where so many partial sums would cost more than they win.
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
