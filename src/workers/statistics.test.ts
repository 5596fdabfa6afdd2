import { expect, test } from 'vitest';
import { estimate, median, pairedRatio, ratioOf } from './statistics';

test('the median of an even number of samples is the mean of the middle two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([3, 1, 2])).toBe(2);
});

test('ratios divide the first by the second', () => {
  expect(pairedRatio([2, 8, 30], [1, 2, 3])).toMatchObject({ median: 4, low: 2, high: 10 });
  expect(ratioOf([2, 8, 30], [1, 2, 3]).median).toBe(4);
});

test('the interval contains the median, and equals it for equal samples', () => {
  const { median: middle, low, high } = estimate([1, 2, 3, 4, 100]);
  expect(low).toBeLessThan(middle);
  expect(high).toBeGreaterThan(middle);
  expect(estimate([5, 5, 5])).toEqual({ median: 5, low: 5, high: 5 });
});
