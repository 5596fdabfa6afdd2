import { padded } from '../../model/core/tensors';
import { SEGMENT } from '../../model/finetuning/learner';
import { shapeConstants } from '../constants';
import { type Kernel, printKernels, type Recipe, readsOf } from '../kernels';
import type { MatrixKind } from '../matrices';
import { ELEMENT_THREADS, type Plan } from '../plan';
import chunk from '../shaders/chunk.wgsl?raw';
import embed from '../shaders/embed.wgsl?raw';
import embedding from '../shaders/embedding.wgsl?raw';
import math from '../shaders/math.wgsl?raw';
import reduce from '../shaders/reduce.wgsl?raw';
import rotate from '../shaders/rotate.wgsl?raw';
import vectors from '../shaders/vectors.wgsl?raw';
import convolve from './shaders/convolve.wgsl?raw';
import convolveBackward from './shaders/convolve-backward.wgsl?raw';
import crossEntropy from './shaders/cross-entropy.wgsl?raw';
import decayBackward from './shaders/decay-backward.wgsl?raw';
import gateBackward from './shaders/gate-backward.wgsl?raw';
import merge from './shaders/merge.wgsl?raw';
import multiply from './shaders/multiply.wgsl?raw';
import norm from './shaders/norm.wgsl?raw';
import normBackward from './shaders/norm-backward.wgsl?raw';
import outer from './shaders/outer.wgsl?raw';
import proportion from './shaders/proportion.wgsl?raw';
import recur from './shaders/recur.wgsl?raw';
import reweight from './shaders/reweight.wgsl?raw';
import reweightBackward from './shaders/reweight-backward.wgsl?raw';

/** How multiply.wgsl stores its results. */
export const EPILOGUES = { STORE: 0, RELU_SQUARED: 1, ADD: 2, RELU_SQUARED_GRADIENT: 3 } as const;

export type LearnerKernelName =
  | 'embed'
  | 'multiply'
  | `merge ${MatrixKind}`
  | 'outer'
  | 'norm'
  | 'normBackward'
  | 'convolve'
  | 'convolveBackward'
  | 'reweight'
  | 'reweightBackward'
  | 'recurColumns'
  | 'recurRows'
  | 'decayBackward'
  | 'gateBackward'
  | 'crossEntropy';

export type LearnerKernels = Readonly<Record<LearnerKernelName, Kernel>>;

/** Numbers of v and of o with the sum after them, in whole fours. */
export function columnsOf({ config }: Plan): number {
  return config.headWidth + 4;
}

/** WGSL of every kernel of a learner. Most do not depend on the model, so tests compile them once. */
export function learnerKernelCode(plan: Plan): Record<LearnerKernelName, string> {
  const { stateRows, vocabSize } = plan.config;
  const tensors = [math, vectors];
  const merging = (kind: MatrixKind) => {
    const reads = readsOf(plan.packings[kind].precision, 'base').replaceAll(
      'BASE_SCALE_AT',
      'shape.scale_at',
    );
    return elements(...tensors, reads, merge);
  };
  const recipes: Record<LearnerKernelName, Recipe> = {
    embed: elements(
      ...tensors,
      readsOf(plan.packings.embedding.precision, 'embedding'),
      rotate,
      embedding,
      chunk,
      embed,
    ),
    multiply: { ...elements(multiply), constants: EPILOGUES },
    'merge embedding': merging('embedding'),
    'merge qkv': merging('qkv'),
    'merge output': merging('output'),
    'merge up': merging('up'),
    'merge down': merging('down'),
    outer: elements(outer),
    norm: elements(...tensors, norm),
    normBackward: elements(...tensors, normBackward),
    convolve: elements(...tensors, convolve),
    convolveBackward: elements(...tensors, convolveBackward),
    reweight: elements(...tensors, chunk, rotate, proportion, reweight),
    reweightBackward: elements(...tensors, chunk, rotate, proportion, reweightBackward),
    recurColumns: {
      ...elements(math, recur),
      constants: { OF_COLUMNS: true, ITEMS: columnsOf(plan), WIDTH: stateRows },
    },
    recurRows: {
      ...elements(math, recur),
      constants: { OF_COLUMNS: false, ITEMS: stateRows, WIDTH: columnsOf(plan) },
    },
    decayBackward: elements(math, decayBackward),
    gateBackward: elements(...tensors, gateBackward),
    crossEntropy: elements(math, reduce, crossEntropy),
  };
  return printKernels(recipes, {
    ...shapeConstants(plan),
    CHUNK: SEGMENT,
    COLUMNS: columnsOf(plan),
    LOGIT_STRIDE: padded(vocabSize, 4),
  });
}

function elements(...modules: string[]): Recipe {
  return { modules, threads: ELEMENT_THREADS };
}
