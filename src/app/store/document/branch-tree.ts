import { plainText, type Run, replaceText } from '../../../model/text/text';
import { commonLength } from './branches';
import { type Branch, lengthOf, type TextValue } from './text-value';

/** A piece of text that all texts below it share. */
export interface BranchNode {
  /** UTF-16 range in each of those texts. */
  readonly from: number;
  readonly to: number;
  /** A text that runs through here. */
  readonly branch: Branch;
  /** Ids of the branches that end here or below. */
  readonly ids: readonly number[];
  /** The branch that ends here. */
  readonly ends: Branch | null;
  /** The present text runs through here, to the end or beyond; or it ends here. */
  readonly isOnPath: boolean;
  readonly isHere: boolean;
  readonly children: readonly BranchNode[];
}

/** The present text is one of the tree's, whether or not it is kept. */
const PRESENT = 0;

/** Where the texts of the tree part, beginning with what they all share; null while there is nothing. */
export function branchTree({ runs, model, branches }: TextValue): BranchNode | null {
  const present: Branch = { id: PRESENT, name: null, isPruned: false, runs, model };
  const texts = [...branches.filter(({ isPruned }) => !isPruned), present];
  if (texts.every((text) => lengthOf(text.runs) === 0)) return null;
  // Those that agree in nothing part at a beginning of no length.
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

/** The runs of a node's own piece. */
export function runsOf({ branch, from, to }: BranchNode): readonly Run[] {
  const { runs } = branch;
  return replaceText(replaceText(runs, to, lengthOf(runs), ''), 0, from, '');
}

export function textOf(node: BranchNode): string {
  return plainText(runsOf(node));
}
