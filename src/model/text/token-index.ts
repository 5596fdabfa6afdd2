import { logProbabilityOf, readRecord, type TokenRecord } from '../sampling/records';
import type { Encoded } from './encoded';
import { cutAtToken, type Run } from './text';

/** A token of a text. */
export interface Token {
  /** Counts from 0 at the text's first token, without the initial `<|endoftext|>`. */
  readonly number: number;
  readonly id: number;
  /** Its UTF-16 range; empty for a token that ends inside a character. */
  readonly from: number;
  readonly to: number;
  readonly run: Run;
  /** Index in its run. */
  readonly place: number;
}

/**
 * The tokens of a text by number and by offset. Creating one takes O(runs), independent of their length, because the data
 * of each run is cached by identity; so every version of a text gets its own index. Runs without an encoding have no
 * tokens here, so numbers match the model's positions only if `isComplete`.
 */
export class TokenIndex {
  /** Number of encoded tokens. */
  readonly count: number;
  /** Every run is encoded. */
  readonly isComplete: boolean;
  /** UTF-16 units of the text. */
  readonly length: number;
  private readonly runs: readonly Run[];
  /** First token and first UTF-16 unit of each run. */
  private readonly firstToken: readonly number[];
  private readonly firstUnit: readonly number[];

  constructor(runs: readonly Run[]) {
    const firstToken: number[] = [];
    const firstUnit: number[] = [];
    let [count, length, isComplete] = [0, 0, true];
    for (const { text, tokens } of runs) {
      firstToken.push(count);
      firstUnit.push(length);
      count += tokens?.ids.length ?? 0;
      length += text.length;
      isComplete &&= tokens !== null;
    }
    this.runs = runs;
    this.firstToken = firstToken;
    this.firstUnit = firstUnit;
    this.count = count;
    this.length = length;
    this.isComplete = isComplete;
  }

  /** The token that completes the UTF-16 unit at `offset`; null beyond the end and in text without an encoding. */
  at(offset: number): number | null {
    if (offset < 0 || offset >= this.length) return null;
    const n = lastAtMost(this.firstUnit, offset);
    const { tokens } = this.runs[n];
    // Of tokens with the same start, the last has units; the others end inside its character.
    return tokens && this.firstToken[n] + lastAtMost(startsOf(tokens), offset - this.firstUnit[n]);
  }

  /** @throws RangeError if there is no such token. */
  token(number: number): Token {
    if (!(number >= 0 && number < this.count))
      throw new RangeError(`There is no token ${number} among ${this.count}.`);
    const n = lastAtMost(this.firstToken, number); // a run without tokens has the same first token as the next run
    const run = this.runs[n];
    const place = number - this.firstToken[n];
    const from = this.firstUnit[n] + startsOf(run.tokens!)[place];
    return { number, id: run.tokens!.ids[place], from, to: from + run.tokens!.lengths[place], run, place };
  }

  /** The text before a token. */
  before(number: number): readonly Run[] {
    const n = lastAtMost(this.firstToken, number);
    return cutAtToken(this.runs, n, this.token(number).place);
  }

  /** Ids of the tokens [from, to). */
  ids(from: number, to: number): number[] {
    const first = Math.max(from, 0);
    return Array.from({ length: Math.max(to - first, 0) }, (_, i) => this.token(first + i).id);
  }
}

/**
 * Position of a token in the model's sequence, which starts with `<|endoftext|>` at position 0. The page numbers tokens by
 * position, so the text's first token is token 1.
 */
export function positionOf(number: number): number {
  return number + 1;
}

/** Number of the text's token at a position; -1 for the initial `<|endoftext|>`. */
export function numberAt(position: number): number {
  return position - 1;
}

/** Position of the last of `count` tokens including the initial `<|endoftext|>`, which is the number of the text's tokens. */
export function lastPosition(count: number): number {
  return Math.max(count - 1, 0);
}

/** The id of the other model that wrote the token's text; null if it was typed, or sampled by this model. */
export function foreignModelOf({ run, place }: Token): string | null {
  if (run.source !== 'typed' || !run.tokens) return null;
  const at = startsOf(run.tokens)[place];
  return run.foreign?.find(({ from, to }) => from <= at && at < to)?.model ?? null;
}

/** The record of a token's draw; null for typed tokens, and for tokens from links, which have no records. */
export function recordOf({ run, place }: Token): TokenRecord | null {
  if (run.source === 'typed' || Number.isNaN(logProbabilityOf(run.records, place))) return null;
  return readRecord(run.records, place);
}

const known = new WeakMap<Encoded, Uint32Array>();

/** Start of each token in its run, in UTF-16 units. */
function startsOf(tokens: Encoded): Uint32Array {
  let starts = known.get(tokens);
  if (!starts) {
    starts = new Uint32Array(tokens.lengths.length);
    let units = 0;
    for (let i = 0; i < starts.length; i++) {
      starts[i] = units;
      units += tokens.lengths[i];
    }
    known.set(tokens, starts);
  }
  return starts;
}

/** The last index whose value is at most `value`. The values ascend from 0. */
function lastAtMost(values: ArrayLike<number>, value: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (values[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
