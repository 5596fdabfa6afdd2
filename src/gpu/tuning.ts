import type { Config } from '../model/core/config';

/** Settings for a kind of device. Results are the same with any. */
export interface Tuning {
  /** Most threads of a workgroup that has barriers; a multiple of 16. */
  readonly mostThreads: number;
  /** Most slices of the MLP. */
  readonly mostSlices: number;
  /** Blocks of the vocabulary that one workgroup of logits.wgsl processes in turn. */
  readonly blocksAGroup: number;
  /** Tokens of a thread of matmul.wgsl, 4 or 8. */
  readonly tokensAThread: number;
  /** Whether subgroups, if available, share the reads of values that all their threads need. */
  readonly sharesReads: boolean;
}

/** For graphics cards: many threads and workgroups hide the latency of memory. */
export const GRAPHICS: Tuning = {
  mostThreads: 256,
  mostSlices: 64,
  blocksAGroup: 1,
  tokensAThread: 4,
  sharesReads: false,
};
/**
 * For adapters that the processor emulates: a barrier costs time per thread, repeated reads cost time per workgroup, and
 * reads cost more than arithmetic. See docs/decisions.md, 'One set of shaders has two tunings'.
 */
export const SOFTWARE: Tuning = {
  mostThreads: 16,
  mostSlices: 4,
  blocksAGroup: 16,
  tokensAThread: 8,
  sharesReads: true,
};

/** The workgroups of the kernels that follow from the shapes and the tuning. */
export interface Workgroups {
  readonly attentionThreads: number;
  readonly mlpThreads: number;
  /** Of sample.wgsl and records.wgsl, which read a row of logits. */
  readonly vocabThreads: number;
  /** Of kernels with one workgroup per head, token, or block of the vocabulary. */
  readonly headThreads: number;
  /** Of attend.wgsl: one for 4 columns of a head. */
  readonly attendThreads: number;
  /** Of matmul.wgsl. */
  readonly tokensAThread: number;
  readonly sharesReads: boolean;
  /** Blocks of the vocabulary that one workgroup of logits.wgsl processes. */
  readonly blocksAGroup: number;
  /** Workgroups of logits.wgsl. */
  readonly logitGroups: number;
}

/** @param layout hidden units in a slice of the MLP, and blocks of the vocabulary */
export function chooseWorkgroups(
  { headWidth: e, vocabSize, normalizer }: Config,
  { slice, blocks }: { readonly slice: number; readonly blocks: number },
  { mostThreads, blocksAGroup, tokensAThread, sharesReads }: Tuning,
): Workgroups {
  const threadsFor = (rows: number) => Math.min(mostThreads, Math.ceil(rows / 64) * 64);
  const columns = e / 4 + (normalizer === 'rms' ? 0 : 1);
  return {
    attentionThreads: threadsFor(3 * e),
    mlpThreads: threadsFor(slice),
    vocabThreads: threadsFor(vocabSize),
    headThreads: threadsFor(64),
    attendThreads: Math.min(mostThreads, Math.ceil(columns / 16) * 16),
    tokensAThread,
    sharesReads,
    blocksAGroup,
    logitGroups: Math.ceil(blocks / blocksAGroup),
  };
}
