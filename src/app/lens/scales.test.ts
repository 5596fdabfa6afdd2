import { expect, test } from 'vitest';
import { relativeFactors } from './scales';

test('a factor counts relative to the median of its row, so a row of many small factors shows its largest', () => {
  const rows = [
    [1, 0, 0, 0],
    [0.1, 0.1, 0, 0],
    [0.01, 0.01, 0.58, 0],
    [0, 0, 0, 0],
  ];
  const relative = relativeFactors(Float32Array.from(rows.flat()), 4);
  expect(relative[2 * 4 + 2]).toBeCloseTo(58, 0);
  expect(relative[2 * 4]).toBeCloseTo(1);
  expect(relative[3 * 4 + 3]).toBe(1); // nothing to compare with
});
