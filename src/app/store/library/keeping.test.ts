import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { plainText } from '../../../model/text/text';
import { FINISHED } from '../../examples';
import { typedText } from '../document/text-value';
import { encodeText, openFile, openText } from '../links/sharing';
import { MemoryTexts } from './memory-texts';
import { type Failure, failed } from './outcome';
import { tab } from './test-tab';
import type { Item } from './text-storage';
import { readTexts, writeTexts } from './texts-file';

type Call = 'list' | 'read' | 'write' | 'remove' | 'writeLast';
type Tab = Awaited<ReturnType<typeof tab<FailingTexts>>>;

/** Fails as it is told to. */
class FailingTexts extends MemoryTexts {
  readonly faults = new Map<Call, Failure>();
  isAlone = false;

  override list = () => this.unless('list', () => super.list());
  override read = (id: string) => this.unless('read', () => super.read(id));
  override write = (item: Item, base: string) => this.unless('write', () => super.write(item, base));
  override remove = (...args: Parameters<MemoryTexts['remove']>) =>
    this.unless('remove', () => super.remove(...args));
  override claim = async (id: string) => this.isAlone || super.claim(id);
  override isFree = async (id: string) => this.isAlone || super.isFree(id);
  override writeLast(...args: Parameters<MemoryTexts['writeLast']>) {
    const failure = this.faults.get('writeLast');
    return failure ? failed(failure) : super.writeLast(...args);
  }

  private async unless<T>(call: Call, work: () => Promise<T>) {
    const failure = this.faults.get(call);
    return failure ? failed(failure) : work();
  }
}

const CALLS: Call[] = ['list', 'read', 'write', 'remove', 'writeLast'];
const FAILURES: Failure[] = ['blocked', 'full', 'unanswered', 'broken'];

const textsFile = (words: string) =>
  new File(
    [
      writeTexts([
        { entry: { id: '', name: null, title: '', changed: 1, revision: '' }, text: typedText(words) },
      ]),
    ],
    'a.json',
  );

/** A text that is not shown. */
function otherOf({ texts, current }: Tab): string {
  return texts.store.getState().entries.find(({ id }) => id !== current().id)?.id ?? 'none';
}

/** Every way in which another text comes in the place of the one that is shown. */
const WAYS: Record<string, (tab: Tab) => Promise<unknown>> = {
  'a new text': ({ texts }) => texts.add(),
  'an example': ({ texts }) => texts.add(FINISHED),
  'a beginning': ({ texts }) => texts.add(typedText('= A bird =')),
  'a plain text file': ({ playground }) => openFile(playground, new File(['Plain.'], 'a.txt')),
  'a file of texts': ({ playground }) => openFile(playground, textsFile('Imported.')),
  'a link': async ({ playground }) => openText(playground, await linkTo('Linked.'), 'link'),
  'a shared file': async ({ playground }) => openFile(playground, new File([await linkTo('Sent.')], 'b.txt')),
  'a text from the list': (tab) => tab.texts.open(otherOf(tab)),
  'the one that follows a deleted one': async ({ texts, current }) => {
    await texts.add(typedText('Deleted.'), 'at once');
    await texts.remove(current().id);
  },
};

/** What a person does else. */
const ACTIONS: Record<string, (tab: Tab) => Promise<unknown>> = {
  ...WAYS,
  typing: async ({ texts }) => texts.save(),
  'renaming this text': ({ texts, current }) => texts.rename(current().id, 'Named'),
  'renaming another': (tab) => tab.texts.rename(otherOf(tab), 'Named'),
  'deleting another and bringing it back': async (tab) => {
    await tab.texts.remove(otherOf(tab));
    await tab.texts.undo();
  },
  exporting: ({ texts }) => texts.export('all'),
  'hiding the page': async ({ texts }) => texts.leave(),
};

async function linkTo(words: string) {
  const { playground } = await tab();
  await playground.texts.add(typedText(words));
  return encodeText(playground, { id: 'm', digest: '0'.repeat(64) });
}

/** What all texts of a tab say, in one string. */
async function wordsOf({ texts }: Pick<Tab, 'texts'>): Promise<string> {
  const file = readTexts(await texts.export('all'));
  return file.kind === 'texts' ? file.items.map(({ text }) => plainText(text.runs)).join('\n') : '';
}

