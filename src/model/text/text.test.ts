import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idsOf, RECORD_SIZE, unknownRecords } from '../sampling/records';
import { GREEDY } from '../sampling/sampling';
import {
  appendSampled,
  cutAtToken,
  plainText,
  type Run,
  readAsTyped,
  replaceText,
  type SampledRun,
  typed,
  withTokens,
} from './text';
import { StreamingDecoder } from './vocabulary';

/** Sampled tokens from pieces of text; an empty piece is a token inside a character. */
function sampled(pieces: string[], firstId = 1): Run[] {
  const ids = Uint32Array.from(pieces, (_, i) => firstId + i);
  const tokens = { ids, lengths: Uint32Array.from(pieces, (piece) => piece.length) };
  return appendSampled([], { text: pieces.join(''), tokens, records: unknownRecords(ids), sampling: null });
}

const ids = (runs: readonly Run[]) =>
  runs.flatMap<number | string>((run) => (run.source === 'sampled' ? [...run.tokens.ids] : [run.text]));

test('an edit between tokens keeps all tokens; an edit inside a token turns its rest into typed text', () => {
  const runs = [...typed('A '), ...sampled(['foo', ' bar', ' baz'])];
  expect(ids(replaceText(runs, 5, 5, '!'))).toEqual(['A ', 1, '!', 2, 3]);
  expect(ids(replaceText(runs, 7, 7, 'X'))).toEqual(['A ', 1, ' bXar', 3]);
  expect(ids(replaceText(runs, 1, 3, ''))).toEqual(['Aoo', 2, 3]);
  expect(ids(replaceText(runs, 0, 13, ''))).toEqual([]);
  expect(ids(replaceText(runs, 13, 13, '.'))).toEqual(['A ', 1, 2, 3, '.']);
});

test('tokens that share a character stay together', () => {
  const runs = sampled(['a', '', '😀', 'b', '']);
  expect(ids(replaceText(runs, 1, 1, 'x'))).toEqual([1, 'x', 2, 3, 4, 5]);
  expect(ids(replaceText(runs, 1, 3, ''))).toEqual([1, 4, 5]);
  expect(ids(replaceText(runs, 3, 3, 'x'))).toEqual([1, 2, 3, 'x', 4, 5]);
  expect(ids(replaceText(runs, 4, 4, 'x'))).toEqual([1, 2, 3, 4, 'x']);
});

test('after any edits the text equals an edited string, and sampled tokens keep id, text and record', () => {
  const piece = fc.string({ maxLength: 4 });
  const part = fc.oneof(
    piece.map(typed),
    fc.array(piece, { minLength: 1, maxLength: 6 }).map((p) => sampled(p)),
  );
  const edit = fc.record({ from: fc.nat(30), size: fc.nat(10), insert: piece });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), fc.array(edit, { maxLength: 8 }), (parts, edits) => {
      let runs: readonly Run[] = parts.flat();
      let text = plainText(runs);
      for (const { from, size, insert } of edits) {
        const start = Math.min(from, text.length);
        const end = Math.min(start + size, text.length);
        runs = replaceText(runs, start, end, insert);
        text = text.slice(0, start) + insert + text.slice(end);
        expect(plainText(runs)).toBe(text);
        for (const [i, run] of runs.entries()) {
          if (run.source === 'typed') expect(runs[i + 1]?.source).not.toBe('typed');
          else {
            expect(run.tokens.lengths.reduce((a, b) => a + b, 0)).toBe(run.text.length);
            expect(idsOf(run.records)).toEqual([...run.tokens.ids]);
          }
        }
      }
    }),
  );
});

test('after any edits of text by another model, the letters that remain of it are exactly those marked as its own', () => {
  // The other model wrote capitals; the user types small letters.
  const pieces = fc.array(fc.string({ unit: fc.constantFrom('A', 'B'), minLength: 1, maxLength: 4 }), {
    maxLength: 3,
  });
  const small = fc.string({ unit: fc.constantFrom('x', 'y'), maxLength: 3 });
  const edit = fc.record({ from: fc.nat(20), size: fc.nat(5), insert: small });
  fc.assert(
    fc.property(small, pieces, small, pieces, fc.array(edit, { maxLength: 6 }), (a, b, c, d, edits) => {
      const written = [...typed(a), ...sampled(b), ...typed(c), ...sampled(d)];
      let runs: readonly Run[] = readAsTyped(written, 'other');
      for (const { from, size, insert } of edits) {
        const { length } = plainText(runs);
        const start = Math.min(from, length);
        runs = replaceText(runs, start, Math.min(start + size, length), insert);
      }
      expect(runs.length).toBeLessThanOrEqual(1); // one run, so its encoding is that of the text
      const [run] = runs;
      const ranges = (run?.source === 'typed' && run.foreign) || [];
      expect(ranges.map(({ from, to }) => run.text.slice(from, to))).toEqual(
        plainText(runs).match(/[A-Z]+/g) ?? [],
      );
    }),
  );
});

