import { vi } from 'vitest';
import { plainText } from '../../../model/text/text';
import { EXAMPLES, exampleText } from '../../examples';
import { typedText } from '../document/text-value';
import { encodeText, openFile, openText } from '../links/sharing';
import { Playground } from '../playground';
import { MemoryTexts } from './memory-texts';
import { type Failure, failed } from './outcome';
import { type Item, nameOf, type TextStorage } from './text-storage';
import { readTexts, writeTexts } from './texts-file';

// Support for tests: tabs of the page, a storage that fails, and the actions of a user.

let time = 0;

/** A tab of the page, which shares its texts with other tabs on the same storage. */
export async function tab<Storage extends TextStorage = MemoryTexts>(
  storage: Storage = new MemoryTexts() as never,
) {
  const playground = new Playground({
    createEngine: () => Promise.reject() as never,
    findModel: async () => ({ url: '' }),
    nextFrame: () => new Promise((resolve) => setTimeout(resolve)),
    randomSeed: () => 1,
    storage,
    now: () => ++time,
  });
  const { texts } = playground;
  await texts.begin();
  texts.beginWith(typedText('Example.'));
  const text = () => plainText(playground.text.runs);
  return {
    playground,
    texts,
    storage,
    text,
    type: (words: string) => playground.edit({ from: 0, to: 0, insert: words }),
    write: (words: string) => {
      playground.edit({ from: 0, to: text().length, insert: words });
      return texts.save();
    },
    current: () => texts.store.getState().current,
    names: () => texts.store.getState().entries.map(nameOf),
    notice: () => playground.store.getState().notice,
    idOf: (name: string) => texts.store.getState().entries.find((entry) => nameOf(entry) === name)!.id,
  };
}

type Call = 'list' | 'read' | 'write' | 'remove' | 'writeLast';
type Tab = Awaited<ReturnType<typeof tab<FailingTexts>>>;

/** A storage whose calls fail with the faults that a test sets. */
export class FailingTexts extends MemoryTexts {
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

export const CALLS: Call[] = ['list', 'read', 'write', 'remove', 'writeLast'];
export const FAILURES: Failure[] = ['blocked', 'full', 'unanswered', 'broken'];

const textsFile = (words: string) =>
  new File(
    [
      writeTexts([
        { entry: { id: '', name: null, title: '', changed: 1, revision: '' }, text: typedText(words) },
      ]),
    ],
    'a.json',
  );

/** The id of a text that is not shown. */
function otherOf({ texts, current }: Tab): string {
  return texts.store.getState().entries.find(({ id }) => id !== current().id)?.id ?? 'none';
}

const EXAMPLE = exampleText(await Object.values(EXAMPLES)[0]());

/** Every way to show another text. */
export const WAYS: Record<string, (tab: Tab) => Promise<unknown>> = {
  'a new text': ({ texts }) => texts.add(),
  'an example': ({ texts }) => texts.add(EXAMPLE),
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

/** These and the other actions of a user. */
export const ACTIONS: Record<string, (tab: Tab) => Promise<unknown>> = {
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
  return encodeText(playground, async () => ({ id: 'm', digest: '0'.repeat(64) }));
}

/** The words of all texts of a tab, in one string. */
export async function wordsOf({ texts }: Pick<Tab, 'texts'>): Promise<string> {
  const file = readTexts(await texts.export('all'));
  return file.kind === 'texts' ? file.items.map(({ text }) => plainText(text.runs)).join('\n') : '';
}

/** A tab with the texts 'Other' and 'Mine.', which is shown. */
export async function twoTexts(): Promise<Tab> {
  const opened = await tab(new FailingTexts());
  await opened.texts.add();
  await opened.write('Other');
  await opened.texts.add();
  await opened.write('Mine.');
  await opened.texts.refresh();
  return opened;
}

/** Advances the fake timers. */
export const later = (ms = 6000) => vi.advanceTimersByTimeAsync(ms);
