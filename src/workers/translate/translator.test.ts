import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectError, shippedModel } from '../../../tests/files';
import { tinyTranslator } from '../../../tests/tiny-translator';
import type { Backend } from '../../model/runtime/backend';
import { Pace } from '../../model/runtime/pace';
import { DIRECTIONS, sentencesOf, turnsOf } from '../../model/text/simultaneous';
import { createBackend } from '../backends';
import { credited } from '../events';
import type { TranslatedSentence, TranslateEvent, TranslateRequest, Turn } from '../messages';
import { translationAfter, writtenUnits } from './translation';
import { Translator } from './translator';
import { TurnStream } from './turn-stream';

const model = tinyTranslator();
let backend: Backend;
beforeAll(async () => {
  backend = (await createBackend(model, 'cpu', undefined)).backend;
});
afterAll(() => backend.destroy());

/** A translator, and what its events show. */
class Shown {
  sentences: readonly TranslatedSentence[] = [];
  private readonly translator: Translator;

  private constructor(translator: Translator) {
    this.translator = translator;
  }

  static async open(): Promise<Shown> {
    return new Shown(await Translator.open(model, backend));
  }

  async translate(
    text: string,
    k: number,
    { ended = false, directions = DIRECTIONS }: Partial<TranslateRequest> = {},
    signal = new AbortController().signal,
    onEvent: (event: TranslateEvent) => void = () => {},
  ): Promise<readonly TranslatedSentence[]> {
    const emit = credited<TranslateEvent>((event) => {
      this.sentences = translationAfter(this.sentences, event);
      onEvent(event);
    });
    await this.translator.translate({ text, ended, k, directions }, signal, emit);
    return this.sentences;
  }

  close(): void {
    this.translator.close();
  }
}

async function fresh(text: string, k: number, options: Partial<TranslateRequest> = {}) {
  const shown = await Shown.open();
  try {
    return await shown.translate(text, k, options);
  } finally {
    shown.close();
  }
}

