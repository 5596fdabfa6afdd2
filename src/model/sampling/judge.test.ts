import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judge, MARGIN } from './judge';
import { hash } from './random';
import { GREEDY, type Sampling, sample } from './sampling';

const never = () => 0;
const VOCABULARY = 40;

/** Logits of two backends, which differ by rounding. */
const logitsOf = (seed: number, spread = 3) =>
  Float64Array.from({ length: VOCABULARY }, (_, id) => (hash(seed, 0, id) / 2 ** 32) * 2 * spread);
const jitter = (logits: Float64Array, seed: number, size: number) =>
  logits.map((logit, id) => logit + size * ((hash(seed, 1, id) / 2 ** 32) * 2 - 1));

const sampling: fc.Arbitrary<Sampling> = fc.record({
  temperature: fc.constantFrom(0, 0.5, 0.8, 1, 2),
  topK: fc.constantFrom(0, 1, 2, 5, 20, VOCABULARY),
  topP: fc.constantFrom(1, 0.95, 0.9, 0.5, 0.1),
  minP: fc.constantFrom(0, 0.02, 0.2, 1),
  repetitionPenalty: fc.constantFrom(1, 1.1),
  sequencePenalty: fc.constant(0),
  seed: fc.nat(2 ** 32 - 1),
});

test('a draw from the same logits is exact; a draw from slightly different logits is never `different`', () =>
  fc.assert(
    fc.property(fc.nat(2 ** 31), sampling, fc.nat(5000), fc.nat(), (seed, settings, draw, noise) => {
      const logits = logitsOf(seed);
      const seen = (id: number) => Number(id % 3 === 0);
      const { id } = sample(logits, settings, draw, seen);
      expect(judge(logits, settings, draw, seen, id)).toEqual({ verdict: 'exact', drawn: id });
      const scale = Math.max(settings.temperature, 0.5); // the error of the scores
      const other = jitter(logits, noise, (0.45 * MARGIN * scale) / settings.repetitionPenalty);
      expect(judge(other, settings, draw, seen, id).verdict).not.toBe('different');
    }),
    { numRuns: 2000 },
  ));

test('any other token is `different`, except a few within the margin', () => {
  const settings: Sampling = { ...GREEDY, temperature: 0.8, topP: 0.95, seed: 5 };
  let accepted = 0;
  for (let draw = 1; draw <= 200; draw++) {
    const logits = logitsOf(draw);
    const { id } = sample(logits, settings, draw, never);
    for (let other = 0; other < VOCABULARY; other++)
      if (other !== id && judge(logits, settings, draw, never, other).verdict !== 'different') accepted++;
  }
  expect(accepted).toBeLessThan(3); // of 7,800
});

test('distinguishes ties at the margin and at the cutoff', () => {
  const near = MARGIN / 2;
  const greedy = (logits: number[], id: number) => judge(logits, GREEDY, 1, never, id).verdict;
  expect(greedy([1, 1 + near, 0], 0)).toBe('margin');
  expect(greedy([1, 1 + 3 * near, 0], 0)).toBe('different');
  const two: Sampling = { ...GREEDY, temperature: 1, topK: 2 };
  // The third token, whose score is just below the second, has the best noise for some draw.
  const logits = [1, 1, 1 - near];
  const draw = Array.from({ length: 100 }, (_, n) => n).find(
    (n) => sample(logits, { ...two, topK: 0 }, n, never).id === 2,
  )!;
  expect(judge(logits, two, draw, never, 2)).toMatchObject({ verdict: 'cutoff' });
  expect(judge([1, 1, 0.9], two, draw, never, 2)).toMatchObject({ verdict: 'different' });
  expect(judge(logits, { ...two, topK: 0 }, draw, never, 2)).toMatchObject({ verdict: 'exact' });
});
