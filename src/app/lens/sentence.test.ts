import { describe, expect, test } from 'vitest';
import { joins, type Reading, type SeenWord, seenWords, sharesByWord, type Word } from './reading';
import { plainSentence, sentence } from './sentence';

const word = (
  name: string,
  back: number,
  similarity: number,
  reweighted: number,
  share = reweighted,
): SeenWord => ({
  name,
  from: 100 - back,
  to: 100 - back,
  back,
  similarity,
  reweighted,
  share,
});
const reading = (words: readonly SeenWord[], more: Partial<Reading> = {}): Reading => ({
  name: 'vocal',
  part: null,
  words,
  start: 0,
  earlier: 0,
  span: 30,
  isSilent: false,
  measure: 'share',
  proportions: 'learned',
  hasDecay: true,
  ...more,
});
const says = (words: readonly SeenWord[], more: Partial<Reading> = {}, head = 'head 3.3') =>
  plainSentence(sentence(reading(words, more), head));

const ALBUM = word('album', 76, 0.094, 0.487);
const BAND = word('band', 71, 0.053, 0.136);

describe('the sentence', () => {
  test.each<[string, string]>([
    [
      'Reading “vocal”, head 3.3 looks back at album and band, 71 to 76 tokens earlier. Learned proportions raise “album” from 9% to 49%.',
      says([ALBUM, BAND]),
    ],
    [
      'Reading “vocal”, head 3.3 looks back at album, 76 tokens earlier. Learned proportions raise “album” from 9% to 49%.',
      says([ALBUM, word('band', 71, 0.05, 0.12)]), // less than a quarter of the first
    ],
    [
      'Reading “vocal”, head 3.3 looks back at album and band, 71 to 76 tokens earlier. Proportions by position lower “album” from 49% to 9%. Decay raises it to 40%.',
      says([word('album', 76, 0.49, 0.09, 0.4), BAND], { proportions: 'static' }),
    ],
    [
      'Reading “vocal”, head 3.3 looks back at album, 1 token earlier. Learned proportions leave “album” at 49%. Decay and earlier text lower it to 40%.',
      says([word('album', 1, 0.48, 0.49, 0.4)], { start: 88 }),
    ],
    [
      'Reading “vocal”, head 3.3 looks back at album, 76 tokens earlier.',
      says([word('album', 76, 0.3, 0.3)], { proportions: 'none' }),
    ],
    [
      'Reading “vocal”, head 3.3 looks back at album, 76 tokens earlier. Earlier text lowers “album” from 30% to 20%.',
      says([word('album', 76, 0.3, 0.3, 0.2)], { proportions: 'none', hasDecay: false }),
    ],
    [
      'Reading “vocal”, head 3.3 looks mostly at itself (63%). Learned proportions leave its own share at 62%.',
      says([word('vocal', 0, 0.62, 0.62, 0.63), BAND]),
    ],
    [
      'Reading “vocal”, head 3.3 looks at itself (30%), and back at band, 71 tokens earlier. Learned proportions raise its own share from under 1% to 30%.',
      says([word('vocal', 0, 0.004, 0.3), BAND]),
    ],
    [
      'Reading “vocal”, head 3.3 spreads evenly over about 60 tokens.',
      says([word('album', 76, 0.05, 0.09)], { span: 59.6 }),
    ],
    ['Head 3.3 ignores “of” here.', says([], { name: 'of', isSilent: true })],
    [
      'Reading “ton” of “Brixton”, the average of all 48 heads looks mostly at the text before token 512 (62%).',
      says(
        [BAND],
        { name: 'Brixton', part: 'ton', start: 512, earlier: 0.62 },
        'the average of all 48 heads',
      ),
    ],
    [
      'The output of head 3.3 at “vocal” comes mostly from album and band.',
      says([word('album', 76, 0, 0, 1.2), word('band', 71, 0, 0, 0.4)], { measure: 'output' }),
    ],
    [
      'No word alone makes the output of head 3.3 at “vocal”.',
      says([word('album', 76, 0, 0, -0.8)], { measure: 'output' }),
    ],
  ])('%s', (expected, said) => {
    expect(said).toBe(expected);
  });
});

test('shares of tokens are joined by words, and distances count from the token that looks back', () => {
  const words: Word[] = [
    { from: 5, to: 5, name: 'the' },
    { from: 6, to: 8, name: 'Brixton' },
    { from: 9, to: 9, name: ',' },
    { from: 10, to: 12, name: 'Studios' },
  ];
  const wordAt = (position: number) => words.find(({ from, to }) => from <= position && position <= to)!;
  const row = {
    shares: [0.1, 0.2, 0.1, 0.1, 0, 0.3, 0.2],
    similarity: [0.3, 0.1, 0.1, 0.1, 0.1, 0.2, 0.1],
    reweighted: [0.2, 0.2, 0.2, 0.2, 0, 0.1, 0.1],
  };
  // The window begins at 5, and the token that looks back is the second of “Studios”.
  const close = (n: number) => expect.closeTo(n, 9);
  expect(seenWords(row, 5, wordAt)).toEqual([
    { ...words[3], back: 0, similarity: close(0.3), reweighted: close(0.2), share: close(0.5) },
    { ...words[1], back: 3, similarity: close(0.3), reweighted: close(0.6), share: close(0.4) },
    { ...words[0], back: 6, similarity: close(0.3), reweighted: close(0.2), share: close(0.1) },
  ]);
  expect([...sharesByWord(seenWords(row, 5, wordAt), 5, 7)]).toEqual(
    [0.1, 0.4, 0.4, 0.4, 0, 0.5, 0.5].map((share) => expect.closeTo(share, 6)),
  );
  // The window begins inside “Brixton”.
  expect(seenWords({ shares: [1], similarity: [1], reweighted: [1] }, 7, wordAt)).toMatchObject([
    { name: 'Brixton', back: 0, share: 1 },
  ]);
});

test('letters and digits join, white space and signs part', () => {
  expect([joins('Bri', 'x'), joins(' B', '52'), joins('é', 'ç')]).toEqual([true, true, true]);
  expect([joins('a', ' b'), joins('a', '.'), joins("'", 's'), joins('', 'a')]).toEqual(Array(4).fill(false));
});
