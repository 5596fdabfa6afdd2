import { expect, test } from 'vitest';
import { packVocabulary } from '../../model/text/vocabulary';
import { markIds } from './marks';

test('the start, line breaks and equals signs are marks; words, spaces and other signs are not', () => {
  const tokens = ['<start>', 'a', '\n', ' =', '=', ' ', '.', '\n\n', '= =', ' b', 'x=', ''];
  const vocabulary = packVocabulary(tokens.map((token) => new TextEncoder().encode(token)));
  expect(markIds(vocabulary, 0)).toEqual([0, 2, 3, 4, 7, 8]);
});
