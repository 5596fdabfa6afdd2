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
  proportions: fc.constantFrom('learned', 'static', 'none'),
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

test('the views of earlier versions open as the present view that shows the same', () => {
  expect(lensFromView({ lens: 'counterfactual', lensLayer: 1, lensHead: 2, lensFrom: 'document' })).toEqual({
    ...LENS_DEFAULTS,
    layer: 1,
    head: 2,
    spread: 'head',
    proportions: 'none',
  });
  expect(lensFromView({ lens: 'counterfactual', lensReweighting: 'static' })?.proportions).toBe('static');
  expect(lensFromView({ lens: 'matrix', lensReweighting: 'static' })?.proportions).toBe('learned');
  expect(lensFromView({ lens: 'explain' })).toMatchObject({ mode: 'matrix', of: 'similarity' });
  expect(lensFromView({ lens: 'explain', lensStep: 4 })).toMatchObject({ mode: 'matrix', of: 'output' });
  expect(lensFromView({ lens: 'explain', lensStep: 9 })).toMatchObject({ of: 'similarity' });
  expect(lensFromView({ lens: 'toString' })).toBeNull();
});
