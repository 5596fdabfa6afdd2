import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unknownRecords } from '../../../model/sampling/records';
import { appendSampled, plainText, type Run, replaceText, typed } from '../../../model/text/text';
import { parseKept } from '../library/persistence';
import { ready, settle } from '../testing';
import { type BranchNode, branchTree, textOf, tokensIn, wordsOf } from './branch-tree';
import { carryBranches, cutAt, keepBranch, nameBranch, pruneBranches, walkTo } from './branches';
import { EMPTY, lengthOf, type TextValue } from './text-value';

function sampled(before: readonly Run[], ...words: string[]): Run[] {
  return appendSampled(before, {
    text: words.join(''),
    tokens: {
      ids: Uint32Array.from(words, () => 5),
      lengths: Uint32Array.from(words, (word) => word.length),
    },
    records: unknownRecords(words.map(() => 5)),
    sampling: null,
  });
}

const texts = ({ branches }: TextValue) =>
  branches.filter(({ isPruned }) => !isPruned).map(({ runs }) => plainText(runs));

/** The tree as 'A( b( c)( d))', with | after the current text. */
function draw(node: BranchNode | null): string {
  if (!node) return '';
  const children = node.children.map((child) => `(${draw(child)})`).join('');
  return `${textOf(node)}${node.isHere ? '|' : ''}${children}`;
}

