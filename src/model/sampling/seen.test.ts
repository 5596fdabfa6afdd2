import { expect, test } from 'vitest';
import { loadGoldenModel } from '../../../tests/golden-models';
import { LONGEST, REACH, SeenTokens } from './seen';

const { config } = await loadGoldenModel('leap-denominator');

/** Match lengths of some tokens after a text. */
function standing(text: readonly number[], ids: readonly number[]): number[] {
  const tokens = new SeenTokens(config);
  for (const id of text) tokens.add(id);
  return ids.map(tokens.now());
}

test('a token counts the longest repeated suffix that it continues', () => {
  expect(standing([], [1, 2])).toEqual([0, 0]);
  expect(standing([1], [1, 2])).toEqual([1, 0]);
  expect(standing([1, 1], [1])).toEqual([2]);
  expect(standing([1, 2, 3, 1, 2], [1, 2, 3, 4])).toEqual([1, 1, 3, 0]);
  expect(standing([9, 2, 5, 1, 2, 3, 8, 2, 5, 7, 1, 2], [3, 5])).toEqual([3, 2]);
});

test('`<|endoftext|>` is never seen, and clears the tokens before it', () => {
  expect(standing([1, 2, 1, 2, 0], [0, 1, 2])).toEqual([0, 0, 0]);
  expect(standing([1, 2, 3, 0, 1, 2], [0, 1, 2, 3])).toEqual([0, 1, 1, 0]);
  expect(standing([0, 1, 0, 1], [0])).toEqual([0]);
});

test('sequences count within REACH and up to a length; seen tokens count over the whole article', () => {
  const between = (length: number) => Array.from({ length }, (_, i) => 10 + (i % 2));
  expect(standing([1, 2, ...between(REACH - 3), 1], [2])).toEqual([2]);
  expect(standing([1, 2, ...between(REACH - 2), 1], [2])).toEqual([1]);
  expect(standing(Array(LONGEST).fill(1), [1])).toEqual([LONGEST]);
  expect(standing(Array(2 * LONGEST).fill(1), [1])).toEqual([1 + LONGEST]);
});

test('a restored state continues like the original', () => {
  const tokens = new SeenTokens(config);
  for (const id of [1, 2, 3, 1]) tokens.add(id);
  const again = new SeenTokens(config, tokens.words);
  for (const each of [tokens, again]) each.add(2);
  expect(again.words).toEqual(tokens.words);
  expect(again.now()(3)).toBe(3);
});
