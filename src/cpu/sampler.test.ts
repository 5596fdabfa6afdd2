import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadGoldenModel } from '../../tests/golden-models';
import { gumbel } from '../model/sampling/random';
import { ALTERNATIVE, ALTERNATIVE_SIZE, idOf, makeRecords, RECORD } from '../model/sampling/records';
import { cutoff, describeToken, type Sampling, sample, scores } from '../model/sampling/sampling';
import { SeenTokens } from '../model/sampling/seen';
import { Heap } from './heap';
import { loadKernels } from './kernels';
import { Sampler } from './sampler';

const heap = new Heap();
const { kernels } = await loadKernels(heap.memory);
const { config } = await loadGoldenModel('leap-denominator');

async function samplerOf(logits: Float32Array) {
  const vocabSize = logits.length;
  const address = heap.allocate(4 * Math.ceil(vocabSize / 4) * 4);
  const sampler = new Sampler({ ...config, vocabSize }, heap, kernels);
  heap.floats(address, vocabSize).set(logits);
  return { sampler, address };
}

const samplings: fc.Arbitrary<Sampling> = fc.record({
  temperature: fc.constantFrom(0, 0.3, 0.9, 1, 2, 10),
  topK: fc.constantFrom(0, 1, 5, 40, 100_000),
  topP: fc.constantFrom(1, 0.95, 0.5, 1e-4),
  minP: fc.constantFrom(0, 0.02, 0.5, 1),
  repetitionPenalty: fc.constantFrom(1, 1.2, 0.5),
  sequencePenalty: fc.constantFrom(0, 0.3, 2),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});
const logitVectors = fc
  .record({
    size: fc.constantFrom(2, 3, 9, 131, 1000),
    scale: fc.constantFrom(0, 0.1, 3, 30, 1e4),
    seed: fc.nat(),
  })
  .map(({ size, scale, seed }) => Float32Array.from({ length: size }, (_, i) => scale * gumbel(seed, 0, i)));

/** A text of few different tokens, so that it repeats itself. */
const texts = fc.oneof(
  fc.array(fc.nat(4), { maxLength: 40 }),
  fc.array(fc.nat(1000), { maxLength: 700, size: 'max' }),
);

test('draws and records like src/model/sampling/sampling.ts', async () => {
  await fc.assert(
    fc.asyncProperty(logitVectors, samplings, fc.nat(1000), texts, async (logits, sampling, draw, text) => {
      const seen = new SeenTokens({ ...config, vocabSize: logits.length });
      for (const id of text) seen.add(id % logits.length);
      const before = seen.now();
      const { sampler, address } = await samplerOf(logits);
      const record = sampler.draw(address, sampling, draw, seen);
      const id = idOf(record, 0);

      const { perturbed } = sample(logits, sampling, draw, before);
      const best = perturbed.reduce((max, value) => Math.max(max, value));
      const slack = 1e-6 * Math.max(...scores(logits, sampling, before).map(Math.abs)) + 1e-6;
      const score = scores(logits, sampling, before);
      const isAtCutoff = Math.abs(score[id] - cutoff(score, sampling)) <= slack;
      if (!isAtCutoff) expect(best - perturbed[id]).toBeLessThanOrEqual(2 * slack);

      const expected = makeRecords([describeToken(logits, id, sampling, before)]);
      const isLogProbability = (i: number) =>
        i === RECORD.LOG_PROBABILITY ||
        (i >= RECORD.ALTERNATIVES &&
          (i - RECORD.ALTERNATIVES) % ALTERNATIVE_SIZE === ALTERNATIVE.LOG_PROBABILITY);
      for (const [i, value] of record.entries()) {
        const tolerance = isLogProbability(i) ? 1e-6 * Math.abs(expected[i]) + 1e-5 : 1e-3;
        if (!isAtCutoff) expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(tolerance);
      }
    }),
    { numRuns: 1000 },
  );
});

test('a typed token has no probability after sampling', async () => {
  const logits = Float32Array.from({ length: 131 }, (_, i) => Math.sin(i));
  const { sampler, address } = await samplerOf(logits);
  const expected = makeRecords([describeToken(logits, 17, null, () => 0)]);
  const record = sampler.describe(address, 17);
  for (const [i, value] of record.entries()) expect(value).toBeCloseTo(expected[i], 5);
});