describe('tokens that are bytes', () => {
  /** Ids are indices into a list of the bytes of each token. */
  function byteTokens() {
    const bytes: Uint8Array[] = [];
    const decode = (before: readonly number[], ids: Iterable<number>) => {
      const decoder = new StreamingDecoder((id) => bytes[id], before);
      return Array.from(ids, (id) => decoder.push(id));
    };
    /** Appends bytes, cut into tokens of these sizes, to a text; `apart` starts a new run at a token. */
    const sample = (runs: readonly Run[], whole: Uint8Array, sizes: readonly number[], apart: boolean) => {
      let [at, all] = [0, runs];
      for (let n = 0; at < whole.length; n++) {
        const token = whole.subarray(at, at + sizes[n % sizes.length]);
        at += token.length;
        const before = read(all);
        bytes.push(token);
        const id = bytes.length - 1;
        const [text] = decode(before, [id]);
        const sampling = apart ? { ...GREEDY, seed: n } : null;
        const tokens = { ids: Uint32Array.of(id), lengths: Uint32Array.of(text.length) };
        all = appendSampled(all, { text, tokens, records: unknownRecords(tokens.ids), sampling });
      }
      return all;
    };
    /** The bytes that the model reads. */
    const read = (runs: readonly Run[]): number[] =>
      runs.flatMap((run) => {
        if (run.tokens) return [...run.tokens.ids];
        bytes.push(new TextEncoder().encode(run.text));
        return [bytes.length - 1];
      });
    return { sample, read, decode };
  }

  const characters = fc.string({ unit: fc.constantFrom('a', ' ', 'é', '東', '京', '😀'), maxLength: 8 });
  const part = fc.record({
    text: characters,
    sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
    /** Missing bytes of the last character. */
    missing: fc.nat(2),
    isApart: fc.boolean(),
    isTyped: fc.boolean(),
  });
  const edit = fc.record({ from: fc.nat(40), size: fc.nat(6), insert: characters });

  test('after any edits, the tokens of each run decode to its text, and all tokens to the whole text', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), fc.array(edit, { maxLength: 6 }), (parts, edits) => {
        const { sample, read, decode } = byteTokens();
        let runs: readonly Run[] = [];
        for (const { text, sizes, missing, isApart, isTyped } of parts) {
          if (isTyped) {
            runs = replaceText(runs, plainText(runs).length, plainText(runs).length, text);
            continue;
          }
          const whole = new TextEncoder().encode(text);
          runs = sample(runs, whole.subarray(0, whole.length - missing), sizes, isApart);
        }
        let text = plainText(runs);
        for (const { from, size, insert } of edits) {
          const [start, end] = [from, from + size].map((at) => characterStart(text, at));
          runs = replaceText(runs, start, end, insert);
          text = text.slice(0, start) + insert + text.slice(end);
          expect(plainText(runs)).toBe(text);
          const before: number[] = [];
          for (const run of runs) {
            const ids = read([run]);
            expect(decode(before, ids).join('')).toBe(run.text);
            before.push(...ids);
          }
          expect(decode([], before).join('')).toBe(text);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('deleting a character also deletes its first bytes in an earlier run', () => {
    const { sample, read, decode } = byteTokens();
    const bytes = new TextEncoder().encode('東京');
    const runs = sample(sample(typed('a'), bytes.subarray(0, 4), [3], true), bytes.subarray(4), [2], true);
    expect(plainText(runs)).toBe('a東京');
    const cut = replaceText(runs, 2, 3, '');
    expect(cut.map(({ text, tokens }) => [text, tokens?.ids.length])).toEqual([
      ['a', undefined],
      ['東', 1],
    ]);
    const before = replaceText(runs, 2, 2, 'x');
    expect(before.map(({ text }) => text)).toEqual(['a', '東', 'x', '', '京']);
    expect(decode([], read(before)).join('')).toBe('a東x京');
    const typedBehind = replaceText(sample(typed('a'), bytes.subarray(0, 4), [3], true), 2, 2, 'x');
    expect(decode([], read(typedBehind)).join('')).toBe('a東x');
  });

  test('deleting a character deletes tokens that end inside it', () => {
    const { sample, read, decode } = byteTokens();
    const runs = sample([], new TextEncoder().encode('a é.'), [1, 2, 1, 1], false);
    expect(runs[0].tokens!.lengths).toEqual(Uint32Array.of(1, 0, 2, 1));
    const cut = replaceText(runs, 2, 3, '');
    expect(ids(cut)).toEqual([0, ' ', 3]);
    expect(decode([], read(cut)).join('')).toBe('a .');
  });

  test('choosing an alternative inside a typed character leaves no byte of it in typed text', () => {
    const { sample, read, decode } = byteTokens();
    const bytes = new TextEncoder().encode('a東');
    const [{ tokens }] = sample([], bytes, [1, 2], false);
    const runs = withTokens(typed('a東'), 0, 'a東', tokens!);
    const chosen = sample(cutAtToken(runs, 0, 2), Uint8Array.of(0xac), [1], false);
    expect(plainText(chosen)).toBe('a\u676c');
    const edited = replaceText(chosen, 0, 1, 'b');
    expect(plainText(edited)).toBe('b\u676c');
    expect(decode([], read(edited)).join('')).toBe('b\u676c');
  });

  /** The nearest earlier position outside a surrogate pair. */
  function characterStart(text: string, at: number): number {
    const place = Math.min(at, text.length);
    return /[\uDC00-\uDFFF]/.test(text[place] ?? '') ? place - 1 : place;
  }
});

test('long sampled parts are split into runs of bounded length', () => {
  let runs: Run[] = [];
  for (let i = 0; i < 300; i++) runs = appendSampled(runs, sampled(Array(10).fill('ab'))[0] as never);
  expect(plainText(runs)).toBe('ab'.repeat(3000));
  expect(runs.length).toBe(3);
});

test('a sampled run has tokens with the same settings', () => {
  const [{ sampling, ...token }] = sampled(['ab']) as SampledRun[];
  const drawn = [null, { ...GREEDY }, { ...GREEDY }, { ...GREEDY, seed: 7 }, null, null];
  const runs = drawn.reduce<Run[]>((runs, sampling) => appendSampled(runs, { ...token, sampling }), []);
  expect(runs.map((run) => run.text)).toEqual(['ab', 'abab', 'ab', 'abab']);
  expect(runs.map((run) => (run as SampledRun).sampling?.seed)).toEqual([undefined, 0, 7, undefined]);
  expect(replaceText(runs, 3, 3, '!').map((run) => run.source === 'sampled' && run.sampling)).toEqual([
    null,
    false,
    GREEDY,
    { ...GREEDY, seed: 7 },
    null,
  ]);
});

test('an encoding that arrives after an edit is ignored', () => {
  const tokens = { ids: Uint32Array.of(5), lengths: Uint32Array.of(5) };
  expect(withTokens(typed('hello'), 0, 'hello', tokens)[0].tokens).toBe(tokens);
  expect(withTokens(typed('hullo'), 0, 'hello', tokens)[0].tokens).toBeNull();
});

test('the memory of a text grows by a fixed number of bytes per token', () => {
  let runs: Run[] = [];
  const bytes = () =>
    runs.reduce((sum, run) => {
      if (run.source !== 'sampled') return sum;
      return sum + run.tokens.ids.byteLength + run.tokens.lengths.byteLength + run.records.byteLength;
    }, 0);
  for (let i = 0; i < 100; i++) {
    const [{ text, tokens, records, sampling }] = sampled(Array(20).fill('ab')) as SampledRun[];
    runs = appendSampled(runs, { text, tokens, records, sampling });
    expect(bytes()).toBe(20 * (i + 1) * (4 + 4 + 4 * RECORD_SIZE));
  }
  expect(runs.length).toBeLessThan(4);
});
