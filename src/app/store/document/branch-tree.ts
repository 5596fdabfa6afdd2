import { plainText, type Run, replaceText, textBetween } from '../../../model/text/text';
import { TokenIndex } from '../../../model/text/token-index';
import { lineWords, retitle, titleOf } from './article';
import { commonLength } from './branches';
import { firstOf, lastOf } from './graphemes';
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

/**
 * The tree of the text and its branches, from the piece that all share; null if all are empty. A change of the title makes
 * no branch: branches from before the change have the present title here.
 */
export function branchTree({ runs, model, branches }: TextValue): BranchNode | null {
  const present: Branch = { id: PRESENT, name: null, isPruned: false, runs, model };
  const kept = branches.filter(({ isPruned }) => !isPruned);
  const texts = [...kept.map((branch) => ({ ...branch, runs: retitled(branch.runs, runs) })), present];
  if (texts.every((text) => lengthOf(text.runs) === 0)) return null;
  // The root is empty if they have no common beginning.
  return grow(texts, 0);
}

const SAME_BODY = 8; // characters of the body that two texts have in common if only their titles differ

/** The text with the title of the present one, if the user has changed the title since. */
function retitled(runs: readonly Run[], present: readonly Run[]): readonly Run[] {
  const title = titleOf(present);
  const words = title?.words ?? '';
  if (words === (titleOf(runs)?.words ?? '') || (hasSampledTitle(runs) && hasSampledTitle(present)))
    return runs;
  const { from, to, insert } = retitle(runs, words);
  const renamed = replaceText(runs, from, to, insert);
  const head = title ? title.to + ' =\n\n'.length : 0;
  const bodies = [renamed, present].map((text) => lengthOf(text) - head);
  const isSame = commonLength(renamed, present) - head >= Math.min(SAME_BODY, ...bodies);
  return isSame && Math.min(...bodies) > 0 ? renamed : runs;
}

/** The model generated the title, so another title begins another text. */
function hasSampledTitle(runs: readonly Run[]): boolean {
  const title = titleOf(runs);
  return title !== null && runs[0].source === 'sampled' && runs[0].text.length >= title.to;
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

/** The tokens of the piece; null while its text is not encoded. */
export function tokensIn({ branch, from, to }: BranchNode): number | null {
  const index = new TokenIndex(branch.runs);
  if (!index.isComplete) return null;
  const before = (offset: number) => {
    const number = index.at(offset);
    if (number === null) return offset > 0 ? index.count : 0;
    return index.token(number).from < offset ? number + 1 : number;
  };
  return before(to) - before(from);
}

/** The beginning of a piece on one line, with the words before it. */
export interface NodeWords {
  /** The last words before the piece; empty in the first piece. */
  readonly before: string;
  /** The first word that differs from the sibling branches, in full; empty in the first piece. */
  readonly first: string;
  readonly rest: string;
}

const SHOWN = 200; // characters

export function wordsOf(node: BranchNode): NodeWords {
  const { branch, from } = node;
  const text = firstOf(textOf(node), 5 * SHOWN);
  const lead = lastOf(textBetween(branch.runs, Math.max(0, from - SHOWN), from), 60);
  const begun = /^\S/.test(text) ? (/\S*$/.exec(lead)?.[0] ?? '') : '';
  const words = (begun + text).split('\n').map(lineWords).join(' ').replace(/\s+/g, ' ').trim();
  const shown = firstOf(words, SHOWN);
  if (from === 0) return { before: '', first: '', rest: shown };
  const line = lead
    .slice(0, lead.length - begun.length)
    .split('\n')
    .at(-1)!;
  const before = line.trim().split(/\s+/).slice(-2).join(' ');
  const [first] = shown.split(' ', 1);
  return { before, first, rest: shown.slice(first.length).trim() };
}
