import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { shippedModel } from '../../tests/files';
import type { ReadOptions, Streams } from '../model/runtime/backend';
import { logProbabilitiesOf, makeRecords } from '../model/sampling/records';
import type { Tokenizer } from '../model/text/tokenizer';
import type { ScoreTextEvent } from './messages';
import { type ScoredSentence, scoreText, type TextScore } from './score-text';
import { CountedEngine } from './testing';

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = (await shippedModel()).tokenizer;
});

/** The loss of every token. */
const lossOf = (id: number) => 0.5 + (id % 13);

/** A stream whose losses are those of `lossOf`. */
function fakeStreams(): Streams {
  const read = async (tokens: ArrayLike<number>, { signal }: ReadOptions = {}) => {
    const count = signal?.aborted ? 0 : tokens.length;
    const known = Array.from({ length: count }, (_, i) => ({
      id: tokens[i],
      logProbability: -lossOf(tokens[i]),
    }));
    const records = makeRecords(
      known.map((each) => ({ ...each, rank: 1, probability: 0, alternatives: [] })),
    );
    return { count, records };
  };
  return { read } as unknown as Streams;
}

async function* inParts(text: string, size: number) {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function scored(text: string, size = 5000): Promise<TextScore> {
  const { signal } = new AbortController();
  return scoreText(tokenizer, fakeStreams(), inParts(text, size), signal, () => {});
}

test('all sentences arrive in order, and their losses add up', async () => {
  const text = 'It rains. “Why?” Yes!\n= Wren =\nNo end. '.repeat(700);
  const sentences: ScoredSentence[] = [];
  const score = await scoreText(
    tokenizer,
    fakeStreams(),
    inParts(text, 3000),
    new AbortController().signal,
    (_units, { first, list }) => {
      expect(first).toBe(sentences.length);
      sentences.push(...list);
    },
  );
  expect(sentences).toHaveLength(score.sentenceCount);
  expect(sentences.reduce((sum, { nats }) => sum + nats, 0)).toBeCloseTo(score.nats, 2);
  expect(sentences.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(score.tokens);
  for (const { text: words, at } of sentences) expect(text.slice(at, at + words.length)).toBe(words);
});

test('the losses of all tokens, the words and the bytes are counted once', async () => {
  const text = '= Wren =\n\nThe wren (Troglodytes troglodytes) is a bird. Its song is loud – 90 dB!\n'.repeat(
    900,
  );
  const score = await scored(text);
  const { ids } = tokenizer.encode(text);
  expect(score.tokens).toBe(ids.length);
  expect(score.nats).toBeCloseTo(
    ids.reduce((sum, id) => sum + lossOf(id), 0),
    3,
  );
  expect(score.bytes).toBe(new TextEncoder().encode(text).length);
  expect(score.wordsWithLineEnds).toBe(900 * (3 + 1 + 1 + 14 + 1));
  expect(score.sentenceCount).toBe(2700);
  const { every, means } = score.along;
  expect(means.length).toBeLessThanOrEqual(1024);
  expect(every * (means.length - 1)).toBeLessThan(ids.length);
  const last = ids.length - every * (means.length - 1);
  const total = means.reduce((sum, mean, i) => sum + mean * (i < means.length - 1 ? every : last), 0);
  expect(total / score.nats).toBeCloseTo(1, 4);
});

test('lists the most surprising words with what is before them, and sentences', async () => {
  const score = await scored('A bird sings. Quetzalcoatlus flew over Idaho!\nIt is old');
  expect(score.words.map(({ text }) => text).toSorted()).toEqual(
    ['A', 'bird', 'sings.', 'Quetzalcoatlus', 'flew', 'over', 'Idaho!', 'It', 'is', 'old'].toSorted(),
  );
  const nats = score.words.map((word) => word.nats);
  expect(nats).toEqual(nats.toSorted((a, b) => b - a));
  const loss = (text: string) => tokenizer.encode(text).ids.reduce((sum, id) => sum + lossOf(id), 0);
  const word = score.words.find(({ text }) => text === 'Quetzalcoatlus')!;
  expect(word).toMatchObject({ at: 14, before: 'A bird sings. ' });
  expect(word.nats).toBeCloseTo(loss(' Quetzalcoatlus'), 4);
  const [flight] = score.sentences.filter(({ text }) => text.startsWith('Quetzal'));
  expect(flight).toMatchObject({ text: 'Quetzalcoatlus flew over Idaho!', at: 14 });
  expect(flight.nats).toBeCloseTo(loss(' Quetzalcoatlus flew over Idaho!\n'), 4);
});

test('any text has the same score in any parts, and its words and sentences are in it', () =>
  fc.assert(
    fc.asyncProperty(
      fc.string({
        unit: fc.oneof(fc.constantFrom(' ', '.', '\n', 'the ', '小', '🙂', 'é'), fc.string({ maxLength: 4 })),
      }),
      fc.integer({ min: 1, max: 9 }),
      async (raw, size) => {
        const text = raw.toWellFormed();
        const whole = await scored(text);
        expect(await scored(text, size)).toEqual(whole);
        for (const { text: word, before, at } of whole.words) {
          expect(text.slice(at).startsWith(word)).toBe(true);
          expect(text.slice(0, at).endsWith(before)).toBe(true);
        }
        for (const sentence of whole.sentences)
          expect(text.slice(sentence.at).startsWith(sentence.text)).toBe(true);
      },
    ),
    { numRuns: 60 },
  ));

test('the score of a long text does not grow with it', async () => {
  const text = 'Every sentence here is a little different from the one before, number ';
  const lines = Array.from({ length: 4000 }, (_, i) => `${text}${i}.`).join(' ');
  const score = await scored(lines);
  expect(score.sentenceCount).toBe(4000);
  expect(JSON.stringify({ ...score, along: null }).length).toBeLessThan(60_000);
  expect(score.along.means.length).toBeLessThanOrEqual(1024);
});

describe('the engine', () => {
  const TEXT =
    '= Kestrel =\n\nThe kestrel is a small falcon. It hovers over fields – and eats voles.\n'.repeat(20);

  test('gives the losses of reading the text at once, also after the loss of its device, and can be stopped', async () => {
    const under = new CountedEngine();
    await under.load();
    const { engine } = under;
    const events: ScoreTextEvent[] = [];
    const score = await engine.scoreText({ file: new Blob([TEXT]) }, (event) => void events.push(event));
    const records: number[] = [];
    const request = { runs: [{ text: TEXT }], from: 0, to: Number.MAX_SAFE_INTEGER, sampling: null };
    await engine.score(request, (event) => {
      if (event.type === 'records') records.push(...event.records);
    });
    const nats = -logProbabilitiesOf(records).reduce((a, b) => a + b, 0);
    expect(score.nats / nats).toBeCloseTo(1, 5);
    expect(score.isComplete).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: 'scored', units: TEXT.length });

    const long = new Blob([TEXT.repeat(40)]);
    const stopped = await engine.scoreText({ file: long }, () => engine.stop());
    expect(stopped.isComplete).toBe(false);
    expect(stopped.tokens).toBeGreaterThan(0);
    expect(stopped.tokens).toBeLessThan(score.tokens * 30);
    engine.unload();
  });

  test('a file that is not text in UTF-8 is refused, and the engine stays free', async () => {
    const under = new CountedEngine();
    await under.load();
    const image = new Blob([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff)]);
    const refused = under.engine.scoreText({ file: image }, () => {});
    await expect(refused).rejects.toMatchObject({ code: 'input', message: 'This is not text in UTF-8.' });
    expect((await under.engine.scoreText({ file: new Blob(['A']) }, () => {})).tokens).toBe(1);
    under.engine.unload();
  });

  test('an empty file has no tokens', async () => {
    const under = new CountedEngine();
    await under.load();
    const score = await under.engine.scoreText({ file: new Blob([]) }, () => {});
    expect(score).toMatchObject({ tokens: 0, nats: 0, words: [], sentences: [], wordsWithLineEnds: 0 });
    under.engine.unload();
  });
});
