import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CONTROLS,
  Control,
  DIRECTIONS,
  type Direction,
  Kind,
  pairStream,
  sentencesOf,
  tokenKinds,
  turnsOf,
  unitSpans,
  unitsOf,
  Writer,
} from './simultaneous';

/** Written by training/tests/simultaneous_vectors.py from the trainer's rules. */
const vectors: {
  units: [string, string[]][];
  sentences: [string, boolean, [string[], boolean][]][];
  streams: [number[][], number[][], Direction, number | null, number[], boolean[]][];
  writers: [['read', number, boolean] | ['draw', Kind], number[]][][];
} = JSON.parse(readFileSync('tests/golden/simultaneous.json', 'utf8'));

describe('the rules agree with the trainer', () => {
  test.each(vectors.units)('units of %j', (text, units) => {
    expect(unitsOf(text)).toEqual(units);
  });

  test.each(vectors.sentences)('sentences of %j, ended: %j', (text, ended, sentences) => {
    expect(sentencesOf(text, ended).map(({ units, over }) => [units, over])).toEqual(sentences);
  });

  test('streams', () => {
    for (const [source, target, direction, k, tokens, scored] of vectors.streams)
      expect(pairStream(source, target, direction, k ?? Infinity)).toEqual({ tokens, scored });
  });

  test('the tokens that may be drawn', () => {
    for (const walk of vectors.writers) {
      const writer = new Writer();
      for (const [event, allowed] of walk) {
        if (event[0] === 'read') writer.read(event[1], event[2]);
        else writer.draw(event[1]);
        expect(Object.values(Kind).filter((kind) => writer.allows(kind))).toEqual(allowed);
      }
    }
  });
});

const spaces = [...'\t\x85\xa0\u1680\u2009\u200b\u202f\u3000\ufeff '];
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom(
        ...spaces,
        '\n',
        '\r\n',
        '.',
        ' !',
        '…',
        '-',
        'word',
        'é',
        'e\u0301',
        'שלום',
        '東京',
        '😀',
        '\ud800',
      ),
    ),
  )
  .map((parts) => parts.join(''));

test('a unit holds no space but the joiner, begins with no joiner, and is at most 64 code points long', () => {
  fc.assert(
    fc.property(text, (source) => {
      for (const unit of unitsOf(source)) {
        expect([...unit].length).toBeLessThanOrEqual(64);
        for (const space of spaces) if (space !== '\xa0') expect(unit).not.toContain(space);
      }
    }),
  );
});

test('units lose nothing but white space, and the units of joined units are the same', () => {
  const withoutSpace = (value: string) => value.split(/[\s\x85\u200b]/).join('');
  fc.assert(
    fc.property(text, (source) => {
      const normal = source.toWellFormed().normalize('NFC');
      expect(withoutSpace(unitsOf(source).join(''))).toBe(withoutSpace(normal));
    }),
  );
  const words = fc.array(fc.stringMatching(/^[a-zé]{1,9}[.!]?$/), { minLength: 1 });
  fc.assert(
    fc.property(words, (list) => {
      expect(unitsOf(list.join(' '))).toEqual(list);
      expect(unitsOf(unitsOf(list.join(' ! ')).join(' '))).toEqual(unitsOf(list.join(' ! ')));
    }),
  );
});

test('every kind of white space separates units', () => {
  for (const space of [...spaces, '\n', '\r', '\v', '\f', '\u2028', '\u2029'])
    expect(unitsOf(`a${space}b`)).toEqual(['a', 'b']);
});

test('typing adds units at the end; punctuation after a space changes the last one', () => {
  fc.assert(
    fc.property(text, (source) => {
      const well = source.toWellFormed();
      const flat = (typed: string) => sentencesOf(typed, false).flatMap(({ units }) => units);
      const whole = flat(well);
      for (const cut of [well.length >> 2, well.length >> 1]) {
        const before = flat(well.slice(0, cut).toWellFormed());
        const kept = Math.max(0, before.length - 1);
        // a pair of surrogates or a character and its mark may be cut in two, but never inside a unit that was read
        expect(whole.slice(0, kept)).toEqual(before.slice(0, kept));
      }
    }),
  );
});

test('a text that ended has the units of the whole text, line by line, and all its sentences are over', () => {
  fc.assert(
    fc.property(text, (source) => {
      const sentences = sentencesOf(source, true);
      expect(sentences.every(({ over, units }) => over && units.length > 0)).toBe(true);
      const lines = source.split(/\r\n|[\n\v\f\r\x85\u2028\u2029]/);
      expect(sentences.flatMap(({ units }) => units)).toEqual(lines.flatMap(unitsOf));
    }),
  );
});

