import { type Run, replaceText } from '../../../model/text/text';
import { TokenIndex } from '../../../model/text/token-index';
import type { History } from './history';
import { type Branch, difference, lengthOf, type TextValue } from './text-value';

/** Keeps the text as a branch. It replaces a branch that it continues; it is not kept if a branch contains all of it. */
export function keepBranch(value: TextValue): TextValue {
  const { runs, model, branches } = value;
  const length = lengthOf(runs);
  if (!length) return value;
  let longest: Branch | null = null;
  for (const branch of branches) {
    if (branch.isPruned) continue;
    const common = commonLength(branch.runs, runs);
    const whole = lengthOf(branch.runs);
    if (common === length) return value;
    if (common === whole && whole >= lengthOf(longest?.runs ?? [])) longest = branch;
  }
  const id = longest?.id ?? freshId(branches);
  const kept: Branch = { id, name: longest?.name ?? null, isPruned: false, runs, model };
  return { ...value, branches: [...branches.filter((branch) => branch !== longest), kept] };
}

export function nameBranch(value: TextValue, id: number, name: string): TextValue {
  const words = name.trim() || null;
  return withBranches(value, (branch) => (branch.id === id ? { ...branch, name: words } : branch));
}

export function pruneBranches(value: TextValue, ids: readonly number[]): TextValue {
  return withBranches(value, (branch) => (ids.includes(branch.id) ? { ...branch, isPruned: true } : branch));
}

/** The text of a branch up to an offset. */
export function walkTo(value: TextValue, { runs, model }: Branch, to: number): TextValue {
  const { branches } = keepBranch(value);
  return { ...value, runs: upTo(runs, to), model, generatedFrom: null, branches };
}

/** The text up to an offset; all of it stays as a branch. */
export function cutAt(value: TextValue, at: number): TextValue {
  return { ...keepBranch(value), runs: upTo(value.runs, at), generatedFrom: at };
}

function upTo(runs: readonly Run[], at: number): readonly Run[] {
  const length = lengthOf(runs);
  return at < length ? replaceText(runs, at, length, '') : runs;
}

/**
 * Carries the branches through an undo or redo, so that no generated text is lost. Only changes of the branches themselves,
 * their names and pruning, are undone.
 */
export function carryBranches(from: TextValue, to: TextValue): TextValue {
  if (from.branches === to.branches) return to;
  const then = new Map(from.runs === to.runs ? to.branches.map((branch) => [branch.id, branch]) : []);
  const carried = withBranches({ ...to, branches: from.branches }, (branch) => {
    const { name, isPruned } = then.get(branch.id) ?? branch;
    return name === branch.name && isPruned === branch.isPruned ? branch : { ...branch, name, isPruned };
  });
  // A value from before the text was replaced lacks these branches.
  const missing = to.branches.filter((own) => !from.branches.some((other) => holds(other, own)));
  return missing.reduce(addBranch, carried);
}

function holds(branch: Branch, { runs }: Branch): boolean {
  return branch.runs === runs || commonLength(branch.runs, runs) === lengthOf(runs);
}

function addBranch(value: TextValue, branch: Branch): TextValue {
  const isTaken = value.branches.some(({ id }) => id === branch.id);
  const id = isTaken ? freshId(value.branches) : branch.id;
  return { ...value, branches: [...value.branches, { ...branch, id }] };
}

function freshId(branches: readonly Branch[]): number {
  return 1 + Math.max(0, ...branches.map(({ id }) => id));
}

/**
 * Keeps the undone texts as branches, before a change makes redo impossible. It leaves out a text whose words are all in the
 * next one.
 */
export function keepUndone(history: History): History {
  const { present, future } = history;
  let { branches } = present;
  for (const [n, undone] of future.entries()) {
    const change = difference(undone.runs, (future[n + 1] ?? present).runs);
    if (change && change.from < change.to) branches = keepBranch({ ...undone, branches }).branches;
  }
  return branches === present.branches ? history : { ...history, present: { ...present, branches } };
}

function withBranches(value: TextValue, change: (branch: Branch) => Branch): TextValue {
  return { ...value, branches: value.branches.map(change) };
}

/** Length of the common beginning of two texts, in UTF-16 units. It never ends inside a token or character of the first. */
export function commonLength(a: readonly Run[], b: readonly Run[]): number {
  let n = 0;
  let common = 0;
  while (n < a.length && a[n].text === b[n]?.text) common += a[n++].text.length;
  const [restA, restB] = [a, b].map((runs) => new Rest(runs, n));
  while (restA.unit() !== undefined && restA.unit() === restB.unit()) {
    restA.next();
    restB.next();
    common++;
  }
  if (restA.unit() === undefined || restB.unit() === undefined) return common;
  if ((restA.unit()! & 0xfc00) === 0xdc00) common--; // the second half of a surrogate pair
  const index = new TokenIndex(a);
  const token = index.at(common);
  return token === null ? common : Math.min(common, index.token(token).from);
}

/** Reads the UTF-16 units of runs from the n-th run on, without joining them. */
class Rest {
  private readonly runs: readonly Run[];
  private n: number;
  private at = 0;

  constructor(runs: readonly Run[], n: number) {
    this.runs = runs;
    this.n = n;
    this.skipEmpty();
  }

  unit(): number | undefined {
    return this.runs[this.n]?.text.charCodeAt(this.at);
  }

  next(): void {
    this.at++;
    this.skipEmpty();
  }

  private skipEmpty(): void {
    while (this.n < this.runs.length && this.at >= this.runs[this.n].text.length) {
      this.n++;
      this.at = 0;
    }
  }
}
