/**
 * The rules of simultaneous translation, the same as in training/leapformer/translate/rules.py. A sentence pair is one
 * stream of tokens, in the order in which a wait-k policy reads and writes:
 *
 *     <|endoftext|> <en-de> s1 s2 s3 <w> t1 <r> s4 <w> t2 <r> ... </s> <w> tn ... <eos>
 *
 * `<w>`: write now; the model answers with one unit and `<r>`, or with `<r>` alone. `</s>`: the source is over; the next
 * `<w>` is the last one, and the model answers with all other units and `<eos>`. A unit is encoded as a space and its text,
 * so exactly the tokens that begin with a space start one.
 */

/** The first entries of the vocabulary, in this order; the languages follow. */
export const Control = { BOS: 0, WRITE: 1, READ: 2, OVER: 3, END: 4 } as const;
export const CONTROLS = ['<|endoftext|>', '<w>', '<r>', '</s>', '<eos>'] as const;
export const DIRECTIONS = ['en-de', 'en-fr'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** The largest k that the models are trained for, besides offline. */
export const LARGEST_K = 9;

/** Between a unit and the punctuation that stood apart from it. */
const JOINER = '\u00a0';
/** Longer units are cut into pieces of this many code points. */
const UNIT_CHARACTERS = 64;
/** Most tokens of one written unit. */
const UNIT_TOKENS = 64;

const END_OF_LINE = /\r\n|[\n\v\f\r\x85\u2028\u2029]/;
/** Unicode White_Space and two spaces without width. */
const SPACE = /[\t-\r\x85 \xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+/;
const THROUGH_LAST_SPACE = new RegExp(`^[^]*${SPACE.source}`);
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
const SENTENCE_END = /[.!?…]$/;

/** The token of a direction. */
export function directionToken(direction: Direction): number {
  return CONTROLS.length + DIRECTIONS.indexOf(direction);
}

/**
 * The units of a text: the parts between white space after NFC. A part without letter or digit joins the unit before it.
 * Long units are cut.
 */
export function unitsOf(text: string): string[] {
  return joinedUnits(text).flatMap(cutUnit);
}

export interface Sentence {
  /** The units that can be read. */
  readonly units: readonly string[];
  readonly over: boolean;
}

/**
 * The sentences of a text that is being typed. A unit can be read if white space follows it. A sentence is over after a
 * unit that ends with . ! ? or an ellipsis, at the end of a line, and at the end of the text if `ended`.
 */
export function sentencesOf(text: string, ended: boolean): Sentence[] {
  const lines = text.split(END_OF_LINE);
  return lines.flatMap((line, i) => {
    const over = ended || i < lines.length - 1;
    return sentencesOfLine(over ? line : (THROUGH_LAST_SPACE.exec(line)?.[0] ?? ''), over);
  });
}

function sentencesOfLine(line: string, over: boolean): Sentence[] {
  const sentences: Sentence[] = [];
  let units: string[] = [];
  for (const unit of joinedUnits(line)) {
    units.push(...cutUnit(unit));
    if (SENTENCE_END.test(unit)) {
      sentences.push({ units, over: true });
      units = [];
    }
  }
  if (units.length > 0) sentences.push({ units, over });
  return sentences;
}

function joinedUnits(text: string): string[] {
  const units: string[] = [];
  for (const part of text.toWellFormed().normalize('NFC').split(SPACE)) {
    if (part === '') continue;
    if (units.length > 0 && !LETTER_OR_DIGIT.test(part)) units[units.length - 1] += JOINER + part;
    else units.push(part);
  }
  return units;
}

function cutUnit(unit: string): string[] {
  if (unit.length <= UNIT_CHARACTERS) return [unit];
  const characters = [...unit];
  const pieces: string[] = [];
  for (let i = 0; i < characters.length; i += UNIT_CHARACTERS)
    pieces.push(characters.slice(i, i + UNIT_CHARACTERS).join(''));
  return pieces;
}

/**
 * The turns of a translation under wait-k: the numbers of source units that were read before the model writes. The last
 * turn of a sentence that is over is the end of the source.
 * @param k units to read before the first write; Infinity reads the whole sentence first
 */
export function turnsOf({ units, over }: Sentence, k: number): number[] {
  const first = Math.min(k, over ? units.length : k);
  return Array.from({ length: Math.max(0, units.length - first + 1) }, (_, turn) => first + turn);
}

export interface PairStream {
  readonly tokens: readonly number[];
  /** Whether the model draws the token: only these are scored in training. */
  readonly scored: readonly boolean[];
}

/**
 * The stream of a sentence pair.
 * @param source the tokens of each unit, at least one unit
 * @param k units to read before the first write; Infinity reads the whole sentence first
 */
export function pairStream(
  source: readonly (readonly number[])[],
  target: readonly (readonly number[])[],
  direction: Direction,
  k: number,
): PairStream {
  const tokens: number[] = [];
  const scored: boolean[] = [];
  const put = (ids: readonly number[], drawn: boolean) => {
    tokens.push(...ids);
    scored.push(...ids.map(() => drawn));
  };
  const turns = Math.max(0, source.length - k); // before the end of the source
  put([Control.BOS, directionToken(direction)], false);
  for (const [i, unit] of source.entries()) {
    put(unit, false);
    const turn = i + 1 - k;
    if (turn < 0 || turn >= turns) continue;
    put([Control.WRITE], false);
    put(target[turn] ?? [], true);
    put([Control.READ], true);
  }
  put([Control.OVER, Control.WRITE], false);
  put(target.slice(turns).flat(), true);
  put([Control.END], true);
  return { tokens, scored };
}

/** What a token means when the model draws it. */
export const Kind = {
  /** A control that only the reader places. */
  NEVER: 0,
  READ: 1,
  END: 2,
  /** Begins with a space: the first token of a unit. */
  START: 3,
  /** Continues a unit. */
  PART: 4,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** The kind of each token, from the bytes of the tokens. */
export function tokenKinds(bytes: readonly Uint8Array[]): Uint8Array {
  const kinds = Uint8Array.from(bytes, (token) => (token[0] === 0x20 ? Kind.START : Kind.PART));
  kinds.fill(Kind.NEVER, 0, CONTROLS.length + DIRECTIONS.length);
  kinds[Control.READ] = Kind.READ;
  kinds[Control.END] = Kind.END;
  return kinds;
}

/** The units that were read and written, and the tokens that may be drawn next. */
export class Writer {
  private source = 0;
  private over = false;
  private units = 0;
  /** Tokens of the unit that is being written; 0 between units. */
  private tokens = 0;

  /** The reader placed `count` units, and `</s>` if the source is over. */
  read(count: number, over: boolean): void {
    this.source += count;
    this.over = over;
  }

  /** Whether the model may draw a token of this kind. */
  allows(kind: Kind): boolean {
    switch (kind) {
      case Kind.READ:
        return !this.over;
      case Kind.END:
        return this.over;
      case Kind.START:
        return (this.over || this.tokens === 0) && this.units < 2 * this.source + 10;
      case Kind.PART:
        return this.tokens > 0 && this.tokens < UNIT_TOKENS;
      default:
        return false;
    }
  }

  /** The model drew a token of this kind. */
  draw(kind: Kind): void {
    if (kind === Kind.START) this.units++;
    this.tokens = kind === Kind.START ? 1 : kind === Kind.PART ? this.tokens + 1 : 0;
  }
}

/** Where a unit stands in a stream: the numbers of its first token and of the token after its last. */
export type Span = readonly [from: number, to: number];

/** Where the source units and the written units stand in a stream, in their order. */
export function unitSpans(
  tokens: readonly number[],
  kinds: Uint8Array,
): { readonly source: readonly Span[]; readonly written: readonly Span[] } {
  const source: [number, number][] = [];
  const written: [number, number][] = [];
  let side = source;
  for (const [i, id] of tokens.entries()) {
    if (id === Control.WRITE) side = written;
    else if (id === Control.READ) side = source;
    else if (kinds[id] === Kind.START) side.push([i, i + 1]);
    else if (kinds[id] === Kind.PART && side.length > 0) side[side.length - 1][1] = i + 1;
  }
  return { source, written };
}
