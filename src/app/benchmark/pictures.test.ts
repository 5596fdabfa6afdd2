import fc from 'fast-check';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { DeviceReport } from '../../workers/benchmark-client';
import { Flatness, Memory } from './pictures';
import { decades, linearTicks } from './ticks';

const LETTER = 6.5; // px, wider than the mean of the font at this size

/** The labels of the vertical axis, and their left ends. */
function labels(markup: string): { words: string; left: number }[] {
  const found = markup.matchAll(/<text x="([\d.]+)" y="[\d.]+" text-anchor="end">([^<]*)</g);
  return [...found].map(([, x, words]) => ({ words, left: Number(x) - LETTER * words.length }));
}

test('the memory axis has powers of ten, and no label is clipped', () => {
  const report = {
    positions: [64, 1024, 8192],
    cacheBytes: [491_520, 7_864_320, 62_914_560],
  } as unknown as DeviceReport;
  const found = labels(renderToStaticMarkup(createElement(Memory, { report, state: 1_103_360 })));
  expect(found.map(({ words }) => words)).toEqual(['100 kB', '1 MB', '10 MB', '100 MB']);
  for (const { left } of found) expect(left).toBeGreaterThanOrEqual(0);
});

test('the axis of time has round numbers, and no label is clipped', () => {
  const place = (position: number, ms: number) => ({
    position,
    decode: { median: ms, low: 0.9 * ms, high: 1.1 * ms },
  });
  const places = [place(64, 1234), place(1024, 1300)] as unknown as Parameters<typeof Flatness>[0]['places'];
  const found = labels(renderToStaticMarkup(createElement(Flatness, { places })));
  expect(found.map(({ words }) => words)).toEqual(['0 ms', '500 ms', '1,000 ms', '1,500 ms']);
  for (const { left } of found) expect(left).toBeGreaterThanOrEqual(0);
});

test('ticks are few, and cover the values', () => {
  const value = fc.double({ min: 1e-3, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(value, value, (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      const ticks = linearTicks(high);
      expect(ticks[0]).toBe(0);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(high * (1 - 1e-9));
      expect(ticks.length).toBeGreaterThanOrEqual(3);
      expect(ticks.length).toBeLessThanOrEqual(6);
      const powers = decades(low, high);
      expect(powers[0]).toBeLessThanOrEqual(low * (1 + 1e-9));
      expect(powers.at(-1)).toBeGreaterThanOrEqual(high * (1 - 1e-9));
    }),
  );
});
