import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectError } from '../../tests/files';
import { GREEDY } from '../model/sampling/sampling';
import { open, seal } from './container';
import { decodeLink, encodeLink, isTooLong, LINK_LIMIT, NewerLinkError } from './link';
import { normalize, type Shared, type SharedRun } from './shared';

const FIXTURES = new URL('../../tests/links/', import.meta.url);

/** Links of all releases. Their values never change. Version 1 has no sequence penalty, so it is 0. */
const fixtures = readdirSync(FIXTURES).map((name) => {
  const { fragment, shared } = JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8'), (key, value) =>
    key === 'sampling' && value ? { sequencePenalty: 0, ...value } : value,
  );
  return { name, fragment: fragment as string, shared };
});
const prose = fixtures.find(({ name }) => name === 'v1-prose.json')!;

const plain = (shared: Shared) =>
  JSON.parse(JSON.stringify(shared, (_, value) => (value instanceof Uint32Array ? [...value] : value)));

const setting = (max: number) => fc.double({ min: 0, max, noNaN: true }).map((x) => x || 0);
const sampling = fc.record({
  temperature: setting(10),
  topK: fc.nat(2 ** 24),
  topP: fc.constantFrom(1, 0.95, 1e-4),
  minP: setting(1),
  repetitionPenalty: fc.double({ min: 0.1, max: 10, noNaN: true }),
  seed: fc.nat(2 ** 32 - 1),
  sequencePenalty: fc.oneof(fc.constant(0), setting(100)),
});

const characters = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('א', 'ع', '\u202e', '\u200f', '👩‍👩‍👧', '\ufeff', '\f', '\0', '<', '"'),
  }),
);
const anyString = fc.oneof(
  characters,
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
);

/** Random tokens of a text; tokens inside a character are empty. */
const sampledRun = fc
  .record({
    tokens: fc.array(fc.tuple(fc.oneof(fc.nat(50), fc.nat(2 ** 24 - 1)), characters)),
    sampling: fc.option(fc.oneof(fc.constant(GREEDY), sampling)),
  })
  .map(({ tokens, sampling }): SharedRun => ({ source: 'sampled', ...fromPieces(tokens), sampling }));
const typedRun = anyString.map((text): SharedRun => ({ source: 'typed', text }));

const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const start = fc.record({
  digest,
  name: anyString,
  modelName: anyString,
  length: fc.nat(),
  made: fc.stringMatching(/^\d{4}-\d\d-\d\d$/),
});

const shared: fc.Arbitrary<Shared> = fc.record({
  model: fc.record({ id: fc.stringMatching(/^[\w-][\w.-]{0,20}$/), digest }),
  runs: fc.array(fc.oneof(typedRun, sampledRun)),
  start: fc.option(start, { nil: undefined }),
  sampling,
  view: fc.dictionary(
    fc.stringMatching(/^[a-z][A-Za-z0-9]{0,20}$/),
    fc.oneof(fc.boolean(), fc.integer(), setting(1e300), anyString),
    { maxKeys: 10, noNullPrototype: true },
  ),
});

function fromPieces(pieces: readonly (readonly [number, string])[]) {
  return {
    text: pieces.map(([, piece]) => piece).join(''),
    tokens: {
      ids: Uint32Array.from(pieces, ([id]) => id),
      lengths: Uint32Array.from(pieces, ([, piece]) => piece.length),
    },
  };
}

const simple = (runs: SharedRun[]): Shared => ({ ...decodedProse, runs });
const STATE = {
  digest: 'ab'.repeat(32),
  name: 'Tea 57 tokens.leapformer.state',
  modelName: 'Wiki 10M',
  length: 58,
  made: '2026-11-29',
};
const decodedProse = await decodeLink(prose.fragment);

test.each(fixtures)('$name decodes to its value, and encodes to the same link', async (fixture) => {
  const decoded = await decodeLink(fixture.fragment);
  expect(plain(decoded)).toEqual(fixture.shared);
  expect(await encodeLink(decoded)).toBe(fixture.fragment);
});

test('round trip of any text, tokens, settings and view; lone surrogates become U+FFFD', () =>
  fc.assert(
    fc.asyncProperty(shared, async (value) => {
      const fragment = await encodeLink(value);
      expect(fragment).toMatch(/^[\w-]+$/);
      const decoded = await decodeLink(fragment);
      expect(decoded).toEqual(normalize(value));
      expect(await encodeLink(decoded)).toBe(fragment);
    }),
    { numRuns: 1000 },
  ));

