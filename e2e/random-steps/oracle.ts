import type { Page } from '@playwright/test';

/** The text after a step of the walker. */
export interface Seen {
  readonly words: string;
  /** The step, for messages. */
  readonly step: string;
}

export interface Look {
  readonly id: string;
  readonly words: string;
  readonly screen: string;
  readonly isIdle: boolean;
  /** The text ends with sampled text. */
  readonly endsInSampled: boolean;
  readonly canRedo: boolean;
  /** The text has no changes since it was opened. */
  readonly isPristine: boolean;
  /** The text and its branches are equal in the database and in the store. */
  readonly isStored: boolean;
  /** The page shows that this text is not saved. */
  readonly saysUnkept: boolean;
  /** Texts of `wanted` that are not in undo, redo, branches or saved texts. */
  readonly unreachable: readonly Seen[];
  /** Texts of `wanted` that a reload would lose. */
  readonly unstored: readonly Seen[];
}

/**
 * Reads the screen, the store and the database, and finds the `wanted` texts that a user can no longer reach by undo,
 * redo, a branch or the list of texts. A text counts as present if another text only adds one passage to it.
 */
export function look(page: Page, wanted: readonly Seen[]): Promise<Look> {
  return page.evaluate(async (wanted) => {
    interface Value {
      runs: { text: string; source: string }[];
      branches: { runs: { text: string }[]; isPruned: boolean }[];
    }
    interface History {
      past: { value: Value }[];
      present: Value;
      future: Value[];
    }
    // biome-ignore lint/suspicious/noExplicitAny: the page's own object, which has no types here
    const { playground } = globalThis as any;
    const { history, work } = playground.store.getState() as { history: History; work: { phase: string } };
    const { id } = playground.texts.store.getState().current;
    const plain = ({ runs }: { runs: { text: string }[] }) => runs.map(({ text }) => text).join('');
    const database = await new Promise<IDBDatabase | null>((resolve) => {
      const opening = indexedDB.open('leapformer-playground');
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => resolve(null);
    });
    const keptTexts = new Map<string, Value>();
    if (database) {
      const objects = database.transaction('kept').objectStore('kept');
      const range = IDBKeyRange.bound('text:', 'text;');
      const result = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve) => {
          request.onsuccess = () => resolve(request.result);
        });
      const keys = result(objects.getAllKeys(range));
      const values = result(objects.getAll(range));
      for (const [i, key] of (await keys).entries()) keptTexts.set(String(key), (await values)[i].text);
      database.close();
    }
    const left = [...playground.texts.histories.shown.values()] as { history: History }[];
    const unsaved = [...playground.texts.store.getState().unsaved.values()] as { text: Value }[];
    const histories = [history, ...left.map((one) => one.history)];
    const values = [
      ...unsaved.map(({ text }) => text),
      ...keptTexts.values(),
      ...histories.flatMap(({ past, present, future }) => [
        ...past.map(({ value }) => value),
        present,
        ...future,
      ]),
    ];
    const textsOf = (all: Iterable<Value>) =>
      new Set(
        [...all].flatMap((value) => [
          plain(value),
          ...value.branches.filter((branch) => !branch.isPruned).map(plain),
        ]),
      );
    /** Whether `text` is `words` with at most one passage inserted. */
    const holds = (text: string, words: string) => {
      if (text.length < words.length) return false;
      let head = 0;
      while (head < words.length && text[head] === words[head]) head++;
      return text.endsWith(words.slice(head));
    };
    const missing = (from: ReadonlySet<string>) =>
      wanted.filter(({ words }) => !from.has(words) && ![...from].some((text) => holds(text, words)));
    const stored = keptTexts.get(`text:${id}`);
    const all = (value: Value | undefined) =>
      JSON.stringify(value && [plain(value), value.branches.map(plain)]);
    return {
      id,
      words: plain(history.present),
      screen: document.querySelector<HTMLElement>('.cm-content')?.innerText ?? '',
      isIdle: work.phase === 'idle',
      endsInSampled: history.present.runs.at(-1)?.source === 'sampled',
      canRedo: history.future.length > 0,
      isPristine: history.past.length === 0 && history.future.length === 0,
      isStored: all(stored) === all(history.present),
      saysUnkept: document.body.innerText.includes('keeps trying to save'),
      unreachable: missing(textsOf(values)),
      unstored: missing(textsOf(keptTexts.values())),
    };
  }, wanted);
}

/** Only the words: the screen hides the marks of headings, and shows an ornament at the end of an article. */
export function wordsAlone(text: string): string {
  return text.replace(/[=❧]/g, '').replace(/\s+/gu, ' ').trim();
}
