import fc from 'fast-check';
import { expect, test } from 'vitest';
import { percent } from './token-format';

test.each([
  [0, '0%'],
  [1e-6, '< 0.01%'],
  [-1e-6, '> −0.01%'],
  [0.00123, '0.12%'],
  [0.1234, '12.3%'],
  [-0.5, '−50.0%'],
  [0.9999, '> 99.9%'],
  [1, '100%'],
  [1.234, '123%'],
])('%d is shown as %s', (share, shown) => expect(percent(share)).toBe(shown));

test('only 0 and 1 show as 0% and 100%', () =>
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true }), (share) => {
      expect(percent(share)).not.toMatch(/^(0|0\.00|100(\.0)?)%$/);
    }),
  ));
