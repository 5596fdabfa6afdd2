import {
  ARTICLE_BREAK,
  plainText,
  type Run,
  readAsTyped,
  replaceText,
  typed,
} from '../../../model/text/text';
import type { Shared } from '../../../share/shared';
import { type Change, changeBetween } from './change';
import type { Start } from './start';

/** The document at one moment. Values are immutable and share runs, so undo stores only the differences. */
export interface TextValue {
  /** Set if the text and its branches continue from a saved state; it never changes. */
  readonly start?: Start | undefined;
  readonly runs: readonly Run[];
  /** The model of these tokens; null if the text has none yet. */
  readonly model: ModelRef | null;
  /** UTF-16 offset at which the last generation began; null if there was none, or an edit removed the place. */
  readonly generatedFrom: number | null;
  /** The number of tokens that the last generation asked for, if it was not that of the settings. */
  readonly generatedTokens?: number | undefined;
  /** Set if the text came from a link or a file; edits keep it. */
  readonly origin: Origin | null;
  /** The texts that this one replaced. */
  readonly branches: readonly Branch[];
}

/** The origin that a shared text names. */
export interface Origin {
  /** Null if a newer version made the link: then only its words can be read. */
  readonly claim: Pick<Shared, 'model' | 'sampling'> | null;
  /** The user has hidden the line about it. */
  readonly isKnown: boolean;
}

/**
 * A text that another text replaced. Texts share equal runs, so a branch needs memory only for its differences. The tree
 * of branches is not stored: branch-tree.ts derives it from the places where the texts differ.
 */
export interface Branch {
  /** Unique among the branches of a text. */
  readonly id: number;
  readonly name: string | null;
  /** Hidden from the tree; undo shows it again. */
  readonly isPruned: boolean;
  readonly runs: readonly Run[];
  readonly model: ModelRef | null;
}

/** The digest identifies the weights; the id is the name of their folder. */
export type ModelRef = Shared['model'];

export const EMPTY: TextValue = { runs: [], model: null, generatedFrom: null, origin: null, branches: [] };

/** A typed text. */
export function typedText(text: string): TextValue {
  return { ...EMPTY, runs: typed(text) };
}

export function lengthOf(runs: readonly Run[]): number {
  return runs.reduce((sum, run) => sum + run.text.length, 0);
}

/** The number of tokens without the opening one, which is the position of the last; null while a run is not encoded. */
export function countTokens(runs: readonly Run[]): number | null {
  let count = 0;
  for (const { tokens } of runs) {
    if (!tokens) return null;
    count += tokens.ids.length;
  }
  return count;
}

/** Makes a change, and moves the start of the last generation with the text. */
export function edit(value: TextValue, { from, to, insert }: Change): TextValue {
  const { generatedFrom: start } = value;
  const moved =
    start === null || to > start
      ? start !== null && from >= start
        ? start
        : null
      : start + insert.length - (to - from);
  return { ...value, runs: replaceText(value.runs, from, to, insert), generatedFrom: moved };
}

/** The text as it was before the last generation. */
export function beforeGeneration(value: TextValue): TextValue {
  const { runs, generatedFrom } = value;
  return { ...value, runs: replaceText(runs, generatedFrom ?? 0, lengthOf(runs), '') };
}

/** Its tokens belong to other weights. */
export function isForeign({ model, runs }: TextValue, { digest }: { readonly digest: string }): boolean {
  return model !== null && model.digest !== digest && runs.some(({ tokens }) => tokens);
}

/** The same words as typed text, because the ids of another model have no meaning for this one. */
export function asTyped(value: TextValue): TextValue {
  return { ...value, runs: readAsTyped(value.runs, value.model?.id ?? ''), model: null };
}

/** Whether a generation can be repeated. */
export function canRegenerate({ runs, generatedFrom }: TextValue): boolean {
  return generatedFrom !== null && generatedFrom < lengthOf(runs);
}

export function endsInSampled(runs: readonly Run[]): boolean {
  return runs.at(-1)?.source === 'sampled';
}

export function endsArticle(runs: readonly Run[]): boolean {
  return runs.at(-1)?.text.endsWith(ARTICLE_BREAK) === true;
}

/** A range of the text that a model wrote. */
export interface WrittenRange {
  readonly from: number;
  readonly to: number;
  /** Another model wrote it, so it is typed text for this one. */
  readonly isForeign: boolean;
}

/** The ranges of the text that models wrote, neighbours of a kind joined. */
export function writtenRanges(runs: readonly Run[]): WrittenRange[] {
  const ranges: WrittenRange[] = [];
  let at = 0;
  const add = (from: number, to: number, isForeign: boolean) => {
    const last = ranges.at(-1);
    if (last?.to === from && last.isForeign === isForeign) ranges.splice(-1, 1, { ...last, to });
    else ranges.push({ from, to, isForeign });
  };
  for (const run of runs) {
    if (run.source === 'sampled') add(at, at + run.text.length, false);
    else for (const { from, to } of run.foreign ?? []) add(at + from, at + to, true);
    at += run.text.length;
  }
  return ranges;
}

/** The one replacement that turns the text of `before` into the text of `after`; null if the texts are equal. */
export function difference(before: readonly Run[], after: readonly Run[]): Change | null {
  let first = 0;
  let from = 0;
  while (first < before.length && before[first] === after[first]) from += before[first++].text.length;
  let [endBefore, endAfter] = [before.length, after.length];
  while (endBefore > first && endAfter > first && before[endBefore - 1] === after[endAfter - 1]) {
    endBefore--;
    endAfter--;
  }
  const old = plainText(before.slice(first, endBefore));
  const now = plainText(after.slice(first, endAfter));
  if (old === now) return null;
  const change = changeBetween(old, now);
  return { ...change, from: from + change.from, to: from + change.to };
}
