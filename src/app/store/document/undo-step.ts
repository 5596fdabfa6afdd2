import type { Change } from './change';
import { isOneGrapheme } from './graphemes';

/**
 * How an edit came about:
 *   key              typing, Backspace or Delete
 *   new composition  the first change of an input method
 *   composition      a later one, which may rewrite what the earlier ones wrote
 *   other            a paste, a drop, a cut, a command
 */
export type InputKind = 'key' | 'new composition' | 'composition' | 'other';

export interface Input {
  readonly kind: InputKind;
  readonly changes: readonly Change[];
  /** What the change removes; not needed where that is long. */
  readonly removed: string;
  /** Where typing goes on. */
  readonly caret: number;
}

/** A step of undo that the next input may join. */
export interface OpenStep {
  readonly does: 'insert' | 'delete';
  /** UTF-16 place at which the next input has to begin or end. */
  readonly at: number;
  /** UTF-16 range that the input method has written and may write anew. */
  readonly composed: { readonly from: number; readonly to: number } | null;
  /** ms; typing after a pause is a step of its own. */
  readonly until: number;
}

const PAUSE = 1200; // ms

/** UTF-16 units; nothing longer is looked at to find out whether it is one grapheme. */
export const LONGEST_GRAPHEME = 64;

/**
 * Whether an input joins the step before it, and the step that the next one may join. What a step removes was there
 * before the step or was written by the same composition, so that undo brings back everything but half-written words.
 */
export function nextStep(
  step: OpenStep | null,
  { kind, changes, removed, caret }: Input,
  now: number,
): { joins: boolean; open: OpenStep | null } {
  const [{ from, to, insert }] = changes;
  if (kind === 'other' || changes.length > 1) return { joins: false, open: null };
  const open: OpenStep = { does: 'insert', at: caret, composed: null, until: now + PAUSE };
  if (kind !== 'key') {
    const written = kind === 'composition' ? step?.composed : null;
    const joins = !!written && written.from <= from && to <= written.to;
    const begins = joins ? written.from : from;
    const ends = joins ? written.to + insert.length - (to - from) : from + insert.length;
    return { joins, open: { ...open, composed: { from: begins, to: ends } } };
  }
  const isSoon = step !== null && now < step.until;
  if (from === to) {
    const joins = isSoon && step.does === 'insert' && step.at === from && !insert.includes('\n');
    return { joins, open };
  }
  if (insert) return { joins: false, open };
  if (!isOneGrapheme(removed)) return { joins: false, open: null };
  const joins = isSoon && step.does === 'delete' && (step.at === to || step.at === from);
  return { joins, open: { ...open, does: 'delete', at: from } };
}
