import fc from 'fast-check';
import { expect, test } from 'vitest';
import cases from '../../../tests/golden/text-counts.json';
import { perplexities, TextCounter } from './counts';

function countParts(...parts: string[]) {
  const counter = new TextCounter();
  for (const part of parts) counter.add(part);
  return counter.finish();
}

test.each(cases)('$about', ({ text, ...expected }) => {
  const counts = countParts(text);
  expect(counts).toEqual({
    wordsWithLineEnds: expected.words_with_line_ends,
    wordsWithoutLineEnds: expected.words_without_line_ends,
  });
});

test('the parts in which a text arrives do not matter', () => {
  const text = fc.string({
    unit: fc.constantFrom('=', ' ', '\n', '\n', 'a', 'b', '\u0085', '\r', ' = B = \n'),
  });
  fc.assert(
    fc.property(text, fc.array(fc.nat(40)), (whole, cuts) => {
      const at = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
      const parts = at.slice(1).map((end, i) => whole.slice(at[i], end));
      expect(countParts(...parts)).toEqual(countParts(whole));
    }),
  );
});

test('fewer words have a higher perplexity at the same loss', () => {
  const counts = { wordsWithLineEnds: 40, wordsWithoutLineEnds: 20 };
  const result = perplexities(40 * Math.log(16), counts, 160);
  expect(result.wordPerplexityWithLineEnds).toBeCloseTo(16, 10);
  expect(result.wordPerplexityWithoutLineEnds).toBeCloseTo(256, 10);
  expect(result.bitsPerRawByte).toBeCloseTo(1, 10);
});
