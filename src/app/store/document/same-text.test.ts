import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unknownRecords } from '../../../model/sampling/records';
import { appendSampled, type Run, replaceText, typed, withTokens } from '../../../model/text/text';
import { TokenIndex } from '../../../model/text/token-index';
import { commonTokens, isSameText } from './same-text';

/** One token per letter. */
const encoded = (text: string) => ({
  ids: Uint32Array.from(text, (letter) => letter.charCodeAt(0)),
  lengths: new Uint32Array(text.length).fill(1),
});

const written = (runs: readonly Run[], text: string) => {
  const tokens = encoded(text);
  return appendSampled(runs, { text, tokens, records: unknownRecords(tokens.ids), sampling: null });
};

const read = (runs: readonly Run[]) =>
  runs.reduce((all, run, n) => (run.tokens ? all : withTokens(all, n, run.text, encoded(run.text))), runs);

it('a text stays the same when it is encoded, and differs when a word or its source changes', () => {
  const runs = written(typed('A long'), ' text');
  expect(isSameText(runs, read(runs))).toBe(true);
  expect(isSameText(runs, replaceText(runs, 0, 1, 'B'))).toBe(false);
  expect(isSameText(runs, written(runs, '.'))).toBe(false);
  expect(isSameText(runs, typed('A long text'))).toBe(false);
  expect(isSameText(runs, [])).toBe(false);
});

it('counts the common first tokens when the text grows or is edited', () => {
  const parts = (runs: readonly Run[]) => runs.map(({ tokens }) => tokens);
  const runs = read(written(typed('ab'), 'cd'));
  expect(commonTokens(parts(runs), runs)).toBe(4);
  expect(commonTokens(parts(runs), written(runs, 'ef'))).toBe(4);
  expect(commonTokens(parts(written(runs, 'ef')), runs)).toBe(4);
  expect(commonTokens(parts(runs), replaceText(runs, 3, 3, '!'))).toBe(3);
  expect(commonTokens(parts(runs), replaceText(runs, 0, 1, 'x'))).toBe(0);
  expect(commonTokens([], runs)).toBe(0);
});

it('counts only tokens with equal text and source', () => {
  const part = fc.record({
    isTyped: fc.boolean(),
    text: fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 }),
  });
  const text = fc
    .array(part, { maxLength: 4 })
    .map((parts) =>
      read(
        parts.reduce<readonly Run[]>(
          (runs, { isTyped, text }) =>
            isTyped
              ? replaceText(runs, lengthOf(runs), lengthOf(runs), text)
              : text
                ? written(runs, text)
                : runs,
          [],
        ),
      ),
    );
  fc.assert(
    fc.property(text, text, (before, now) => {
      const common = commonTokens(
        before.map(({ tokens }) => tokens),
        now,
      );
      const [a, b] = [before, now].map((runs) => new TokenIndex(runs).ids(0, common));
      expect(a).toEqual(b);
    }),
  );
});

function lengthOf(runs: readonly Run[]): number {
  return runs.reduce((sum, { text }) => sum + text.length, 0);
}
