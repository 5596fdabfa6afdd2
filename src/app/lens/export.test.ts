import { expect, test } from 'vitest';
import type { HeadSummary } from '../../model/lens/summary';
import { matrixCsv, shownJson } from './export';
import type { Reading } from './reading';

test('matrixCsv keeps numbers, and words with commas and quotes', () => {
  const words = { of: (token: number) => ['start of the text', 'a', ',"'][token] };
  const values = Float32Array.of(1, 0, 0, 0.25, 0.75, 0, 1e-7, 0.1, 0.9);
  expect(matrixCsv(values, 3, 0, words)).toBe(
    [
      'number,token,"start of the text","a",","""',
      '0,"start of the text",1',
      '1,"a",0.25,0.75',
      '2,",""",1e-7,0.1,0.9',
      '',
    ].join('\r\n'),
  );
});

test('shownJson holds the sentence, the words, the kinds of the heads and the perplexities', () => {
  const word = { from: 20, to: 20, name: 'album', back: 76, similarity: 0.09, reweighted: 0.49, share: 0.49 };
  const reading: Reading = {
    name: 'vocal',
    part: null,
    words: [word],
    start: 0,
    earlier: 0,
    span: 4,
    isSilent: false,
    measure: 'share',
    proportions: 'learned',
    hasDecay: true,
  };
  const summary = { self: 0.7, marks: 0, distance: 1, halfLife: Number.POSITIVE_INFINITY } as HeadSummary;
  const json = shownJson({
    model: { id: 'm', digest: 'd' },
    head: 'head 3.3',
    reading,
    start: 0,
    count: 124,
    heads: [[summary]],
    perplexities: [5.3, 7],
  });
  expect(JSON.parse(json)).toMatchObject({
    model: { id: 'm', digest: 'd' },
    window: { start: 0, count: 124 },
    sentence: expect.stringContaining('raise “album” from 9% to 49%'),
    words: [word],
    heads: [{ layer: 1, head: 1, kind: 'self', self: 0.7, halfLife: null }],
    perplexity: { learned: 5.3, changed: 7 },
    definitions: { share: expect.any(String) },
  });
});
