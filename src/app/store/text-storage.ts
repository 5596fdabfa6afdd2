import { createStore, type UseStore } from 'idb-keyval';
import { labelOf } from './article';
import { parseKept, VERSION } from './persistence';
import type { TextValue } from './text-value';
import { readTexts, writeTexts } from './texts-file';

/** What is known of a kept text without reading it. */
export interface TextEntry {
  readonly id: string;
  /** As the person named it; null: it goes by its title. */
  readonly name: string | null;
  /** Its title or first words. */
  readonly title: string;
  /** When it was changed last, in ms since 1970. */
  readonly changed: number;
}

/** Where texts are kept. */
export interface TextStorage {
  list(): Promise<TextEntry[]>;
  read(id: string): Promise<TextValue | null>;
  write(entry: TextEntry, text: TextValue): Promise<void>;
  /** Keeps a text at once, in a page that is about to go and may not get done what `write` begins. */
  writeLast(entry: TextEntry, text: TextValue): void;
  rename(entry: TextEntry): Promise<void>;
  remove(id: string): Promise<void>;
  /** Takes a text for this tab, which is then the only one to write it, and lets the last one go; false: another tab has it. */
  hold(id: string, patience: number): Promise<boolean>;
  /** No other tab has it. */
  isFree(id: string): Promise<boolean>;
  /** The text that this tab showed before a reload, else the one that any tab opened last. */
  remembered(): { readonly id: string | null; readonly isReload: boolean };
  remember(id: string): void;
}

const LAST = 'text'; // in sessionStorage: of this tab; in localStorage: of any
const BEFORE = 'text'; // the key of the one text that there was at first
const LEFT = 'left:'; // in localStorage: texts of pages that went

/** In IndexedDB, since texts may be megabytes. Locks tell the tabs apart; without them (http) the last one to write wins. */
export class BrowserTexts implements TextStorage {
  private readonly store: UseStore;
  private release: (() => void) | null = null;
  private holding: Promise<unknown> = Promise.resolve();

  constructor() {
    this.store = createStore('leapformer-playground', 'kept');
  }

  async list(): Promise<TextEntry[]> {
    await this.adopt();
    await this.adoptLeft();
    const range = IDBKeyRange.bound('entry:', 'entry;');
    return this.store('readonly', (objects) => result<TextEntry[]>(objects.getAll(range)));
  }

  async read(id: string): Promise<TextValue | null> {
    return parseKept(await this.store('readonly', (objects) => result(objects.get(`text:${id}`))));
  }

  write(entry: TextEntry, text: TextValue): Promise<void> {
    return this.change((objects) => {
      objects.put(entry, `entry:${entry.id}`);
      objects.put({ version: VERSION, text }, `text:${entry.id}`);
    });
  }

  /** In localStorage, whose limit of about 5 MB is that of 25,000 tokens: a larger text has `write` alone. */
  writeLast(entry: TextEntry, text: TextValue): void {
    attempt(() => localStorage.setItem(LEFT + entry.id, writeTexts([{ entry, text }])));
  }

  rename(entry: TextEntry): Promise<void> {
    return this.change((objects) => objects.put(entry, `entry:${entry.id}`));
  }

  remove(id: string): Promise<void> {
    return this.change((objects) => {
      objects.delete(`entry:${id}`);
      objects.delete(`text:${id}`);
    });
  }

  hold(id: string, patience: number): Promise<boolean> {
    const isHeld = this.holding.then(() => this.take(id, patience)); // one after the other: the last one stays
    this.holding = isHeld.catch(() => {});
    return isHeld;
  }

  private take(id: string, patience: number): Promise<boolean> {
    this.release?.();
    this.release = null;
    if (!navigator.locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      const options = patience ? { signal: AbortSignal.timeout(patience) } : { ifAvailable: true };
      const whileHeld = (lock: Lock | null) => {
        resolve(lock !== null);
        if (lock) return new Promise<void>((release) => (this.release = release));
      };
      navigator.locks.request(lockOf(id), options, whileHeld).catch(() => resolve(false));
    });
  }

  async isFree(id: string): Promise<boolean> {
    if (!navigator.locks) return true;
    return navigator.locks.request(lockOf(id), { ifAvailable: true }, (lock) => lock !== null);
  }

  remembered() {
    const tab = attempt(() => sessionStorage.getItem(LAST));
    return { id: tab ?? attempt(() => localStorage.getItem(LAST)), isReload: tab !== null };
  }

  remember(id: string): void {
    attempt(() => sessionStorage.setItem(LAST, id));
    attempt(() => localStorage.setItem(LAST, id));
  }

  /** The one text of earlier versions becomes the first of several. */
  private async adopt(): Promise<void> {
    const text = parseKept(await this.store('readonly', (objects) => result(objects.get(BEFORE))));
    if (!text) return;
    const entry: TextEntry = { id: 'first', name: null, title: labelOf(text.runs), changed: 0 };
    await this.change((objects) => {
      objects.delete(BEFORE);
      objects.put(entry, `entry:${entry.id}`);
      objects.put({ version: VERSION, text }, `text:${entry.id}`);
    });
  }

  /** What pages left in going, where it did not get into the database. */
  private async adoptLeft(): Promise<void> {
    const left = attempt(() => Object.entries(localStorage).filter(([key]) => key.startsWith(LEFT))) ?? [];
    for (const [key, content] of left) {
      const id = key.slice(LEFT.length);
      const [item] = readTexts(content) ?? [];
      const kept = await this.store('readonly', (objects) =>
        result<TextEntry | undefined>(objects.get(`entry:${id}`)),
      );
      if (item && !(kept && kept.changed >= item.entry.changed))
        await this.write({ ...item.entry, id }, item.text);
      attempt(() => localStorage.removeItem(key));
    }
  }

  private change(work: (objects: IDBObjectStore) => void): Promise<void> {
    return this.store('readwrite', (objects) => {
      const { transaction } = objects;
      work(objects);
      transaction.commit(); // now, and not after a turn that a closing page may not get
      return new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
      });
    });
  }
}

/** For tests, and wherever nothing can be kept. */
export class MemoryTexts implements TextStorage {
  private readonly kept: Map<string, { entry: TextEntry; text: TextValue }>;
  private readonly held: Set<string>;
  private mine: string | null = null;
  private last: string | null = null;

  /** @param other a tab that has the same texts */
  constructor(other?: MemoryTexts) {
    this.kept = other?.kept ?? new Map();
    this.held = other?.held ?? new Set();
    this.last = other?.last ?? null;
  }

  list = async () => [...this.kept.values()].map(({ entry }) => entry);
  read = async (id: string) => this.kept.get(id)?.text ?? null;
  write = async (entry: TextEntry, text: TextValue) => void this.kept.set(entry.id, { entry, text });
  writeLast = (entry: TextEntry, text: TextValue) => void this.kept.set(entry.id, { entry, text });
  rename = async (entry: TextEntry) => void this.kept.set(entry.id, { ...this.kept.get(entry.id)!, entry });
  remove = async (id: string) => void this.kept.delete(id);
  isFree = async (id: string) => !this.held.has(id) || this.mine === id;
  remembered = () => ({ id: this.last, isReload: false });

  async hold(id: string): Promise<boolean> {
    if (this.mine) this.held.delete(this.mine);
    this.mine = this.held.has(id) ? null : id;
    if (this.mine) this.held.add(id);
    return this.mine !== null;
  }

  remember(id: string): void {
    this.last = id;
  }
}

const lockOf = (id: string) => `leapformer-text:${id}`;

function result<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** What the browser gives; null where it keeps nothing. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
