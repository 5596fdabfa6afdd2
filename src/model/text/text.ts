import { RECORD_SIZE, unknownRecords } from '../sampling/records';
import { GREEDY, type Sampling } from '../sampling/sampling';
import { type Encoded, joinEncoded } from './encoded';

/** The end of an article in a text: a form feed, the page break of plain text. */
export const ARTICLE_BREAK = '\f';

/**
 * A text is a list of runs of tokens with their sources. Sampled text keeps its ids; typed text is encoded when the model
 * reads it, and again after an edit.
 */
export type Run = TypedRun | SampledRun;

interface TypedRun {
  readonly source: 'typed';
  readonly text: string;
  /** Null until encoded. */
  readonly tokens: Encoded | null;
  /** The ranges that another model wrote, in order. Their tokens were replaced by the encoding of their text. */
  readonly foreign?: readonly ForeignRange[];
}

/** A UTF-16 range of a run. */
export interface ForeignRange {
  readonly from: number;
  readonly to: number;
  /** The id of the model that wrote it. */
  readonly model: string;
}

export interface SampledRun {
  readonly source: 'sampled';
  readonly text: string;
  readonly tokens: Encoded;
  /** One record (sampling.ts) per token. */
  readonly records: Float32Array;
  /** The settings of the draws, including the seed; null if unknown. */
  readonly sampling: Sampling | null;
}

/** Most tokens of a sampled run, so that appending to a long text copies little. */
const RUN_TOKENS = 1024;

export function plainText(runs: readonly Run[]): string {
  return runs.map((run) => run.text).join('');
}

/** The UTF-16 range [from, to) of a text, without joining the whole text. */
export function textBetween(runs: readonly Run[], from: number, to: number): string {
  let [text, start] = ['', 0];
  for (const run of runs) {
    if (start >= to) break;
    text += run.text.slice(Math.max(0, from - start), to - start);
    start += run.text.length;
  }
  return text;
}

export function typed(text: string, foreign: readonly ForeignRange[] = []): Run[] {
  return text ? [withForeign({ source: 'typed', text, tokens: null }, foreign)] : [];
}

/** The same words as typed text, with sampled text as written by `model`. */
export function readAsTyped(runs: readonly Run[], model: string): Run[] {
  return merge(
    runs.flatMap(({ text, ...run }) =>
      typed(text, run.source === 'typed' ? run.foreign : [{ from: 0, to: text.length, model }]),
    ),
  );
}

/**
 * Replaces the UTF-16 range [from, to) by typed text. Sampled tokens outside the range stay unchanged. The rest of a token
 * that the range cuts becomes typed text, which is encoded with its neighbours. Tokens without text belong to the next
 * character and are dropped with it.
 */
export function replaceText(runs: readonly Run[], from: number, to: number, insert: string): Run[] {
  const left = splitRuns(runs, from);
  const right = splitRuns(runs, to);
  const isChanged = from < to || insert !== '';
  const after = isChanged && !right.after.some((run) => run.text) ? [] : right.after;
  return merge([...left.before, ...left.cut[0], ...typed(insert), ...right.cut[1], ...after]);
}

/** Appends sampled tokens with their records. A run has tokens with the same settings. */
export function appendSampled(runs: readonly Run[], addition: Omit<SampledRun, 'source'>): Run[] {
  const last = runs.at(-1);
  const joins =
    last?.source === 'sampled' &&
    last.tokens.ids.length < RUN_TOKENS &&
    isSameSampling(last.sampling, addition.sampling);
  if (!joins) return [...runs, { source: 'sampled', ...addition }];
  const tokens = joinEncoded([last.tokens, addition.tokens]);
  const records = new Float32Array(last.records.length + addition.records.length);
  records.set(last.records);
  records.set(addition.records, last.records.length);
  return [...runs.slice(0, -1), { ...last, text: last.text + addition.text, tokens, records }];
}

/** Stores the encoding of the run at `index`, unless its text has changed from `text`. */
export function withTokens(
  runs: readonly Run[],
  index: number,
  text: string,
  tokens: Encoded,
): readonly Run[] {
  const run = runs[index];
  return run?.source === 'typed' && run.text === text ? runs.with(index, { ...run, tokens }) : runs;
}

interface Cut {
  readonly before: readonly Run[];
  /** The cut token or typed run as typed text, on either side of the cut. */
  readonly cut: readonly [readonly Run[], readonly Run[]];
  readonly after: readonly Run[];
}

/** Splits runs at a UTF-16 offset. Tokens without text at the cut go to the right side. */
function splitRuns(runs: readonly Run[], at: number): Cut {
  if (at === 0) return { before: [], cut: [[], []], after: runs };
  let start = 0;
  for (const [i, run] of runs.entries()) {
    const end = start + run.text.length;
    if (at <= end) {
      const { before, cut, after } = splitRun(run, at - start);
      const earlier = runs.slice(0, i);
      return {
        // The cut breaks the first character of this run, whose first tokens are in earlier runs.
        before: before.length ? [...earlier, ...before] : withoutUnfinished(earlier),
        cut,
        after: [...after, ...runs.slice(i + 1)],
      };
    }
    start = end;
  }
  return { before: runs, cut: [[], []], after: [] };
}

