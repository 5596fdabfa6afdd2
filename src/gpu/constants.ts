import { stateLayout } from '../model/runtime/snapshot';
import { RECORD_SIZE } from '../model/sampling/sampling';
import { LONGEST, REACH } from '../model/sampling/seen';
import { CANDIDATE_BLOCK, CANDIDATES, CHUNK, CONTROL, type Plan, padded, RECORD_SLOTS } from './plan';

/** The value of a constant in WGSL: a u32, a bool, or an f32. */
export type Constant = number | boolean | { readonly f32: number };

/**
 * Declares constants in WGSL. They are not overrides, because naga, Firefox's compiler, crashes on workgroup arrays whose
 * length is an expression of overrides, and the crash ends the browser (Firefox 153).
 */
export function printConstants(constants: Readonly<Record<string, Constant>>): string {
  const lines = Object.entries(constants).map(([name, value]) => {
    if (typeof value === 'object') return `const ${name}: f32 = ${value.f32};`;
    return `const ${name}: ${typeof value === 'boolean' ? 'bool' : 'u32'} = ${value};`;
  });
  return lines.join('\n');
}

const REWEIGHTINGS = { NONE: 0, STATIC: 1, LEAP: 2 } as const;

/** Shapes of the model and of its buffers, for every kernel. Offsets and strides are in numbers of 4 bytes. */
export function shapeConstants(plan: Plan): Record<string, Constant> {
  const { config, vectors, ends, setWords } = plan;
  const state = stateLayout(config);
  const f32 = (value: number) => ({ f32: value });
  return {
    D: config.hiddenSize,
    D_PADDED: plan.width, // padded to whole blocks of weights in every precision, like all padded counts
    HEADS: config.heads,
    E: config.headWidth,
    E_PADDED: plan.headWidth,
    STATE_ROWS: config.stateRows, // rows of S and z per head: 2e, or e without re-weighting
    F: config.intermediateSize, // hidden units of the MLP
    SLICE: plan.slice, // units per workgroup of a decode step, a multiple of 16
    SLICES: plan.slices,
    VOCAB: config.vocabSize,
    BOS: config.bosTokenId, // <|endoftext|>

    EPS: f32(config.rmsNormEps), // epsilon of every rms
    EMBEDDING_SCALE: f32(config.embeddingScale),
    SINUSOIDAL: config.position === 'sinusoidal',
    ...REWEIGHTINGS,
    REWEIGHTING: REWEIGHTINGS[config.reweighting.toUpperCase() as keyof typeof REWEIGHTINGS],
    STATIC_LENGTH: f32(config.staticLength),
    PROPORTION_HIDDEN: Math.max(config.proportionHidden, 1), // at least 1, because it is a divisor even if unused
    RMS: config.normalizer === 'rms', // false: the denominator
    FLOOR: f32(config.denominatorFloor), // floor of the denominator
    DECAY: config.decay,
    CONVOLUTION: config.convKernel > 0,

    // The state of a stream. Each layer has S [h, STATE_ROWS, e], z [h, STATE_ROWS], inputs [3, 3d].
    Z_AT: state.z,
    INPUTS_AT: state.convolution,
    STATE_SIZE: state.size,

    // `vectors` of a layer: its small tensors and the scales of its int8 rows.
    ATTENTION_NORM_AT: vectors.attentionNorm,
    MLP_NORM_AT: vectors.mlpNorm,
    OUTPUT_NORM_AT: vectors.outputNorm,
    TAPS_AT: vectors.taps,
    DECAY_AT: vectors.decay, // rows of D_PADDED
    DECAY_BIAS_AT: vectors.decayBias,
    PROPORTION_AT: vectors.proportion, // of the query, then of the key, PROPORTION_SIZE numbers each:
    PROPORTION_SIZE: vectors.proportionSize, // hidden [PROPORTION_HIDDEN, e], then their biases, output weights, output bias
    QKV_SCALE_AT: vectors.qkvScale,
    OUTPUT_SCALE_AT: vectors.outputScale,
    UP_SCALE_AT: vectors.upScale,
    DOWN_SCALE_AT: vectors.downScale,

    // `vectors` of embedding and output: final norm at 0, then
    EMBEDDING_SCALES_AT: ends.embeddingScales,
    SINUSOID_AT: ends.sinusoid, // one vec4 per frequency

    // Words of a stream in `streams`: control, the set of seen tokens, the last tokens (model/sampling/seen.ts), the set of stop tokens.
    STREAM_STRIDE: plan.streamWords,
    SET_WORDS: setWords,
    TOKEN: CONTROL.TOKEN,
    POSITION: CONTROL.POSITION,
    LENGTH: CONTROL.LENGTH,
    REMAINING: CONTROL.REMAINING,
    RUNS: CONTROL.RUNS,
    STOPPED: CONTROL.STOPPED,
    SEEN_AT: CONTROL.SEEN,
    RECENT_AT: CONTROL.SEEN + setWords,
    STOPS_AT: CONTROL.SEEN + setWords + REACH,
    REACH, // last tokens, newest first, padded with BOS
    LONGEST, // cap of the match length

    // Decode activations of a stream: residual, residual after attention, partial sums of heads and of slices, scores.
    ACTIVATIONS: plan.activations,
    SCORES_AT: plan.activations - padded(config.vocabSize),

    CANDIDATES, // most likely tokens kept per block of the vocabulary, and in total
    CANDIDATE_BLOCK,
    CANDIDATE_BLOCKS: plan.blocks,
    BLOCKS_A_GROUP: plan.blocksAGroup, // blocks that one workgroup of logits.wgsl processes in turn
    RECORD_SIZE,
    RECORD_SLOTS, // record slots per stream; draw n uses slot n mod RECORD_SLOTS

    CHUNK, // tokens per chunk of prefill
    FEATURES: plan.features, // numbers per head and token: q~, k~, v, a, Pq, Pk
  };
}