const SPACES = [...'\t\x85\xa0\u1680\u2009\u200b\u202f\u3000\ufeff '];
const piece = fc.oneof(
  fc.constantFrom(
    'I ',
    'have',
    ' ',
    'a dog',
    '. ',
    '! ',
    '…',
    '\n',
    '\r\n',
    ' ? ',
    'שלום ',
    'مرحبا ',
    '犬',
    'e\u0301 ',
  ),
  fc.constantFrom(...SPACES),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const edits = fc.array(
  fc.record({
    at: fc.nat(40),
    remove: fc.nat(6),
    insert: piece,
    k: fc.constantFrom(1, 2, 3, 9, Number.POSITIVE_INFINITY),
    ended: fc.boolean(),
    /** Events after which the request is stopped. */
    stop: fc.option(fc.nat(6)),
  }),
  { minLength: 1, maxLength: 8 },
);

test('after any edits, stops and changes of k, the translation is that of the text alone', async () => {
  await fc.assert(
    fc.asyncProperty(edits, async (steps) => {
      const shown = await Shown.open();
      try {
        let text = 'I have a small dog. You saw it. Where ';
        for (const { at, remove, insert, k, ended, stop } of steps) {
          text = text.slice(0, at) + insert + text.slice(at + remove);
          const controller = new AbortController();
          let events = 0;
          const count = () => {
            if (stop !== null && ++events > stop) controller.abort();
          };
          await shown.translate(text, k, { ended }, controller.signal, count);
          if (controller.signal.aborted) continue;
          expect(shown.sentences).toEqual(await fresh(text, k, { ended }));
        }
      } finally {
        shown.close();
      }
    }),
    { numRuns: 60 },
  );
});

test('two streams write the same as one alone', async () => {
  const text = 'I have a small dog that barks. You saw it! ';
  const both = await fresh(text, 2);
  for (const direction of DIRECTIONS) {
    const streams = await backend.open(1);
    const alone = new TurnStream(streams, 0, model.tokenizer, direction);
    for (const [n, sentence] of sentencesOf(text, false).entries()) {
      const turns: Turn[] = [];
      const signal = new AbortController().signal;
      const writing = alone.write(sentence, [], turnsOf(sentence, 2), signal, new Pace());
      for await (const turn of writing) turns.push(turn);
      expect(turns).toEqual(both[n].turns[direction]);
    }
    streams.close();
  }
});

test.each([1, 3, 9, Number.POSITIVE_INFINITY])('waits for k = %d units', async (k) => {
  const source = 'We saw two small dogs in the old garden behind our house.';
  const words = source.split(' ');
  const shown = await Shown.open();
  for (let read = 1; read <= words.length; read++) {
    const text = `${words.slice(0, read).join(' ')} `;
    const [{ units, over, turns }] = await shown.translate(text, k);
    expect([units.length, over]).toEqual([read, read === words.length]);
    for (const direction of DIRECTIONS) {
      const delays = writtenUnits(turns[direction]).map(({ after }) => after);
      if (read < k && !over) expect(delays).toEqual([]);
      expect(delays.every((after, n) => after <= read && after >= (delays[n - 1] ?? Math.min(k, read)))).toBe(
        true,
      );
      if (!over) expect(new Set(delays).size).toBe(delays.length); // one unit per turn
    }
  }
  expect(writtenUnits(shown.sentences[0].turns['en-de']).length).toBeGreaterThan(0);
  shown.close();
});

test.each([
  ['one endless word', 'x'.repeat(1000), true, Math.ceil(1000 / 64)],
  ['only punctuation', '... !!! ??? ', false, 1],
  ['right to left', 'שלום עולם. ', false, 2],
  ['only spaces', SPACES.join(''), false, 0],
  ['a word that is not complete', 'dog', false, 0],
])('reads %s', async (_name, text, ended, units) => {
  const sentences = await fresh(text, 3, { ended });
  expect(sentences.flatMap((sentence) => sentence.units).length).toBe(units);
});

test('a stop ends the translation of 100,000 characters at once, and the next request works', async () => {
  const text = 'I have a small dog. '.repeat(5000);
  const controller = new AbortController();
  const shown = await Shown.open();
  setTimeout(() => controller.abort(), 30); // runs only if the translator yields
  await shown.translate(text, 3, {}, controller.signal);
  const last = () => shown.sentences.at(-1)!.turns['en-fr'];
  expect(controller.signal.aborted).toBe(true);
  expect(shown.sentences.length).toBe(5000);
  expect(last()).toEqual([]);
  expect((await shown.translate('I have ', 1)).length).toBe(1);
  shown.close();
});

test('an edit at the end of a long sentence rereads little of it', async () => {
  const open = backend.open.bind(backend);
  let tokens = 0;
  backend.open = async (count) => {
    const streams = await open(count);
    const read = streams.read.bind(streams);
    streams.read = (ids, options) => {
      tokens += ids.length;
      return read(ids, options);
    };
    return streams;
  };
  const shown = await Shown.open();
  backend.open = open;
  const words = 'and then '.repeat(200);
  await shown.translate(words, 3, { directions: ['en-de'] });
  const all = tokens;
  tokens = 0;
  await shown.translate(words.replace(/then $/, 'so '), 3, { directions: ['en-de'] });
  expect(tokens).toBeLessThan(all / 4);
  shown.close();
});

test('10,000 sentences take the state of one', async () => {
  const short = tinyTranslator(39);
  const { backend: other } = await createBackend(short, 'cpu', undefined);
  const translator = await Translator.open(short, other);
  const before = other.memory();
  let written = 0;
  const count = credited<TranslateEvent>((event) => {
    if (event.type === 'written') written += writtenUnits(event.turns).length;
  });
  const signal = new AbortController().signal;
  for (let n = 0; n < 10; n++) {
    const text = Array.from({ length: 1000 }, (_, i) => `Dog ${n * 1000 + i} barks. `).join('');
    await translator.translate({ text, ended: false, k: 2, directions: DIRECTIONS }, signal, count);
  }
  expect(written).toBeGreaterThan(1000);
  expect(other.memory()).toEqual(before);
  other.destroy();
});

test('refuses another model, and a k that is not a number of units', async () => {
  const other = await shippedModel();
  await expectError(() => Translator.open(other, backend), 'input', /does not translate/);
  for (const k of [0, 1.5, Number.NaN]) await expectError(() => fresh('I ', k), 'input', /k is/);
});