describe('branches', () => {
  it('are kept when the text diverges from them, and are replaced when it continues them', () => {
    const first = keepBranch({ ...EMPTY, runs: sampled(typed('A'), ' b', ' c') });
    expect(texts(first)).toEqual(['A b c']);
    const longer = keepBranch({ ...first, runs: sampled(first.runs, ' d') });
    expect(texts(longer)).toEqual(['A b c d']);
    expect(keepBranch({ ...longer, runs: first.runs }).branches).toBe(longer.branches);
    const other = keepBranch({ ...longer, runs: sampled(typed('A'), ' b', ' x') });
    expect(texts(other)).toEqual(['A b c d', 'A b x']);
    expect(draw(branchTree(other))).toBe('A b( c d)( x|)');
    expect(draw(branchTree({ ...other, runs: first.runs }))).toBe('A b( c|( d))( x)');
    expect(keepBranch(EMPTY).branches).toEqual([]);
  });

  it('diverge between tokens', () => {
    const one = keepBranch({ ...EMPTY, runs: sampled(typed('A'), ' certified') });
    const two = keepBranch({ ...one, runs: sampled(typed('A'), ' certain') });
    expect(draw(branchTree(two))).toBe('A( certified)( certain|)');
  });

  it('diverge between characters', () => {
    const one = keepBranch({ ...EMPTY, runs: typed('A 😀') });
    expect(draw(branchTree({ ...one, runs: typed('A 😁') }))).toBe('A (😀)(😁|)');
  });

  it('have the present title: a change of the title makes no branch', () => {
    const words = [' a', ' wren,'];
    const one = keepBranch({ ...EMPTY, runs: sampled(typed('= Tea =\n\nIt was'), ...words, ' one') });
    const two = keepBranch({ ...one, runs: sampled(typed('= Coffee =\n\nIt was'), ...words, ' two') });
    const body = 'It was a wren,';
    expect(draw(branchTree(two))).toBe(`= Coffee =\n\n${body}( one)( two|)`);
    const untitled = { ...two, runs: sampled(typed('It was'), ...words, ' two') };
    expect(draw(branchTree(untitled))).toBe(`${body}( one)( two|)`);
    const begun = branchTree({ ...one, runs: sampled(typed('= Tea time =\n\nIt was'), ...words) });
    expect(draw(begun)).toBe(`= Tea time =\n\n${body}|( one)`);
  });

  it('keep titles that the model generated, and titles of other texts', () => {
    const body = '\n\nIt is one of the longest words of the language.';
    const one = keepBranch({ ...EMPTY, runs: sampled([], '= Tea =', body) });
    expect(draw(branchTree({ ...one, runs: sampled([], '= Coffee =', body) }))).toContain('(= Tea =');
    const other = { ...EMPTY, branches: one.branches, runs: typed('= Coffee =\n\nA drink.') };
    expect(draw(branchTree(other))).toContain('(= Tea =');
  });

  it('are shown with the words before them, the first word that differs, and their tokens', () => {
    const start = typed('= Tea =\n\nThe album was');
    const encoded = start.map((run) => ({
      ...run,
      tokens: { ids: Uint32Array.of(1, 2), lengths: Uint32Array.of(9, run.text.length - 9) },
    }));
    const one = keepBranch({ ...EMPTY, runs: sampled(encoded, ' first', ' produced', ' here') });
    const [first, second] = branchTree({ ...one, runs: sampled(encoded, ' fi', 'ne') })!.children;
    expect(wordsOf(first)).toEqual({ before: 'album was', first: 'first', rest: 'produced here' });
    expect(tokensIn(first)).toBe(3);
    expect(wordsOf(second)).toEqual({ before: 'album was', first: 'fine', rest: '' });
    const parted = branchTree({ ...one, runs: sampled(encoded, ' first', ' pro', 'vided') })!;
    expect(tokensIn(parted)).toBe(3);
    expect(wordsOf(parted)).toMatchObject({ before: '', rest: 'Tea The album was first' });
    const inside = keepBranch({ ...EMPTY, runs: sampled(typed('He'), ' wh', 'at', ' is') });
    const [what, who] = branchTree({ ...inside, runs: sampled(typed('He'), ' wh', 'o', ' is') })!.children;
    expect([wordsOf(what), wordsOf(who)]).toEqual([
      { before: 'He', first: 'what', rest: 'is' },
      { before: 'He', first: 'who', rest: 'is' },
    ]);
    expect(tokensIn(what)).toBeNull(); // "He" is not encoded yet
  });

  it('contain every text, and the pieces on the path to a text join to that text', () => {
    const word = fc.constantFrom(' a', ' b', ' ab');
    fc.assert(
      fc.property(fc.array(fc.array(word, { minLength: 1, maxLength: 5 }), { maxLength: 6 }), (written) => {
        let value: TextValue = { ...EMPTY, runs: typed('A') };
        for (const words of written) value = keepBranch({ ...value, runs: sampled(typed('A'), ...words) });
        const found: string[] = [];
        const visit = (node: BranchNode, before: string) => {
          const text = before + textOf(node);
          expect(plainText(node.branch.runs).startsWith(text)).toBe(true);
          if (node.ends) found.push(text);
          for (const child of node.children) visit(child, text);
        };
        const tree = branchTree(value);
        if (tree) visit(tree, '');
        expect(found.sort()).toEqual(texts(value).sort());
        for (const words of written) {
          const text = `A${words.join('')}`;
          expect(texts(value).some((kept) => kept.startsWith(text))).toBe(true);
        }
      }),
    );
  });

  it('can be shown up to an offset, and the edited text becomes a branch', () => {
    const two = keepBranch({
      ...keepBranch({ ...EMPTY, runs: sampled(typed('A'), ' b', ' c') }),
      runs: sampled(typed('A'), ' x'),
    });
    const edited = { ...two, runs: replaceText(two.runs, 0, 1, 'Z') };
    const there = walkTo(edited, two.branches[0], 3);
    expect(plainText(there.runs)).toBe('A b');
    expect(texts(there)).toEqual(['A b c', 'A x', 'Z x']);
    expect(plainText(walkTo(there, there.branches[1], 3).runs)).toBe('A x');
  });

  it('keep the whole of a text that is cut, also typed words', () => {
    const value = { ...EMPTY, runs: sampled(typed('A dog'), ' b', ' c') };
    const inTyped = cutAt(value, 3);
    expect([plainText(inTyped.runs), inTyped.generatedFrom]).toEqual(['A d', 3]);
    expect(texts(inTyped)).toEqual(['A dog b c']);
    const inToken = cutAt(value, 8);
    expect(inToken.runs.map(({ source, text }) => [source, text])).toEqual([
      ['typed', 'A dog'],
      ['sampled', ' b'],
      ['typed', ' '],
    ]);
    expect(texts(cutAt({ ...EMPTY, runs: typed('only typed') }, 4))).toEqual(['only typed']);
  });

  it('survive undo, which reverts only names and pruning', () => {
    const before = keepBranch({ ...EMPTY, runs: sampled(typed('A'), ' b') });
    const named = nameBranch(before, 1, ' mine ');
    const pruned = pruneBranches(named, [1]);
    expect(named.branches[0].name).toBe('mine');
    expect(branchTree({ ...pruned, runs: [] })).toBeNull();
    const after = keepBranch({ ...named, runs: sampled(typed('A'), ' c') });
    expect(texts(carryBranches(after, named))).toEqual(['A b', 'A c']);
    expect(carryBranches(pruned, named).branches[0].isPruned).toBe(false);
    expect(carryBranches(named, before).branches[0].name).toBeNull();
  });

  it('are stored without the pruned ones', () => {
    const two = keepBranch({
      ...keepBranch({ ...EMPTY, runs: sampled(typed('A'), ' b') }),
      runs: sampled(typed('A'), ' c'),
    });
    const text = nameBranch(pruneBranches(two, [1]), 2, 'mine');
    const kept = parseKept(structuredClone({ version: 2, text }));
    expect(kept?.branches.map(({ id, name }) => [id, name])).toEqual([[2, 'mine']]);
    const damaged = { ...text, branches: [null, { id: 'x' }, { id: 3, runs: [{ source: 'sampled' }] }] };
    expect(parseKept({ version: 2, text: damaged })?.branches).toEqual([]);
  });
});

