import { expect, test } from 'vitest';
import { averageLagging } from './lagging';

// Computed by average_lagging in training/leapformer/translate/latency.py.
test.each([
  [[3, 4, 5, 6, 6, 6], 6, 3],
  [[1, 2, 3, 4], 4, 1],
  [[5, 5, 5], 5, 5],
  [[], 4, 4],
  [[2, 3], 4, 1.5],
  [[1, 2, 2, 3, 5, 5, 5], 5, 1.171429],
])('delays %j of %i source units lag by %f', (delays, source, lagging) => {
  expect(averageLagging(delays, source)).toBeCloseTo(lagging, 5);
});
