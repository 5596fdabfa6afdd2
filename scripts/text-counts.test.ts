import { expect, test } from 'vitest';
import cases from '../tests/golden/text-counts.json';
import { countText, perplexities } from './text-counts';

test.each(cases)('$about', ({ text, ...expected }) => {
  const counts = countText(new TextEncoder().encode(text).buffer);
  expect(counts).toEqual({
    wordsWithLineEnds: expected.words_with_line_ends,
    wordsWithoutLineEnds: expected.words_without_line_ends,
    rawBytes: expected.raw_bytes,
  });
});

test('fewer words have a higher perplexity at the same loss', () => {
  const counts = { wordsWithLineEnds: 40, wordsWithoutLineEnds: 20, rawBytes: 160 };
  const result = perplexities(40 * Math.log(16), counts);
  expect(result.wordPerplexityWithLineEnds).toBeCloseTo(16, 10);
  expect(result.wordPerplexityWithoutLineEnds).toBeCloseTo(256, 10);
  expect(result.bitsPerRawByte).toBeCloseTo(1, 10);
});
