import { expect, test } from 'vitest';
import { readJson } from '../../../scripts/node';
import { relativeError } from '../../../tests/golden';
import { gradientGoldens, learnSegments, loadGradientCase } from '../../../tests/golden-gradients';
import { GOLDEN } from '../../../tests/golden-models';
import { adamW, clipNorm, newMoments, rateAt } from './optimizer';
import { ReferenceLearner } from './reference-learner';

test('ten steps give the losses and the adapter of the trainer', async () => {
  const { model: name, rate, warmup, clip, losses, adapter: expected } = readJson(`${GOLDEN}ten-steps.json`);
  const golden = gradientGoldens.find((each) => each.case === name)!;
  const { model, adapter } = await loadGradientCase(golden);
  const values = Float32Array.from(adapter.values);
  const moments = newMoments(values.length);
  const before = adapter.values;
  for (let step = 0; step < 10; step++) {
    const learner = new ReferenceLearner(model, { ...adapter, values });
    const result = await learnSegments(learner, golden.segments);
    expect(result.losses.reduce((a, b) => a + b)).toBeCloseTo(losses[step], 4);
    clipNorm(result.gradient, clip);
    adamW(values, result.gradient, moments, rateAt(step, 10, rate, warmup));
  }
  const change = (after: ArrayLike<number>) => before.map((x, i) => after[i] - x);
  expect(relativeError(change(values), change(expected))).toBeLessThan(1e-3);
});

test('weight decay shrinks a parameter without a gradient by rate x decay', () => {
  const values = Float32Array.of(2);
  const settings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.5 };
  adamW(values, [0], newMoments(1), 0.25, settings);
  expect(values[0]).toBe(1.75);
});

test('a gradient within the limit stays, and a longer one is scaled to it', () => {
  const [short, long] = [Float64Array.of(0.6, 0.8), Float64Array.of(6, 8)];
  expect([clipNorm(short, 2), ...short]).toEqual([1, 0.6, 0.8]);
  expect(clipNorm(long, 2)).toBe(10);
  expect([long[0], long[1]]).toEqual([expect.closeTo(1.2), expect.closeTo(1.6)]);
});