/** Cuts inside a run or at its end. Tokens that share a character are kept or cut together. */
function splitRun(run: Run, at: number): Cut {
  const { text } = run;
  if (run.source === 'typed')
    return at === text.length
      ? { before: [run], cut: [[], []], after: [] }
      : { before: [], cut: [typedPart(run, 0, at), typedPart(run, at, text.length)], after: [] };
  const { lengths } = run.tokens;
  let group = 0; // first token of the group of tokens that completes a character
  let units = 0; // text before that group
  let token = 0;
  while (token < lengths.length && units + lengths[token] <= at) {
    units += lengths[token++];
    if (lengths[token - 1] > 0) group = token;
  }
  const before = group > 0 ? [slice(run, 0, group, 0, units)] : [];
  const rest = (first: number, from: number) =>
    first < lengths.length ? [slice(run, first, undefined, from)] : [];
  if (units === at) return { before, cut: [[], []], after: rest(group, at) };
  const end = units + lengths[token];
  const cut = [typed(text.slice(units, at)), typed(text.slice(at, end))] as const;
  return { before, cut, after: rest(token + 1, end) };
}

/** The range [from, to) of a typed run, not encoded. */
function typedPart({ text, foreign = [] }: TypedRun, from: number, to: number): Run[] {
  return typed(text.slice(from, to), clip(foreign, from, to));
}

/** The parts of ranges within [from, to), counted from `from`. */
function clip(ranges: readonly ForeignRange[], from: number, to: number): ForeignRange[] {
  return ranges
    .map((range) => ({
      ...range,
      from: Math.max(range.from, from) - from,
      to: Math.min(range.to, to) - from,
    }))
    .filter((range) => range.from < range.to);
}

function withForeign({ foreign: _, ...run }: TypedRun, foreign: readonly ForeignRange[]): TypedRun {
  return foreign.length ? { ...run, foreign } : run;
}

/** The runs without trailing tokens that have no text. */
function withoutUnfinished(runs: readonly Run[]): readonly Run[] {
  const n = runs.findLastIndex((run) => run.text);
  const run = runs[n];
  if (run?.source !== 'sampled') return runs.slice(0, n + 1);
  const end = run.tokens.lengths.findLastIndex((length) => length > 0) + 1;
  return [...runs.slice(0, n), slice(run, 0, end, 0)];
}

/**
 * The runs before token `place` of run `n`, with unchanged tokens, also inside a character. Typed tokens inside a character
 * become sampled tokens without records, so that typed text can always be encoded again.
 */
export function cutAtToken(runs: readonly Run[], n: number, place: number): readonly Run[] {
  const run = runs[n];
  if (place === 0) return runs.slice(0, n);
  const { ids, lengths } = run.tokens!;
  const units = lengths.subarray(0, place).reduce((sum, length) => sum + length, 0);
  const text = run.text.slice(0, units);
  if (run.source === 'sampled') return [...runs.slice(0, n), slice(run, 0, place, 0, units)];
  const whole = lengths.subarray(0, place).findLastIndex((length) => length > 0) + 1;
  const tokensKept = { ids: ids.slice(0, whole), lengths: lengths.slice(0, whole) };
  const foreign = clip(run.foreign ?? [], 0, text.length);
  const kept = withForeign({ ...run, text, tokens: tokensKept }, foreign);
  const before = [...runs.slice(0, n), ...(whole > 0 ? [kept] : [])];
  if (whole === place) return before;
  const inside = ids.slice(whole, place);
  const tokens = { ids: inside, lengths: new Uint32Array(inside.length) };
  return appendSampled(before, { text: '', tokens, records: unknownRecords(inside), sampling: null });
}

function slice(
  run: SampledRun,
  firstToken: number,
  endToken: number | undefined,
  from: number,
  to?: number,
): SampledRun {
  return {
    ...run,
    text: run.text.slice(from, to),
    tokens: {
      ids: run.tokens.ids.slice(firstToken, endToken),
      lengths: run.tokens.lengths.slice(firstToken, endToken),
    },
    records: run.records.slice(firstToken * RECORD_SIZE, endToken && endToken * RECORD_SIZE),
  };
}

/** Joins neighbouring typed runs, which are encoded as one. */
export function merge(runs: readonly Run[]): Run[] {
  const merged: Run[] = [];
  for (const run of runs) {
    const last = merged.at(-1);
    if (run.source === 'typed' && last?.source === 'typed')
      merged.splice(-1, 1, ...typed(last.text + run.text, joinForeign(last, run)));
    else merged.push(run);
  }
  return merged;
}

function joinForeign(a: TypedRun, b: TypedRun): readonly ForeignRange[] {
  const before = a.foreign ?? [];
  const shift = a.text.length;
  const after = (b.foreign ?? []).map((range) => ({
    ...range,
    from: range.from + shift,
    to: range.to + shift,
  }));
  const [last, first] = [before.at(-1), after[0]];
  const isOne = last && first && last.to === first.from && last.model === first.model;
  return isOne
    ? [...before.slice(0, -1), { ...last, to: first.to }, ...after.slice(1)]
    : [...before, ...after];
}

function isSameSampling(a: Sampling | null, b: Sampling | null): boolean {
  if (!a || !b) return a === b;
  return (Object.keys(GREEDY) as (keyof Sampling)[]).every((key) => a[key] === b[key]);
}
