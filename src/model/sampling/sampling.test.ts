import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectError } from '../../../tests/files';
import { gumbel, gumbelBound, hash } from './random';
import {
  checkSampling,
  cutoff,
  describeToken,
  GREEDY,
  probabilities,
  type Sampling,
  sample,
  scores,
} from './sampling';

const never = () => 0;
const plain: Sampling = { ...GREEDY, temperature: 1 };
const kept = (logits: number[], sampling: Sampling) =>
  [...probabilities(logits, sampling, never).entries()].filter(([, p]) => p > 0).map(([id]) => id);

test('each filter keeps the tokens of its definition', () => {
  const logits = [0.1, 0.4, 0.3, 0.15, 0.05].map(Math.log);
  expect(kept(logits, plain)).toEqual([0, 1, 2, 3, 4]);
  expect(kept(logits, { ...plain, topK: 2 })).toEqual([1, 2]);
  expect(kept(logits, { ...plain, topP: 0.69 })).toEqual([1, 2]);
  expect(kept(logits, { ...plain, topP: 0.71 })).toEqual([1, 2, 3]);
  expect(kept(logits, { ...plain, topP: 0.0001 })).toEqual([1]);
  expect(kept(logits, { ...plain, minP: 0.7 })).toEqual([1, 2]);
  expect(kept(logits, { ...plain, minP: 1 })).toEqual([1]);
  // top-p runs after top-k: of 0.4 and 0.3, renormalized, 0.57 is enough
  expect(kept(logits, { ...plain, topK: 2, topP: 0.57 })).toEqual([1]);
  // a tie at the cutoff keeps both
  expect(kept([0, 1, 1, 2], { ...plain, topK: 2 })).toEqual([1, 2, 3]);
});

test('the repetition penalty divides positive and multiplies negative logits, only of seen tokens', () => {
  const { perturbed } = sample([2, -2, 2, -2], { ...GREEDY, repetitionPenalty: 2 }, 0, (id) =>
    Number(id < 2),
  );
  expect([...perturbed]).toEqual([
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    2,
    Number.NEGATIVE_INFINITY,
  ]);
});

test('the sequence penalty doubles with each matching token, and is subtracted after the repetition penalty', () => {
  const sampling = { ...plain, temperature: 2, repetitionPenalty: 2, sequencePenalty: 0.5 };
  expect([...scores([8, 8, 8, 8, -8], sampling, (id) => id)]).toEqual([4, 2, 1.75, 1.5, -9]);
  expect([...scores([8, 8, 8], { ...plain, sequencePenalty: 0 }, (id) => id)]).toEqual([8, 8, 8]);
});

test('draws follow the probabilities (chi-square)', () => {
  const logits = [1, 0, -1, 0.5, 2, -3, 0.2, 1.1];
  const sampling: Sampling = { ...plain, temperature: 0.8, minP: 0.05, seed: 42 };
  const expected = probabilities(logits, sampling, never);
  const counts = new Array(logits.length).fill(0);
  const draws = 20_000;
  for (let draw = 0; draw < draws; draw++) counts[sample(logits, sampling, draw, never).id]++;
  const chi2 = counts.reduce(
    (sum, n, id) => sum + (expected[id] ? (n - draws * expected[id]) ** 2 / (draws * expected[id]) : n),
    0,
  );
  expect(chi2).toBeLessThan(24.3); // 7 degrees of freedom, p = 0.001; the seed is fixed
});

test('the noise is a pure function, finite, with the moments of a Gumbel distribution', () => {
  expect(hash(1, 2, 3)).toBe(hash(1, 2, 3));
  let [sum, squares] = [0, 0];
  const n = 40_000;
  for (let i = 0; i < n; i++) {
    const noise = gumbel(9, i >> 5, i & 31);
    sum += noise;
    squares += noise * noise;
  }
  expect(sum / n).toBeCloseTo(0.5772, 1);
  expect(squares / n - (sum / n) ** 2).toBeCloseTo(Math.PI ** 2 / 6, 1);
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(), (a, b, c) => {
      expect(Number.isFinite(gumbel(a, b, c))).toBe(true);
      expect(gumbelBound(a, b, c)).toBeGreaterThan(gumbel(a, b, c));
    }),
    { numRuns: 1000 },
  );
});

