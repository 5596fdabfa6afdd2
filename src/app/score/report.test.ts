import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coarser, csv, figuresOf, json, type Row, sentencesCsv } from './report';
import { PAGE, Sentences } from './sentences';

const score: Row['score'] = {
  tokens: 10,
  bytes: 40,
  nats: 10 * Math.log(16),
  wordsWithLineEnds: 8,
  wordsWithoutLineEnds: 5,
  along: { every: 4, means: Float32Array.of(2, 3, 4) },
  words: [],
  sentences: [],
  sentenceCount: 1,
  isComplete: true,
};
const row = (text: string): Row => ({
  text,
  model: { id: 'm', name: 'M', digest: 'd' },
  score,
  sentences: new Sentences(),
});

test('computes perplexities and bits from the loss', () => {
  const figures = figuresOf(score);
  expect(figures.perplexityPerToken).toBeCloseTo(16, 10);
  expect(figures.bitsPerByte).toBeCloseTo(1, 10);
  expect(figures.perplexityPerByte).toBeCloseTo(2, 10);
  expect(figures.perplexityPerWord).toBeCloseTo(256, 8);
  expect(figures.perplexityPerWordWithLineEnds).toBeCloseTo(32, 8);
});

test('a name of any characters stays one cell of the CSV file', () =>
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', '=') }), (name) => {
      const [, line] = csv([row(name)]).split(/\r\n(?=(?:[^"]*"[^"]*")*[^"]*$)/);
      const first = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*)),m,d,yes,10,40,/.exec(line)!;
      expect(first[1]?.replaceAll('""', '"') ?? first[2]).toBe(name);
    }),
  ));

test('a row that was stopped says so', () => {
  const stopped = { ...row('a'), score: { ...score, isComplete: false } };
  expect(csv([stopped])).toContain('a,m,d,no,');
  expect(JSON.parse(json([stopped])).results[0]).toMatchObject({ text: 'a', isComplete: false, tokens: 10 });
});

test('fewer means are the means of neighbours', () => {
  expect(coarser(score.along, 3)).toEqual(score.along);
  expect(coarser(score.along, 2)).toEqual({ every: 8, means: Float32Array.of(2.5, 4) });
  expect(coarser(score.along, 1)).toEqual({ every: 16, means: Float32Array.of(3.25) });
});

const sentence = (n: number) => ({ text: `Say "${n}",\nthen stop.`, at: 20 * n, tokens: 5, nats: n });
const many = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => sentence(from + n));

test('all sentences can be read by page and saved, in any pieces, also if the text is read again', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3 * PAGE), { maxLength: 6 }), async (sizes) => {
      const sentences = new Sentences();
      sentences.add({ first: 0, list: many(7, 9) });
      let count = 0;
      for (const size of sizes.length ? sizes : [0]) {
        sentences.add({ first: count, list: many(count, count + size) });
        count += size;
      }
      if (count === 0) sentences.add({ first: 0, list: [] });
      expect([sentences.count, sentences.pages]).toEqual([count, Math.ceil(count / PAGE)]);
      const pages = await Promise.all(Array.from({ length: sentences.pages }, (_, n) => sentences.page(n)));
      expect(pages.flat()).toEqual(many(0, count));
      expect(pages.every((page, n) => page.length === (n < pages.length - 1 ? PAGE : page.length))).toBe(
        true,
      );
      const lines = (await (await sentencesCsv({ sentences })).text()).split('\r\n');
      expect(lines).toHaveLength(count + 2);
      if (count) expect(lines[count]).toMatch(new RegExp(`^${count},${20 * (count - 1)},5,.*stop\\."$`, 's'));
    }),
    { numRuns: 30 },
  ));
