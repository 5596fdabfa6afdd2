import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { attentionColour, bitsOf, measureColour, tintColour } from './tint-scale';

function luminance([r, g, b]: readonly number[]): number {
  const [x, y, z] = [r, g, b].map((c) =>
    c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}

const hex = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
const pair = (css: string) => /light-dark\((#\w+|rgb\([^)]*\)), (#\w+|rgb\([^)]*\))\)/.exec(css)!.slice(1);
const tokens = readFileSync(new URL('./styles/tokens.css', import.meta.url), 'utf8');
const channels = (rgb: string) => rgb.match(/[\d.]+/g)!.map(Number);
const over = ([r, g, b, alpha]: number[], paper: number[]) =>
  [r, g, b].map((c, i) => alpha * c + (1 - alpha) * paper[i]);
const inks = pair(/--ink: (.+);/.exec(tokens)![1]).map(hex);
const papers = pair(/--paper: (.+);/.exec(tokens)![1]).map(hex);

test.each([tintColour, attentionColour])(
  'text stays legible on every colour, and stronger colours contrast more with the paper, in both themes: %o',
  (colourOf) => {
    const strengths = Array.from({ length: 24 }, (_, i) => (i + 1) / 24);
    for (const theme of [0, 1]) {
      let before = 0;
      for (const strength of strengths) {
        const behind = luminance(over(channels(pair(colourOf(strength)!)[theme]), papers[theme]));
        const contrast = (a: number, b: number) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        expect(contrast(behind, luminance(inks[theme]))).toBeGreaterThanOrEqual(4.5);
        const fromPaper = contrast(behind, luminance(papers[theme]));
        expect(fromPaper).toBeGreaterThan(before);
        before = fromPaper;
      }
    }
  },
);

test('a certain token has no colour; surprise is in bits', () => {
  expect(tintColour(0)).toBeNull();
  expect(attentionColour(0)).toBeNull();
  expect(tintColour(7)).toBe(tintColour(1));
  expect(bitsOf(Math.log(1 / 8))).toBeCloseTo(3);
  expect(measureColour('surprise', Math.log(2 ** -6), 1)).toBe(tintColour(0.5));
  expect(measureColour('probability', Math.log(0.25), 1)).toBeNull();
  expect(measureColour('probability', Math.log(0.001), 1000)).toBe(attentionColour(1));
});
