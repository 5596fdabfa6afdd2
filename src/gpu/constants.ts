import { REWEIGHTINGS } from '../model/core/config';
import { padded, stateLayout } from '../model/core/tensors';
import { KERNEL_CONSTANTS } from '../model/sampling/kernel-constants';
import { REACH } from '../model/sampling/seen';
import { CANDIDATE_BLOCK, CHUNK, CONTROL, featureOffsets, type Plan, RECORD_SLOTS } from './plan';
import { offsetConstants } from './vectors';

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

/** Shapes of the model and of its buffers, for every kernel. Offsets and strides are in numbers of 4 bytes. */
export function shapeConstants(plan: Plan): Record<string, Constant> {
  const { config, setWords } = plan;
  const features = featureOffsets(config);
  const f32 = (value: number) => ({ f32: value });
  return {
    D: config.hiddenSize,
    D_PADDED: plan.paddedWidth, // padded to whole blocks of weights in every precision, like all padded counts
    HEADS: config.heads,
    E: config.headWidth,
    E_PADDED: plan.paddedHeadWidth,
    STATE_ROWS: config.stateRows, // rows of S and z per head
    F: config.intermediateSize, // hidden units of the MLP
    SLICE: plan.slice, // units per workgroup of a decode step, a multiple of 32
    SLICES: plan.slices,
    VOCAB: config.vocabSize,
    BOS: config.bosTokenId, // <|endoftext|>

    EPS: f32(config.rmsNormEps), // epsilon of every rms
    EMBEDDING_SCALE: f32(config.embeddingScale),
    SINUSOIDAL: config.position === 'sinusoidal',
    REWEIGHTED: config.isReweighted,
    ...Object.fromEntries(REWEIGHTINGS.map((kind) => [kind.toUpperCase(), config.reweighting === kind])), // LEAP, ...
    STATIC_LENGTH: f32(config.staticLength),
    PROPORTION_HIDDEN: Math.max(config.proportionHidden, 1), // at least 1, because it is a divisor even if unused
    RMS: config.normalizer === 'rms', // false: the denominator
    FLOOR: f32(config.denominatorFloor), // floor of the denominator
    DECAY: config.decay,
    CONVOLUTION: config.convKernel > 0,

    // Offsets into the state of a layer, and into `vectors` of a layer or of the tensors outside the layers (core/tensors.ts). Rows of
    // d numbers are D_PADDED apart.
    ...offsetConstants(plan),
    STATE_SIZE: stateLayout(config).size, // of a stream: all layers

    // A stream's words in `control`: CONTROL, the set of the article's tokens, its last tokens (model/sampling/seen.ts), the set of
    // stop tokens.
    CONTROL_STRIDE: plan.controlWords,
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

    // Decode activations of a stream: residual, residual after attention, partial sums of heads and of slices, scores.
    ACTIVATIONS: plan.activations,
    SCORES_AT: plan.activations - padded(config.vocabSize),

    ...KERNEL_CONSTANTS,
    CANDIDATE_BLOCK,
    CANDIDATE_BLOCKS: plan.blocks,
    BLOCKS_A_GROUP: plan.blocksAGroup, // blocks that one workgroup of logits.wgsl processes in turn
    RECORD_SLOTS, // record slots per stream; draw n uses slot n mod RECORD_SLOTS

    CHUNK, // tokens per chunk of prefill
    FEATURES: plan.features, // numbers per head and token
    Q_AT: features.query,
    K_AT: features.key,
    V_AT: features.value,
    A_AT: features.decay,
    P_AT: features.proportions, // Pq, then Pk
  };
}
