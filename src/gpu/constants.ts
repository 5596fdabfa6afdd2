import { padded, stateLayout } from '../model/core/tensors';
import { KERNEL_CONSTANTS } from '../model/sampling/kernel-constants';
import { REACH } from '../model/sampling/seen';
import {
  CANDIDATE_BLOCK,
  CHUNK,
  CONTROL,
  featureOffsets,
  offsetConstants,
  type Plan,
  RECORD_SLOTS,
} from './plan';

/** The value of a constant in WGSL: a u32, a bool, or an f32. */
export type Constant = number | boolean | { readonly f32: number };

/**
 * Declares constants in WGSL. They are not overrides: naga, the compiler of Firefox, fails on workgroup arrays whose
 * length is an expression of overrides, and so ends the browser (Firefox 153).
 */
export function printConstants(constants: Readonly<Record<string, Constant>>): string {
  const lines = Object.entries(constants).map(([name, value]) => {
    if (typeof value === 'object') return `const ${name}: f32 = ${value.f32};`;
    return `const ${name}: ${typeof value === 'boolean' ? 'bool' : 'u32'} = ${value};`;
  });
  return lines.join('\n');
}

/** Shapes of the model and of its buffers: what every kernel may name. Offsets and strides are numbers, of 4 bytes. */
export function shapeConstants(plan: Plan): Record<string, Constant> {
  const { config, setWords } = plan;
  const features = featureOffsets(config);
  const f32 = (value: number) => ({ f32: value });
  return {
    D: config.hiddenSize,
    D_PADDED: plan.paddedWidth, // to whole blocks of weights in every precision, as all padded counts are
    HEADS: config.heads,
    E: config.headWidth,
    E_PADDED: plan.paddedHeadWidth,
    STATE_ROWS: config.stateRows, // rows of S and z per head
    F: config.intermediateSize, // hidden units of the MLP
    SLICE: plan.slice, // of which one workgroup of a decoding step owns this many, a multiple of 16
    SLICES: plan.slices,
    VOCAB: config.vocabSize,
    BOS: config.bosTokenId, // <|endoftext|>

    EPS: f32(config.rmsNormEps), // inside every rms
    EMBEDDING_SCALE: f32(config.embeddingScale),
    SINUSOIDAL: config.position === 'sinusoidal',
    REWEIGHTED: config.isReweighted,
    LEAP: config.reweighting === 'leap', // proportions are learned
    STATIC_LENGTH: f32(config.staticLength),
    PROPORTION_HIDDEN: Math.max(config.proportionHidden, 1), // a divisor, even where it is not used
    RMS: config.normalizer === 'rms', // or the denominator
    FLOOR: f32(config.denominatorFloor), // of the denominator
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

    // A stream's decoding activations: residual, residual after attention, partial sums of the heads, of the slices, scores.
    ACTIVATIONS: plan.activations,
    SCORES_AT: plan.activations - padded(config.vocabSize),

    ...KERNEL_CONSTANTS,
    CANDIDATE_BLOCK,
    CANDIDATE_BLOCKS: plan.blocks,
    BLOCKS_A_GROUP: plan.blocksAGroup, // that one workgroup of logits.wgsl takes one after the other
    RECORD_SLOTS, // records kept a stream: of the draw n at n mod RECORD_SLOTS

    CHUNK, // tokens that prefill reads at once
    FEATURES: plan.features, // numbers of one head of one token
    Q_AT: features.query,
    K_AT: features.key,
    V_AT: features.value,
    A_AT: features.decay,
    P_AT: features.proportions, // Pq, then Pk
  };
}
