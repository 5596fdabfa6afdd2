import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeRecords } from '../sampling/records';
import { appendSampled, plainText, type Run, replaceText, typed, withTokens } from './text';
import { recordOf, TokenIndex } from './token-index';

/** Tokens from pieces of text; an empty piece is a token inside a character. */
const encoded = (pieces: string[], firstId: number) => ({
  ids: Uint32Array.from(pieces, (_, i) => firstId + i),
  lengths: Uint32Array.from(pieces, (piece) => piece.length),
});

function typedTokens(pieces: string[], firstId = 1): readonly Run[] {
  const text = pieces.join('');
  return withTokens(typed(text), 0, text, encoded(pieces, firstId));
}

function sampled(before: readonly Run[], pieces: string[], firstId = 100): Run[] {
  const tokens = encoded(pieces, firstId);
  const predicted = { logProbability: -0.5, rank: 2, probability: 0.25, alternatives: [] };
  const records = makeRecords(Array.from(tokens.ids, (id) => ({ id, ...predicted })));
  return appendSampled(before, { text: pieces.join(''), tokens, records, sampling: null });
}

describe('the token index', () => {
  it('finds tokens by offset and by number, across runs and inside characters', () => {
    const index = new TokenIndex(sampled(typedTokens(['A', ' ']), ['foo', '', '', '😀', 'x']));
    expect([index.count, index.length, index.isComplete]).toEqual([7, 8, true]);
    expect([0, 1, 2, 4, 5, 6, 7, 8, -1].map((offset) => index.at(offset))).toEqual([
      0,
      1,
      2,
      2,
      5,
      5,
      6,
      null,
      null,
    ]);
    expect(index.token(3)).toMatchObject({ id: 101, from: 5, to: 5, place: 1, run: { source: 'sampled' } });
    expect(index.token(5)).toMatchObject({ id: 103, from: 5, to: 7 });
    expect(recordOf(index.token(5))).toMatchObject({ id: 103, logProbability: -0.5, rank: 2 });
    expect(recordOf(index.token(0))).toBeNull();
    expect(() => index.token(7)).toThrow(RangeError);
  });

  it('cuts before any token, typed or sampled, and inside characters', () => {
    const runs = sampled(typedTokens(['A', ' b']), ['foo', '', '😀', 'x']);
    const index = new TokenIndex(runs);
    for (let number = 0; number < index.count; number++) {
      const before = index.before(number);
      const cut = new TokenIndex(before);
      expect(cut.ids(0, cut.count)).toEqual(index.ids(0, number));
      expect(plainText(before)).toBe(plainText(runs).slice(0, index.token(number).from));
    }
    expect(index.ids(-2, 1)).toEqual([1]);
  });

  it('skips runs that are not encoded', () => {
    const runs = [...typedTokens(['A', 'b']), ...sampled([], ['c']), ...typed('??'), ...sampled([], ['d'])];
    const index = new TokenIndex(runs);
    expect(index.isComplete).toBe(false);
    expect([0, 1, 2, 3, 4, 5].map((offset) => index.at(offset))).toEqual([0, 1, 2, null, null, 3]);
    expect(index.token(3)).toMatchObject({ from: 5, to: 6 });
    expect(new TokenIndex([]).at(0)).toBeNull();
  });

  it('agrees with a simple count after any edit', () => {
    const pieces = fc.array(fc.constantFrom('', 'a', 'bc', ' def'), { minLength: 1, maxLength: 6 });
    const part = fc.oneof(
      pieces.map((p) => typedTokens(p)),
      pieces.map((p) => sampled([], p)),
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 5 }),
        fc.nat(30),
        fc.nat(5),
        fc.constantFrom('', '?'),
        (parts, at, size, insert) => {
          const whole = parts.flat().filter((run) => run.tokens!.ids.length);
          const end = plainText(whole).length;
          const from = Math.min(at, end);
          const runs = replaceText(whole, from, Math.min(from + size, end), insert);
          const index = new TokenIndex(runs);
          const owners: (number | null)[] = [];
          let number = 0;
          for (const { text, tokens } of runs) {
            if (!tokens) owners.push(...Array(text.length).fill(null));
            else
              for (const [place, length] of tokens.lengths.entries()) {
                expect(index.token(number)).toMatchObject({
                  from: owners.length,
                  to: owners.length + length,
                  place,
                });
                owners.push(...Array(length).fill(number++));
              }
          }
          expect(index.count).toBe(number);
          expect(owners.map((_, offset) => index.at(offset))).toEqual(owners);
        },
      ),
    );
  });
});
