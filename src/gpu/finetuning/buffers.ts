import { padded } from '../../model/core/tensors';
import { SEGMENT } from '../../model/finetuning/learner';
import type { Machine } from '../machine';
import type { Plan } from '../plan';
import { sizeOf } from '../structs';
import { type FactorLayout, inputWidths } from './factors';
import { columnsOf } from './kernels';

/** Tokens whose logits are in memory at once. */
export const LOGIT_TILE = 64;

/** Activations of a layer that its gradient needs. */
export interface Records {
  /** The residual before the layer [SEGMENT, d], padded like the following. */
  readonly input: GPUBuffer;
  /** q, k, v after the convolution [SEGMENT, 3d]. */
  readonly u: GPUBuffer;
  /** o and q~ . z before their normalizer [SEGMENT, h, columns]. */
  readonly o: GPUBuffer;
  /** The residual after attention [SEGMENT, d]. */
  readonly middle: GPUBuffer;
  /** relu(up)^2 [SEGMENT, f]; the gradient of up replaces it. */
  readonly hidden: GPUBuffer;
}

/** The buffers of a learner. Their size depends on the model and on SEGMENT, but not on the length of a text. */
export type LearnerBuffers = ReturnType<typeof createLearnerBuffers>;

export function createLearnerBuffers(machine: Machine, plan: Plan, layout: FactorLayout, rank: number) {
  const { STORAGE, UNIFORM, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const { config, paddedWidth: D } = plan;
  const { hiddenSize: d, heads: h, stateRows: E, vocabSize, layers } = config;
  const widths = inputWidths(plan);
  const buffer = (purpose: 'state' | 'scratch') => (label: string, numbers: number) =>
    machine.buffer(purpose, label, 4 * numbers, STORAGE | COPY_SRC | COPY_DST);
  const state = buffer('state');
  const scratch = buffer('scratch');
  const rows = (label: string, stride: number) => scratch(label, SEGMENT * stride);
  const readback = (label: string, numbers: number) =>
    machine.buffer('transfer', label, 4 * numbers, MAP_READ | COPY_DST);
  const columns = columnsOf(plan);
  return {
    state: state('the state', plan.stateSize),
    /** The state before the segment. */
    before: state('the state before', plan.stateSize),
    chunk: scratch('tokens', 2 + 2 * SEGMENT),
    targets: scratch('targets', SEGMENT),
    segment: machine.buffer('scratch', 'the segment', 4 * sizeOf('Segment'), UNIFORM | COPY_DST),
    factors: scratch('factors', layout.size),
    gradient: scratch('the gradient', layout.size),
    /** One matrix W + scale B A, or its transpose. */
    matrix: scratch('a merged matrix', mergedSize(plan)),
    records: Array.from(
      { length: layers },
      (): Records => ({
        input: rows('input', D),
        u: rows('u', 3 * d),
        o: rows('o', h * columns),
        middle: rows('middle', D),
        hidden: rows('hidden', widths.down),
      }),
    ),
    last: rows('the last residual', D),
    normalized: rows('normalized', D),
    qkv: rows('qkv', 3 * d),
    tilde: rows('q~ and k~', 2 * h * E),
    values: rows('values', h * columns),
    decay: rows('decay', h),
    attended: rows('attended', widths.output),
    logits: scratch('logits', LOGIT_TILE * padded(vocabSize, 4)),
    nats: rows('nats', 1),
    low: rows('low', padded(rank, 4)),
    Dx: rows('Dx', D),
    Dnormalized: rows('Dnormalized', D),
    Dattended: rows('Dattended', widths.output),
    Do: rows('Do', h * columns),
    Dtilde: rows('Dq~ and Dk~', 2 * h * E),
    Dvalues: rows('Dvalues', h * columns),
    Dgates: rows('Dgates', h),
    Du: rows('Du', 3 * d),
    Dqkv: rows('Dqkv', 3 * d),
    readNats: readback('nats', SEGMENT),
    readGradient: readback('the gradient', layout.size),
  };
}

/** Numbers of the largest matrix in float32, or of its transpose. */
export function mergedSize({ config, ...plan }: Plan): number {
  const { hiddenSize: d, vocabSize, intermediateSize: f, heads } = config;
  const { paddedWidth: D, paddedHeadWidth, slice, slices } = plan;
  const sizes = [
    [vocabSize, D],
    [3 * d, D],
    [d, heads * paddedHeadWidth],
    [f, D],
    [d, slices * slice],
  ];
  return Math.max(...sizes.map(([rows, columns]) => padded(rows, 4) * columns));
}
