import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GREEDY, RECORD_SIZE } from './sampling';
import { appendSampled, plainText, type Run, replaceText, type SampledRun, typed, withTokens } from './text';

/** Sampled tokens from pieces of text; an empty piece is a token inside a character. */
function sampled(pieces: string[], firstId = 1): Run[] {
  const ids = Uint32Array.from(pieces, (_, i) => firstId + i);
  const records = new Float32Array(ids.length * RECORD_SIZE);
  for (const [i, id] of ids.entries()) records[i * RECORD_SIZE] = id;
  const tokens = { ids, lengths: Uint32Array.from(pieces, (piece) => piece.length) };
  return appendSampled([], { text: pieces.join(''), tokens, records, sampling: null });
}

const ids = (runs: readonly Run[]) =>
  runs.flatMap<number | string>((run) => (run.source === 'sampled' ? [...run.tokens.ids] : [run.text]));

test('an edit between tokens leaves them all; an edit inside one joins its rest with what was typed', () => {
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
  expect(ids(replaceText(runs, 4, 4, 'x'))).toEqual([1, 2, 3, 4, 5, 'x']);
});

test('the text after any edits is what an ordinary string would be, and sampled tokens keep id, text and record', () => {
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
            run.tokens.ids.forEach((id, t) => void expect(run.records[t * RECORD_SIZE]).toBe(id));
          }
        }
      }
    }),
  );
});

test('long sampled parts are kept in runs of bounded length', () => {
  let runs: Run[] = [];
  for (let i = 0; i < 300; i++) runs = appendSampled(runs, sampled(Array(10).fill('ab'))[0] as never);
  expect(plainText(runs)).toBe('ab'.repeat(3000));
  expect(runs.length).toBe(3);
});

test('a sampled run holds what was drawn with the same settings', () => {
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

test('an encoding that comes back after an edit is ignored', () => {
  const tokens = { ids: Uint32Array.of(5), lengths: Uint32Array.of(5) };
  expect(withTokens(typed('hello'), 0, 'hello', tokens)[0].tokens).toBe(tokens);
  expect(withTokens(typed('hullo'), 0, 'hello', tokens)[0].tokens).toBeNull();
});

test('what a text costs grows by a fixed number of bytes a token', () => {
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