test('a record has rank, probability and alternatives', () => {
  const logits = Array.from({ length: 30 }, (_, id) => -id / 3);
  const record = describeToken(logits, 4, { ...plain, topK: 6 }, never);
  expect(record).toMatchObject({ id: 4, rank: 5 });
  expect(record.alternatives.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(record.alternatives[6].probability).toBe(0);
  expect(record.alternatives.reduce((p, a) => p + a.probability, 0)).toBeCloseTo(1, 5);
  expect(record.logProbability).toBeCloseTo(record.alternatives[4].logProbability, 6);
});

test('the cutoff never removes the most likely token', () => {
  const score = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 40 });
  const settings = fc.record({
    topK: fc.nat(50),
    topP: fc.double({ min: 1e-4, max: 1, noNaN: true }),
    minP: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(score, settings, (values, some) => {
      expect(cutoff(Float64Array.from(values), { ...plain, ...some })).toBeLessThanOrEqual(
        Math.max(...values),
      );
    }),
  );
});

/** The definition of the cutoff: sort all scores, then sum from the highest down. */
function sortedCutoff(score: Float64Array, { topK, topP, minP }: Sampling, slack: number): number {
  const sorted = score.toSorted().reverse();
  let lowest = topK > 0 && topK < sorted.length ? sorted[topK - 1] - slack : Number.NEGATIVE_INFINITY;
  if (topP < 1) {
    const mass = sorted.map((s) => (s >= lowest ? Math.exp(s - sorted[0]) : 0));
    const total = mass.reduce((sum, m) => sum + m, 0);
    let [above, last] = [0, 0];
    const share = topP + 2 * slack * topP * (1 - topP);
    for (let i = 0; i < sorted.length && above < share * total; i++) {
      above += mass[i];
      last = i;
    }
    lowest = Math.max(lowest, sorted[last] - slack);
  }
  return minP > 0 ? Math.max(lowest, sorted[0] + Math.log(minP) - slack) : lowest;
}

test('the cutoff equals that of the sorted scores, bit for bit', () => {
  const settings = fc.record({
    topK: fc.oneof(fc.constant(0), fc.nat(2000)),
    topP: fc.oneof(fc.constantFrom(1, 0.95, 0.9, 0.5), fc.double({ min: 1e-4, max: 0.999, noNaN: true })),
    minP: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
  });
  const shape = fc.record({
    size: fc.integer({ min: 1, max: 2000 }),
    spread: fc.constantFrom(1e-9, 0.01, 1, 10, 100),
    steps: fc.constantFrom(3, 50, 2 ** 32), // few of them make ties
  });
  fc.assert(
    fc.property(
      fc.nat(2 ** 31),
      shape,
      settings,
      fc.constantFrom(0, 1e-3, -1e-3),
      (seed, { size, spread, steps }, some, slack) => {
        const score = Float64Array.from({ length: size }, (_, id) => (hash(seed, 0, id) % steps) / steps);
        for (const [id, s] of score.entries()) score[id] = spread * (Math.log(s + 1e-6) + s);
        expect(cutoff(score, { ...plain, ...some }, slack)).toBe(
          sortedCutoff(score, { ...plain, ...some }, slack),
        );
      },
    ),
    { numRuns: 1000 },
  );
});

test.each<[Partial<Sampling>, RegExp]>([
  [{ temperature: -1 }, /temperature is -1/],
  [{ topP: 0 }, /topP is 0/],
  [{ topK: 2.5 }, /topK is 2.5/],
  [{ seed: -1 }, /seed is -1/],
  [{ minP: Number.NaN }, /minP is NaN/],
  [{ sequencePenalty: -0.1 }, /sequencePenalty is -0.1/],
  [{ temperature: undefined as unknown as number }, /temperature is undefined/],
])('refuses %j', async (change, message) => {
  await expectError(() => checkSampling({ ...plain, ...change }), 'input', message);
});