/** A tab with two texts, of which 'Mine.' is shown. */
async function twoTexts(): Promise<Tab> {
  const opened = await tab(new FailingTexts());
  await opened.texts.add();
  await opened.write('Other');
  await opened.texts.add();
  await opened.write('Mine.');
  await opened.texts.refresh();
  return opened;
}

const later = (ms = 6000) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('while the storage fails', () => {
  const cases = CALLS.flatMap((call) =>
    FAILURES.flatMap((failure) => Object.keys(ACTIONS).map((action) => ({ call, failure, action }))),
  );

  it.each(cases)(
    '$call, $failure: $action loses nothing, and is made up for',
    async ({ call, failure, action }) => {
      const opened = await twoTexts();
      const { storage, texts, type } = opened;
      type('First. ');
      storage.faults.set(call, failure);
      await ACTIONS[action](opened);
      type('Second. ');
      await texts.save();
      await later();
      const { unsaved, keeping } = texts.store.getState();
      if (call === 'write') expect(keeping).toMatchObject({ failure });
      if (call !== 'write') expect(unsaved.size).toBe(0);
      if (call !== 'read') expect(await wordsOf(opened)).toMatch(/First\..*Mine\./s);
      expect(await wordsOf(opened)).toContain('Second.');
      storage.faults.clear();
      await later();
      expect(texts.store.getState()).toMatchObject({ keeping: 'ok', unsaved: new Map() });
      const words = await wordsOf(await tab(new MemoryTexts(storage)));
      for (const typed of ['First.', 'Second.', 'Mine.', 'Other']) expect(words).toContain(typed);
    },
  );

  it('says so each time, and as long as it lasts', async () => {
    const { storage, texts, type } = await twoTexts();
    for (const round of [1, 2]) {
      storage.faults.set('write', 'full');
      type(`Round ${round}. `);
      await later();
      expect(texts.store.getState().keeping).toMatchObject({ failure: 'full' });
      storage.faults.clear();
      await later();
      expect(texts.store.getState().keeping).toBe('ok');
    }
  });

  it('holds every text that is left, and shows each again', async () => {
    const { storage, texts, write, text, idOf, names } = await twoTexts();
    storage.faults.set('write', 'full');
    storage.faults.set('read', 'broken');
    for (const words of ['One', 'Two', 'Three']) {
      await texts.add();
      await write(words);
    }
    expect(names().slice(0, 3)).toEqual(['Three', 'Two', 'One']);
    await texts.open(idOf('One'));
    expect(text()).toBe('One');
  });

  it('warns of leaving only where something would be lost', async () => {
    const { storage, texts, type } = await twoTexts();
    type('x');
    expect(texts.leave()).toBe(true);
    await later();
    storage.faults.set('write', 'full');
    expect(texts.leave()).toBe(true); // there is nothing to lose
    type('y');
    await later();
    expect(texts.leave()).toBe(true); // it has a second place
    storage.faults.set('writeLast', 'full');
    expect(texts.leave()).toBe(false);
    storage.faults.clear();
    await later();
    expect(texts.leave()).toBe(true);
  });

  it('a page that goes and comes back shows what it could not write, and goes on trying', async () => {
    const { storage, texts, type } = await twoTexts();
    storage.faults.set('write', 'full');
    type('Late. ');
    texts.leave();
    await later();
    const next = new FailingTexts(storage.reloaded());
    next.faults.set('write', 'full');
    const after = await tab(next);
    expect(after.text()).toBe('Late. Mine.');
    await later();
    expect(after.texts.store.getState().keeping).toMatchObject({ failure: 'full' });
    next.faults.clear();
    await later();
    expect(after.texts.store.getState().keeping).toBe('ok');
    expect(after.names()).toEqual(['Late. Mine.', 'Other']);
  });
});

