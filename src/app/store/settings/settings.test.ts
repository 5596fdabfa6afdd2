import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RANGES, stepped } from './settings';

describe.each(Object.entries(RANGES))('arrow keys on %s', (_, range) => {
  const { min, max, step } = range;
  const inRange = fc.double({ min, max, noNaN: true });

  it('go to the next whole number of steps, and stay in the range', () => {
    fc.assert(
      fc.property(inRange, fc.constantFrom(1 as const, -1 as const), (value, by) => {
        const next = stepped(value, range, by);
        const steps = (next - min) / step;
        expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-4);
        expect(Math.abs(next - value)).toBeLessThanOrEqual(step * 1.0001);
        expect(by * (next - value)).toBeGreaterThanOrEqual(-1e-6 * step);
        expect(next >= min && next <= max).toBe(true);
        if (by > 0 ? value < max : value > min) expect(next).not.toBe(value);
      }),
    );
  });

  it('give numbers without rounding errors', () => {
    for (let value: number = min, n = 0; value < max && n < 300; n++) {
      value = stepped(value, range, 1);
      expect(String(value).length).toBeLessThanOrEqual(Math.max(4, String(max).length));
    }
  });
});

it('an arrow key moves a value between two steps to the next step in its direction', () => {
  expect(stepped(0.83, RANGES.temperature, 1)).toBe(0.85);
  expect(stepped(0.83, RANGES.temperature, -1)).toBe(0.8);
  expect(stepped(0.15, RANGES.temperature, 1)).toBe(0.2);
  expect(stepped(2, RANGES.temperature, 1)).toBe(2);
});
