import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LENS_DEFAULTS, LENS_MODES, type LensView, lensFromView, lensToView } from './lens-view';

const views: fc.Arbitrary<LensView> = fc.record({
  mode: fc.constantFrom(...LENS_MODES),
  layer: fc.nat(100),
  head: fc.nat(100),
  spread: fc.constantFrom('head', 'layer', 'all'),
  measure: fc.constantFrom('share', 'output'),
  of: fc.constantFrom('share', 'output', 'similarity', 'reweighting'),
  scale: fc.constantFrom('linear', 'log'),
  reweighting: fc.constantFrom('static', 'none'),
  from: fc.constantFrom('document', 'window'),
  step: fc.nat(4),
  token: fc.option(fc.nat(100_000)),
});

test('a link restores the view of the lens', () => {
  fc.assert(
    fc.property(views, (view) => {
      expect(lensFromView(lensToView(view))).toEqual(view);
    }),
  );
});

test('leaves out default values, and ignores invalid and unknown ones', () => {
  expect(lensToView(LENS_DEFAULTS)).toEqual({ lens: 'text' });
  expect(lensFromView({})).toBeNull();
  expect(lensFromView({ lens: 'x-ray' })).toBeNull();
  const foreign = {
    lens: 'matrix',
    lensLayer: -1,
    lensHead: 1.5,
    lensOf: 'all',
    lensToken: 'a',
    lensColour: 'red',
  };
  expect(lensFromView(foreign)).toEqual({ ...LENS_DEFAULTS, mode: 'matrix' });
});