describe('words that a page left beside the storage', () => {
  it('do not come back once later ones are stored', async () => {
    const { storage, texts, type, text } = await twoTexts();
    storage.faults.set('write', 'full');
    type('Early. ');
    texts.leave(); // a hidden page
    storage.faults.clear();
    type('Late. ');
    await later();
    expect(texts.store.getState().keeping).toBe('ok');
    expect(storage.left()).toEqual([]);
    const after = await tab(storage.reloaded());
    expect(after.text()).toBe(text());
  });

  it('do not hide what the same page stored after them', async () => {
    const { storage, texts, type, text } = await twoTexts();
    type('Early. ');
    texts.leave();
    const left = storage.left();
    type('Late. ');
    await later();
    for (const { item, base } of left) storage.writeLast(item, base); // as a page that was ended leaves them
    const next = new FailingTexts(storage.reloaded());
    next.faults.set('write', 'full');
    const after = await tab(next);
    expect(after.text()).toBe(text());
    expect(next.left()).toEqual([]);
  });

  it('are in the list of a tab that stays open', async () => {
    const staying = await twoTexts();
    const going = await tab(new FailingTexts(staying.storage));
    going.storage.faults.set('write', 'full');
    going.type('Theirs. ');
    await later(); // it is a copy now: the staying tab has the text open
    going.texts.leave();
    await staying.texts.refresh();
    await later();
    expect(await wordsOf(staying)).toContain('Theirs. Mine.');
  });
});

describe('another text in the place of the one that is shown', () => {
  it.each(Object.keys(WAYS).flatMap((way) => ['typed just now', 'written'].map((when) => [way, when])))(
    '%s: the old one, %s, is there after a reload',
    async (way, when) => {
      const opened = await twoTexts();
      opened.type('Unique. ');
      if (when === 'written') await later();
      await WAYS[way](opened);
      opened.texts.leave();
      const after = await tab(opened.storage.reloaded());
      expect(await wordsOf(after)).toContain('Unique. Mine.');
    },
  );

  it.each(['a reload', ...Object.keys(WAYS)])('%s keeps what was undone as a branch', async (way) => {
    const opened = await twoTexts();
    opened.type('Undone. ');
    opened.playground.undo();
    await WAYS[way]?.(opened);
    opened.texts.leave();
    const after = await tab(opened.storage.reloaded());
    await after.texts.open(after.idOf('Mine.'));
    const { branches } = after.playground.text;
    expect(branches.map(({ runs }) => plainText(runs))).toEqual(['Undone. Mine.']);
  });

  it('that came by a link or a file is there too; an example is kept from its first change on', async () => {
    const opened = await twoTexts();
    for (const way of [
      'a link',
      'a plain text file',
      'a shared file',
      'a file of texts',
      'an example',
      'a beginning',
    ])
      await WAYS[way](opened);
    opened.texts.leave();
    const after = await tab(opened.storage.reloaded());
    expect(after.names().length).toBe(6);
    for (const words of ['Linked.', 'Plain.', 'Sent.', 'Imported.', 'Mine.', 'Other'])
      expect(await wordsOf(after)).toContain(words);
  });
});

it('no sequence of actions in two tabs, with a storage that fails and heals, loses words', async () => {
  const step = fc.record({
    tab: fc.nat(1),
    action: fc.constantFrom(...Object.keys(ACTIONS)),
    fault: fc.option(
      fc.tuple(fc.constantFrom(...CALLS.filter((c) => c !== 'writeLast')), fc.constantFrom(...FAILURES)),
      { nil: null },
    ),
    isAlone: fc.boolean(), // no lock tells the tabs apart
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const first = await twoTexts();
      const tabs = [first, await tab(new FailingTexts(first.storage))];
      const typed: string[] = [];
      for (const { tab: n, action, fault, isAlone } of steps) {
        const at = tabs[n];
        at.storage.isAlone = isAlone;
        at.storage.faults.clear();
        if (fault) at.storage.faults.set(...fault);
        typed.push(`<${typed.length}>`);
        at.type(typed.at(-1)!);
        await ACTIONS[action](at);
        if (typed.length % 2) await later(400);
      }
      for (const { storage } of tabs) storage.faults.clear();
      await later(20_000);
      for (const { texts } of tabs) await texts.save();
      await later(20_000);
      const words = await wordsOf(await tab(new MemoryTexts(first.storage)));
      const deleted = tabs.flatMap(({ texts }) =>
        texts.store.getState().done.map(({ text }) => plainText(text?.runs ?? [])),
      );
      for (const token of typed) expect(words + deleted.join()).toContain(token);
    }),
    { numRuns: 200 },
  );
});
