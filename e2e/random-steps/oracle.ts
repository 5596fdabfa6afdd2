import type { Page } from '@playwright/test';

/** A text as the walker saw it after a step. */
export interface Seen {
  readonly words: string;
  /** The step that brought it, for messages. */
  readonly step: string;
}

export interface Look {
  readonly id: string;
  readonly words: string;
  readonly screen: string;
  readonly isIdle: boolean;
  /** The model wrote the end of the text. */
  readonly endsInSampled: boolean;
  readonly canRedo: boolean;
  /** Nothing was changed in it since it was shown. */
  readonly isPristine: boolean;
  /** The database holds the text and its branches as they are in the store. */
  readonly isStored: boolean;
  /** The page says that this text is not kept. */
  readonly saysUnkept: boolean;
  /** Texts of `wanted` that no undo, branch or kept text leads to. */
  readonly unreachable: readonly Seen[];
  /** Those that would be out of reach after a reload. */
  readonly unstored: readonly Seen[];
}

/**
 * What is on screen, in the store and in the database, and which of the `wanted` texts a person can no longer get at: by
 * undo or redo, as a branch, or among the texts of the list. A text counts as
 * there when another one only adds a passage to it.
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
    // biome-ignore lint/suspicious/noExplicitAny: the page's own object, whose types the browser does not know
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
    const left = [...playground.texts.left.values()] as { history: History }[];
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
    /** All of `words` stands in `text`, in order, around one passage at most. */
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
      saysUnkept: document.body.innerText.includes('Saving is tried again'),
      unreachable: missing(textsOf(values)),
      unstored: missing(textsOf(keptTexts.values())),
    };
  }, wanted);
}

/** Words alone: the screen hides the marks of headings, and shows an ornament where an article ends. */
export function wordsAlone(text: string): string {
  return text.replace(/[=❧]/g, '').replace(/\s+/gu, ' ').trim();
}