describe('on the page', () => {
  it('an undone text becomes a branch when an edit replaces it', async () => {
    const { playground, engine } = await ready('A');
    const type = (from: number, to: number, insert: string) => playground.edit({ from, to, insert });
    type(1, 1, ' long');
    type(6, 6, ' text');
    playground.undo();
    playground.undo();
    type(1, 1, ' short one');
    expect(texts(playground.text)).toEqual(['A long text']);
    playground.undo();
    const done = playground.generate();
    await settle();
    await engine().writes(' b');
    engine().finishes();
    await done;
    expect(texts(playground.text)).toEqual(['A long text', 'A short one', 'A b']);
  });

  it('every typed or generated word stays reachable after any undo, redo and replacement', async () => {
    const action = fc.constantFrom('type', 'prepend', 'overwrite', 'write', 'undo', 'redo');
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 20 }), async (actions) => {
        const { playground, engine, text } = await ready();
        const all: string[] = [];
        const word = () => {
          all.push(`w${all.length}.`);
          return all.at(-1)!;
        };
        for (const one of actions) {
          const { length } = text();
          if (one === 'undo') playground.undo();
          if (one === 'redo') playground.redo();
          if (one === 'type') playground.edit({ from: length, to: length, insert: word() });
          if (one === 'prepend') playground.edit({ from: 0, to: 0, insert: word() });
          if (one === 'overwrite') playground.edit({ from: 0, to: length, insert: word() });
          if (one !== 'write') continue;
          const done = playground.generate();
          await settle();
          await engine().writes(word());
          engine().finishes();
          await done;
        }
        const { past, present, future } = playground.store.getState().history!;
        const values = [...past.map(({ value }) => value), present, ...future];
        const reachable = values.flatMap(({ runs, branches }) => [runs, ...branches.map(({ runs }) => runs)]);
        const found = reachable.map(plainText).join('\n');
        for (const word of all) expect(found).toContain(word);
      }),
      { numRuns: 200 },
    );
  });

  it('generates from the cursor, as one undo step', async () => {
    const { playground, engine, text } = await ready('A long way');
    playground.cursor = 6;
    const done = playground.generateFromCursor();
    await settle();
    expect(engine().requests[0].runs).toEqual([{ text: 'A long' }]);
    await engine().writes(' road');
    engine().finishes();
    await done;
    expect(text()).toBe('A long road');
    expect(texts(playground.text)).toEqual(['A long way', 'A long road']);
    playground.undo();
    expect(text()).toBe('A long way');
  });

  it('each generation becomes a branch: regenerated, stopped by an edit, undone', async () => {
    const { playground, engine, text } = await ready('A');
    const write = async (press: () => Promise<void>, ...words: string[]) => {
      const done = press();
      await settle();
      await engine().writes(...words);
      engine().finishes();
      await done;
    };
    const kept = () => texts(playground.text);
    await write(() => playground.generate(), ' b', ' c');
    await write(() => playground.regenerate(), ' d');
    expect(kept()).toEqual(['A b c', 'A d']);
    playground.undo();
    expect(text()).toBe('A b c');
    expect(kept()).toEqual(['A b c', 'A d']);

    void playground.generate();
    await settle();
    await engine().writes(' e');
    playground.edit({ from: 0, to: 1, insert: 'Z' });
    engine().finishes();
    await settle();
    expect(text()).toBe('Z b c e');
    expect(kept()).toEqual(['A d', 'A b c e']);

    playground.goTo(playground.text.branches[0], lengthOf(playground.text.branches[0].runs));
    expect(text()).toBe('A d');
    expect(kept()).toEqual(['A d', 'A b c e', 'Z b c e']);
    playground.pruneBranches([playground.text.branches[1].id]);
    expect(kept()).toEqual(['A d', 'Z b c e']);
    playground.undo();
    expect(kept()).toEqual(['A d', 'A b c e', 'Z b c e']);
  });
});
