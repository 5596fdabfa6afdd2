import { readdirSync } from 'node:fs';
import { readJson } from '../scripts/node';
import type { Adapter } from '../src/model/finetuning/adapter';
import type { Learner } from '../src/model/finetuning/learner';
import type { ModelData } from '../src/model/runtime/backend';
import { GOLDEN, loadGoldenModel } from './golden-models';

/** A file of tests/golden/gradients: float64 vectors of the trainer (training/tests/gradient_vectors.py). */
interface GradientGolden {
  readonly case: string;
  readonly model: string;
  readonly denominatorFloor: number | null;
  /** Bias of the query proportions' logits, and the negative bias of the keys'. */
  readonly proportionBias: number | null;
  readonly rank: number;
  readonly scale: number;
  /** Tokens of each segment, and the target of its last one. */
  readonly segments: readonly (readonly number[])[];
  /** Mean nats of each segment. */
  readonly losses: readonly number[];
  readonly adapter: readonly number[];
  /** Of the sum of the losses. */
  readonly gradient: readonly number[];
}

export const gradientGoldens: GradientGolden[] = readdirSync(`${GOLDEN}gradients`).map((name) =>
  readJson(`${GOLDEN}gradients/${name}`),
);

/** The model of a case and its adapter. */
export async function loadGradientCase(
  golden: GradientGolden,
): Promise<{ model: ModelData; adapter: Adapter<Float64Array> }> {
  const { denominatorFloor, proportionBias: bias, rank, scale } = golden;
  const { config, weights, digest } = await loadGoldenModel(golden.model);
  const biases = bias && {
    queryOutputBias: Float32Array.of(bias),
    keyOutputBias: Float32Array.of(-bias),
  };
  const model = {
    config: { ...config, denominatorFloor: denominatorFloor ?? config.denominatorFloor },
    weights: { ...weights, layers: weights.layers.map((layer) => ({ ...layer, ...biases })) },
    digest,
  };
  return { model, adapter: { rank, scale, values: Float64Array.from(golden.adapter) } };
}

/** The losses of the segments of a case, and the sum of their gradients. */
export async function learnSegments(learner: Learner, segments: GradientGolden['segments']) {
  const losses: number[] = [];
  let gradient: Float64Array | null = null;
  for (const segment of segments) {
    const result = await learner.learn(segment.slice(0, -1), segment.slice(1));
    losses.push(result.nats / (segment.length - 1));
    gradient = Float64Array.from(result.gradient, (g, i) => g + (gradient?.[i] ?? 0));
  }
  return { losses, gradient: gradient! };
}
