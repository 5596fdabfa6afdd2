import type { Change } from './change';
import { isOneGrapheme } from './graphemes';

/**
 * The source of an edit:
 *   key              typing, Backspace or Delete
 *   new composition  the first change of an input method
 *   composition      a later change, which may rewrite the earlier ones
 *   other            a paste, a drop, a cut, a command
 */
export type InputKind = 'key' | 'new composition' | 'composition' | 'other';

export interface Input {
  readonly kind: InputKind;
  readonly changes: readonly Change[];
  /** The removed text; '' if it is long. */
  readonly removed: string;
  /** UTF-16 offset of the caret afterwards. */
  readonly caret: number;
}

/** An undo step that the next input may join. */
export interface OpenStep {
  readonly does: 'insert' | 'delete';
  /** UTF-16 offset at which the next input must begin or end. */
  readonly at: number;
  /** UTF-16 range that the input method has written and may rewrite. */
  readonly composed: { readonly from: number; readonly to: number } | null;
  /** Time in ms after which typing starts a new step. */
  readonly until: number;
}

const PAUSE = 1200; // ms

/** UTF-16 units; longer text is assumed to have several graphemes. */
export const LONGEST_GRAPHEME = 64;

/**
 * Decides whether an input joins the previous step, and returns the step that the next input may join. A step removes only
 * text from before the step or of the same composition, so undo restores everything but half-written words.
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
