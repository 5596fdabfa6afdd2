import { plainText, type Run, replaceText } from '../../../model/text/text';
import { commonLength } from './branches';
import { type Branch, lengthOf, type TextValue } from './text-value';

/** A piece of text that all branches below it share. */
export interface BranchNode {
  /** UTF-16 range in each of them. */
  readonly from: number;
  readonly to: number;
  /** A branch that contains the piece. */
  readonly branch: Branch;
  /** Ids of the branches that contain the piece. */
  readonly ids: readonly number[];
  /** The branch that ends here. */
  readonly ends: Branch | null;
  /** The current text contains the piece (isOnPath), or ends with it (isHere). */
  readonly isOnPath: boolean;
  readonly isHere: boolean;
  readonly children: readonly BranchNode[];
}

/** The id of the current text in the tree. It need not be a branch. */
const PRESENT = 0;

/** The tree of the text and its branches, from the piece that all share; null if all are empty. */
export function branchTree({ runs, model, branches }: TextValue): BranchNode | null {
  const present: Branch = { id: PRESENT, name: null, isPruned: false, runs, model };
  const texts = [...branches.filter(({ isPruned }) => !isPruned), present];
  if (texts.every((text) => lengthOf(text.runs) === 0)) return null;
  // The root is empty if they have no common beginning.
  return grow(texts, 0);
}

function grow(texts: readonly Branch[], from: number): BranchNode {
  const [first, ...others] = texts;
  const to = Math.min(lengthOf(first.runs), ...others.map((other) => commonLength(first.runs, other.runs)));
  const groups: Branch[][] = [];
  const ending: Branch[] = [];
  for (const text of texts) {
    if (lengthOf(text.runs) <= to) {
      ending.push(text);
      continue;
    }
    const group = groups.find(([other]) => commonLength(other.runs, text.runs) > to);
    if (group) group.push(text);
    else groups.push([text]);
  }
  const has = (list: readonly Branch[]) => list.some(({ id }) => id === PRESENT);
  return {
    from,
    to,
    branch: texts.find(({ id }) => id !== PRESENT) ?? first,
    ids: texts.map(({ id }) => id).filter((id) => id !== PRESENT),
    ends: ending.find(({ id }) => id !== PRESENT) ?? null,
    isOnPath: has(texts),
    isHere: has(ending),
    children: groups.map((group) => grow(group, to)),
  };
}

/** The runs of the piece of a node. */
export function runsOf({ branch, from, to }: BranchNode): readonly Run[] {
  const { runs } = branch;
  return replaceText(replaceText(runs, to, lengthOf(runs), ''), 0, from, '');
}

export function textOf(node: BranchNode): string {
  return plainText(runsOf(node));
}