test('a unit is read after white space, and a sentence ends after . ! ? and an ellipsis', () => {
  const read = (typed: string) => sentencesOf(typed, false);
  expect(read('Hello')).toEqual([]);
  expect(read('Hello ')).toEqual([{ units: ['Hello'], over: false }]);
  expect(read('Hello.')).toEqual([]);
  expect(read('Hello. ')).toEqual([{ units: ['Hello.'], over: true }]);
  expect(read('Oh … so ')).toEqual([
    { units: ['Oh\u00a0…'], over: true },
    { units: ['so'], over: false },
  ]);
});

test('a pasted text of 100,000 characters without a space is cut into units', () => {
  const paste = 'x'.repeat(100_000);
  expect(sentencesOf(paste, false)).toEqual([]);
  expect(unitsOf(paste).length).toBe(Math.ceil(100_000 / 64));
  expect(unitsOf('! '.repeat(50_000)).join('').length).toBe(99_999);
});

test('a writer ends after at most 2n + 10 units, whatever the model prefers', () => {
  const choices = fc.infiniteStream(fc.nat());
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 8 }), choices, (n, k, random) => {
      const writer = new Writer();
      let source = Math.min(n, k);
      let [units, tokens, turn] = [0, 0, 0];
      writer.read(source, source === n);
      for (;;) {
        const allowed = Object.values(Kind).filter((kind) => writer.allows(kind));
        expect(allowed).not.toContain(Kind.NEVER);
        expect(allowed.includes(Kind.END)).toBe(source === n);
        expect(allowed.includes(Kind.READ)).toBe(source < n);
        // ends only if nothing else is allowed
        const others = allowed.filter((kind) => kind !== Kind.END);
        const kind = others.length ? others[random.next().value % others.length] : Kind.END;
        writer.draw(kind);
        expect(++tokens).toBeLessThan(64 * (2 * n + 10) + n + 2);
        if (kind === Kind.START) {
          units++;
          turn++;
        }
        expect(source === n || turn <= 1).toBe(true);
        if (kind === Kind.END) break;
        if (kind === Kind.READ) {
          source++;
          turn = 0;
          writer.read(1, source === n);
        }
      }
      expect(units).toBeLessThanOrEqual(2 * n + 10);
    }),
    { numRuns: 25 },
  );
});

test('a token that begins with a space starts a unit; of the controls only <r> and <eos> are drawn', () => {
  const bytes = [...CONTROLS, ...DIRECTIONS, ' a', 'a', ' ', '\u00a0!'].map((entry) =>
    new TextEncoder().encode(entry),
  );
  const { NEVER, READ, END, START, PART } = Kind;
  expect([...tokenKinds(bytes)]).toEqual([
    NEVER,
    NEVER,
    READ,
    NEVER,
    END,
    NEVER,
    NEVER,
    START,
    PART,
    START,
    PART,
  ]);
  expect(CONTROLS[Control.END]).toBe('<eos>');
});

const START = 7;
/** Kinds of a vocabulary with the controls, the languages, 3 starts of units and 3 parts. */
const kinds = Uint8Array.from([
  ...Array(START).fill(Kind.NEVER),
  Kind.START,
  Kind.START,
  Kind.START,
  Kind.PART,
  Kind.PART,
  Kind.PART,
]);
const unit = fc.tuple(
  fc.integer({ min: 7, max: 9 }),
  fc.array(fc.integer({ min: 10, max: 12 }), { maxLength: 3 }),
);
const side = fc.array(
  unit.map(([first, rest]) => [first, ...rest]),
  { maxLength: 6 },
);

test('the spans of a stream are its units, and its turns end after the units of turnsOf', () =>
  fc.assert(
    fc.property(
      side.filter(({ length }) => length > 0),
      side,
      fc.constantFrom(1, 2, 5, Number.POSITIVE_INFINITY),
      (source, target, k) => {
        const { tokens } = pairStream(source, target, 'en-de', k);
        const spans = unitSpans(tokens, kinds);
        const texts = (of: readonly (readonly [number, number])[]) => of.map((span) => tokens.slice(...span));
        expect(texts(spans.source)).toEqual(source);
        expect(texts(spans.written)).toEqual(target);
        const reads = tokens.flatMap((id, i) =>
          id === Control.WRITE ? [spans.source.filter(([from]) => from < i).length] : [],
        );
        expect(turnsOf({ units: source.map(String), over: true }, k)).toEqual(reads);
      },
    ),
  ));