test('round trip of texts of up to 4,000 tokens', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(8191), fc.string({ unit: 'grapheme', maxLength: 6 })), {
        minLength: 0,
        maxLength: 4000,
        size: 'max',
      }),
      async (pieces) => {
        const value = simple([{ source: 'sampled', ...fromPieces(pieces), sampling: GREEDY }]);
        expect(await decodeLink(await encodeLink(value))).toEqual(normalize(value));
      },
    ),
    { numRuns: 40 },
  ));

test('equal values have the same link', async () => {
  const a: SharedRun = {
    source: 'sampled',
    ...fromPieces([
      [1, 'a'],
      [2, 'b'],
    ]),
    sampling: GREEDY,
  };
  const b: SharedRun = { source: 'sampled', ...fromPieces([[3, 'c']]), sampling: { ...GREEDY } };
  const ab: SharedRun = {
    source: 'sampled',
    ...fromPieces([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]),
    sampling: GREEDY,
  };
  const one = { ...simple([{ source: 'typed', text: 'to\ud800' }, ab]), view: { x: 1, a: true } };
  const other = {
    ...simple([
      { source: 'typed', text: 't' },
      { source: 'typed', text: '' },
      { source: 'typed', text: 'o\ufffd' },
      a,
      b,
    ]),
    view: { a: true, x: 1 },
  };
  expect(await encodeLink(other)).toBe(await encodeLink(one));
});

test('a link has the oldest version that can hold it', async () => {
  const link = (sequencePenalty: number) =>
    encodeLink({ ...decodedProse, sampling: { ...decodedProse.sampling, sequencePenalty } });
  expect(await link(0)).toBe(prose.fragment);
  expect((await open(prose.fragment)).version).toBe(1);
  expect((await open(await link(0.5))).version).toBe(2);
  expect((await decodeLink(await link(0.5))).sampling.sequencePenalty).toBe(0.5);
  const withState = await encodeLink({ ...decodedProse, start: STATE });
  expect((await open(withState)).version).toBe(3);
  expect((await decodeLink(withState)).start).toEqual(STATE);
});

test('a thousand tokens of prose take less than half of the longest allowed link', () => {
  expect(prose.fragment.length).toBeLessThan(LINK_LIMIT / 2);
  expect(isTooLong('x'.repeat(LINK_LIMIT))).toBe(false);
  expect(isTooLong('x'.repeat(LINK_LIMIT + 1))).toBe(true);
});

test.each([
  ['a model id that is a path', { model: { ...decodedProse.model, id: '../elsewhere' } }],
  ['an invalid digest', { model: { ...decodedProse.model, digest: '12' } }],
  ['settings out of range', { sampling: { ...GREEDY, temperature: 11 } }],
  ['a view with an invalid name', { view: { 'a b': 1 } }],
  ['a view with an invalid value', { view: { a: Number.NaN } }],
  ['a saved state with an invalid digest', { start: { ...STATE, digest: '../' } }],
  ['a saved state with an invalid length', { start: { ...STATE, length: -1 } }],
  ['a text above the limit', { runs: [{ source: 'typed', text: 'x'.repeat(2 ** 20 + 1) }] }],
  [
    'tokens that do not fill their text',
    { runs: [{ source: 'sampled', ...fromPieces([[1, 'a']]), text: 'ab', sampling: null }] },
  ],
  [
    'tokens that end inside a character',
    {
      runs: [
        {
          source: 'sampled',
          ...fromPieces([
            [1, '\ud83d'],
            [2, '\ude00'],
          ]),
          sampling: null,
        },
      ],
    },
  ],
] as [string, Partial<Shared>][])('%s is not shared', (_, change) =>
  expectError(() => encodeLink({ ...decodedProse, ...change }), 'input', /./),
);

test('a link of a newer version throws NewerLinkError with the text', async () => {
  const fragment = await seal({ version: 4, text: 'Grüße 👋', body: Uint8Array.of(1, 2, 3) });
  const error = await decodeLink(fragment).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(NewerLinkError);
  expect(error).toMatchObject({
    text: 'Grüße 👋',
    code: 'input',
    message: expect.stringMatching(/newer version/),
  });
});
