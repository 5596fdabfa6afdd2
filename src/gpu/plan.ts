import type { Config } from '../model/core/config';
import { padded, stateLayout } from '../model/core/tensors';
import { ALTERNATIVES } from '../model/sampling/records';
import { REACH, seenWords, tokenSetWords } from '../model/sampling/seen';
import { type MatrixPrecisions, packingsOf } from './matrices';
import { chooseWorkgroups, type Tuning, type Workgroups } from './tuning';
import { layOutVectors, type VectorLayout } from './vectors';

/** Tokens per chunk of prefill. */
export const CHUNK = 64;
/** Rows of the vocabulary that one workgroup of logits.wgsl owns, one a thread. */
export const CANDIDATE_BLOCK = 64;
/** Tokens per tile of features.wgsl, scores.wgsl and attend.wgsl. */
export const TOKEN_TILE = 4;
/** Rows per workgroup of matmul.wgsl. */
export const MATMUL_ROWS = 256;
/** Threads of a workgroup of kernels with a thread for each number: embed, advance, append-history. */
export const ELEMENT_THREADS = 64;
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

/** Where a model and its streams lie on the device; follows from the configuration and the precisions. Numbers of 4 bytes. */
interface DeviceLayout extends VectorLayout {
  readonly paddedWidth: number; // d, padded
  readonly paddedHeadWidth: number; // e, padded
  readonly slice: number; // hidden units of the MLP in one slice
  readonly slices: number;
  readonly blocks: number; // of the vocabulary
  readonly seenWords: number;
  /** Words of a set of tokens, one bit each. */
  readonly setWords: number;
  readonly controlWords: number;
  readonly layerSize: number;
  readonly stateSize: number;
  /** Decode activations of a stream. */
  readonly activations: number;
  /** Size of the features per head and token (featureOffsets). */
  readonly features: number;
}

/** How a model runs on a device. */
export interface Plan extends DeviceLayout, Workgroups {
  /** Bytes of workgroup memory of the kernel that takes most. */
  readonly workgroupBytes: number;
}

export function makePlan(config: Config, precisions: MatrixPrecisions, tuning: Tuning): Plan {
  const layout = layOutDevice(config, precisions, tuning);
  const workgroups = chooseWorkgroups(config, layout, tuning);
  const workgroupBytes = mostWorkgroupBytes(config, layout, workgroups);
  return { ...layout, ...workgroups, workgroupBytes };
}

function layOutDevice(config: Config, precisions: MatrixPrecisions, { mostSlices }: Tuning): DeviceLayout {
  const { hiddenSize: d, heads: h, headWidth: e, intermediateSize: f, vocabSize } = config;
  const paddedWidth = padded(d);
  // Small slices give many workgroups. Larger slices if the partial sums of many would cost more than they save.
  const slice = Math.max(64, padded(f / mostSlices));
  const slices = Math.ceil(f / slice);
  const state = stateLayout(config);
  const setWords = tokenSetWords(config);
  return {
    ...layOutVectors(config, packingsOf(config, precisions, slice)),
    paddedWidth,
    paddedHeadWidth: padded(e),
    slice,
    slices,
    blocks: Math.ceil(vocabSize / CANDIDATE_BLOCK),
    seenWords: seenWords(config),
    setWords,
    controlWords: CONTROL.SEEN + seenWords(config) + setWords,
    layerSize: state.layerSize,
    stateSize: state.size,
    activations: (2 + h + slices) * paddedWidth + padded(vocabSize),
    features: padded(featureOffsets(config).end),
  };
}

/** Offsets of q~ [E], k~ [E], v [e], a, Pq, Pk in the features of one head of one token. */
export function featureOffsets({ stateRows: E, headWidth: e }: Config) {
  return { query: 0, key: E, value: 2 * E, decay: 2 * E + e, proportions: 2 * E + e + 1, end: 2 * E + e + 3 };
}

/** Bytes of workgroup memory of the kernel that takes most: its variables, each rounded up to 16 bytes (WGSL, "Limits"). */
function mostWorkgroupBytes(config: Config, layout: DeviceLayout, workgroups: Workgroups): number {
  const { headWidth: e, stateRows, proportionHidden } = config;
  const { paddedWidth, paddedHeadWidth, slice } = layout;
  const { attentionThreads, mlpThreads, vocabThreads, headThreads } = workgroups;
  const hidden = Math.max(proportionHidden, 1);
  const columns = e + 1;
  const shares = Math.max(Math.floor(attentionThreads / columns), 1) * columns;
  const candidates = [ALTERNATIVES, 2 * ALTERNATIVES, 2 * ALTERNATIVES ** 2];
  const numbers = {
    attention: [
      ...[paddedWidth, 2 * attentionThreads, 3 * e, 2 * hidden],
      ...[2 * stateRows, shares, e, paddedHeadWidth],
    ],
    mlp: [paddedWidth, 2 * mlpThreads, slice],
    logits: [paddedWidth, 2 * headThreads, CANDIDATE_BLOCK],
    sample: [2 * vocabThreads, 2 * vocabThreads, 256, 256, 2, 1, ...candidates, REACH, REACH],
    features: [2 * headThreads, 4 * 3 * e, 4 * 2 * hidden],
  };
  const bytes = Object.values(numbers).map((variables) =>
    variables.reduce((sum, count) => sum + 16 * Math.ceil(count / 4), 0),
  );
  return Math.max(...bytes);
}
