import { EMPTY, type TextValue } from './text-value';

/** Undo and redo. The history keeps whole values, so undo restores ids, records and sources with the words. */
export interface History {
  readonly past: readonly Step[];
  readonly present: TextValue;
  readonly future: readonly TextValue[];
}

interface Step {
  readonly value: TextValue;
  /** UTF-16 units in memory that only this value refers to. */
  readonly cost: number;
}

const STEPS = 1000;
const BUDGET = 64 * 2 ** 20; // UTF-16 units; texts of megabytes have fewer steps

export function begin(value: TextValue = EMPTY): History {
  return { past: [], present: value, future: [] };
}

/** Changes the text to `next`, as a new undo step. */
export function commit({ past, present }: History, next: TextValue): History {
  const step = { value: present, cost: costOf(present, next) };
  return { past: trim([...past, step]), present: next, future: [] };
}

/** Changes the text to `next` within the current undo step. */
export function amend(history: History, next: TextValue): History {
  return { ...history, present: next };
}

/** Changes every text of the history in the same way, without a step. */
export function mapTexts(
  { past, present, future }: History,
  change: (text: TextValue) => TextValue,
): History {
  return {
    past: past.map(({ value, cost }) => ({ value: change(value), cost })),
    present: change(present),
    future: future.map(change),
  };
}

export function undo(history: History): History {
  const last = history.past.at(-1);
  if (!last) return history;
  return {
    past: history.past.slice(0, -1),
    present: last.value,
    future: [history.present, ...history.future],
  };
}

export function redo({ past, present, future }: History): History {
  if (!future.length) return { past, present, future };
  const step = { value: present, cost: costOf(present, future[0]) };
  return { past: [...past, step], present: future[0], future: future.slice(1) };
}

function costOf(value: TextValue, next: TextValue): number {
  const shared = new Set(next.runs);
  return value.runs.reduce((sum, run) => sum + (shared.has(run) ? 0 : run.text.length), 0);
}

/** Drops the oldest steps, but never the newest one. */
function trim(past: readonly Step[]): readonly Step[] {
  let cost = 0;
  let first = past.length - 1;
  while (first > 0 && past.length - first < STEPS && cost + past[first - 1].cost <= BUDGET)
    cost += past[--first].cost;
  return past.slice(first);
}
