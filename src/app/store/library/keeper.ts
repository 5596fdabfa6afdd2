import { type Failure, type Outcome, ok } from './outcome';
import { includes, randomId, revisions } from './revisions';
import { type Item, nameOf, type TextEntry, type TextStorage } from './text-storage';

/** Whether texts can be saved; if not, the reason, and the time of the first failure in ms since 1970. */
type Keeping = 'ok' | { readonly failure: Failure; readonly since: number };

export interface KeptState {
  /** All stored and unsaved texts, the newest first. */
  readonly entries: readonly TextEntry[];
  /** Texts with unsaved changes, by id. They stay in memory until they are written. */
  readonly unsaved: ReadonlyMap<string, Item>;
  readonly keeping: Keeping;
  /** Whether the browser agreed not to delete the texts; null: not asked yet. */
  readonly isPersistent: boolean | null;
}

export const NOTHING_KEPT: KeptState = {
  entries: [],
  unsaved: new Map(),
  keeping: 'ok',
  isPersistent: null,
};

interface KeptStore {
  getState(): KeptState;
  setState(state: Partial<KeptState>): void;
}

const RETRY = 5000; // ms

/** Makes the entry of a copy, with a new id. */
export type ToCopy = (entry: TextEntry) => TextEntry;

/** Writes texts, and holds each in memory until its write succeeds. */
export class Keeper {
  /** A new revision for each write of this page. */
  readonly revision = revisions();
  /** Duration of the last write, in ms. */
  took = 0;
  private readonly store: KeptStore;
  private readonly storage: TextStorage;
  private readonly now: () => number;
  /** Called when a text continues as a copy, because another tab has it `open` or `changed` it. */
  private readonly onCopy: (id: string, toCopy: ToCopy, why: 'open' | 'changed') => void;
  private stored: readonly TextEntry[] = [];
  /** The stored revision of each text that this page read or wrote. */
  private readonly bases = new Map<string, string>();
  private readonly writing = new Map<string, Promise<void>>();
  /** Texts whose claim is pending. */
  private readonly claims = new Map<string, Promise<void>>();
  /** The failure of the last write of each text. */
  private readonly failures = new Map<string, Failure>();
  private listFailure: Failure | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    store: KeptStore,
    storage: TextStorage,
    now: () => number,
    onCopy: (id: string, toCopy: ToCopy, why: 'open' | 'changed') => void,
  ) {
    this.store = store;
    this.storage = storage;
    this.now = now;
    this.onCopy = onCopy;
  }

  /**
   * Lists the texts, including those that pages saved with `writeLast` while they closed. If this page has already read or
   * written such a text, the next page adopts it.
   */
  async listWithLeft(): Promise<void> {
    await this.list();
    for (const { item, base } of this.storage.left()) {
      const { id, revision } = item.entry;
      const stored = this.stored.find((entry) => entry.id === id);
      if (stored && includes(stored.revision, revision)) this.storage.forgetLast(stored);
      else if (!this.unsaved.has(id) && !this.bases.has(id)) {
        this.bases.set(id, base);
        void this.put(item);
      }
    }
  }

  /** Reads the list again, because another tab may have changed it. */
  async list(): Promise<void> {
    const listed = await this.storage.list();
    this.listFailure = listed.ok ? null : listed.failure;
    if (listed.ok) this.stored = listed.value;
    this.show();
  }

  /** The unsaved text, else the stored one. Null: it was deleted. */
  async read(id: string): Promise<Outcome<Item | null>> {
    const unsaved = this.unsaved.get(id);
    if (unsaved) return ok(unsaved);
    const read = await this.storage.read(id);
    if (read.ok && read.value) this.bases.set(id, read.value.entry.revision);
    return read;
  }

  /** Reads several texts. `missing` counts those that could not be read. */
  async readAll(entries: readonly TextEntry[]): Promise<{ items: Item[]; missing: number }> {
    const items: Item[] = [];
    let missing = 0;
    for (const { id } of entries) {
      const read = await this.read(id);
      if (read.ok && read.value) items.push(read.value);
      if (!read.ok) missing++;
    }
    return { items, missing };
  }

  /** The first of these texts that can be read. Null: none, or the storage fails. */
  async firstReadable(entries: readonly TextEntry[]): Promise<Item | null> {
    for (const { id } of entries) {
      const read = await this.read(id);
      if (read.ok && read.value) return read.value;
      if (!read.ok && read.failure !== 'unreadable') return null;
    }
    return null;
  }

  /** Saves a text. Resolves with true when it is written, with false when the write fails. */
  async put(item: Item): Promise<boolean> {
    const { id } = item.entry;
    this.change((unsaved) => unsaved.set(id, item));
    await this.write(id);
    return !this.unsaved.has(id);
  }

  /** Deletes a text. 'another': another tab changed it, so it is not deleted. */
  async remove(entry: TextEntry): Promise<Outcome<'done' | 'another'>> {
    const { id } = entry;
    const unsaved = this.unsaved.get(id);
    this.change((all) => all.delete(id));
    await this.writing.get(id);
    const isStored = this.bases.has(id) || this.stored.some((stored) => stored.id === id);
    const removed = isStored
      ? await this.storage.remove({ ...entry, revision: this.revision() }, this.baseOf(id))
      : ok('done' as const);
    if (removed.ok && removed.value === 'done') {
      this.bases.delete(id);
      this.stored = this.stored.filter((stored) => stored.id !== id);
      this.storage.forgetLast(entry);
    } else if (unsaved) await this.put(unsaved);
    await this.list();
    return removed;
  }

  /** Delays the writes of a text until its claim is settled. */
  waitFor(id: string, claim: Promise<boolean>): void {
    const settled = claim.then((isOurs) => {
      if (this.claims.get(id) !== settled) return;
      this.claims.delete(id);
      if (!isOurs) this.copy(id, 'open');
    });
    this.claims.set(id, settled);
  }

  /** Saves all unsaved texts synchronously in a second place, in a page that may be closed. False: changes would be lost. */
  leave(): boolean {
    const kept = [...this.unsaved.values()].map((item) => ({
      ...this.storage.writeLast(item, this.baseOf(item.entry.id)),
      mayBeWritten: !this.failures.has(item.entry.id) && !this.listFailure,
    }));
    return kept.every(({ ok, mayBeWritten }) => ok || mayBeWritten);
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await Promise.all(this.writing.values());
  }

  /** Asks the browser once not to delete the texts. */
  async askToPersist(): Promise<void> {
    if (this.store.getState().isPersistent !== null) return;
    this.store.setState({ isPersistent: false });
    this.store.setState({ isPersistent: await this.storage.persist() });
  }

  /** Writes one version of a text at a time, and then the newest. */
  private write(id: string): Promise<void> {
    const running = this.writing.get(id);
    if (running) return running;
    if (!this.unsaved.has(id)) return Promise.resolve();
    const writing = this.writeNewest(id);
    this.writing.set(id, writing);
    return writing;
  }

  private async writeNewest(id: string): Promise<void> {
    try {
      if (this.claims.has(id)) await this.claims.get(id);
      for (let item = this.unsaved.get(id); item; item = this.unsaved.get(id)) {
        const began = performance.now();
        const written = await this.storage.write(item, this.baseOf(id));
        if (!written.ok) return this.fail(id, written.failure);
        if (written.value === 'another') return this.copy(id, 'changed');
        this.took = performance.now() - began;
        this.hasWritten(item);
      }
    } finally {
      this.writing.delete(id); // before any other code runs, so that the next change starts a write
    }
  }

  private hasWritten(item: Item): void {
    const { id } = item.entry;
    this.bases.set(id, item.entry.revision);
    this.stored = [item.entry, ...this.stored.filter((entry) => entry.id !== id)];
    this.failures.delete(id);
    if (this.unsaved.get(id) === item) {
      this.storage.forgetLast(item.entry);
      this.change((unsaved) => unsaved.delete(id));
    } else this.show(); // it has changed since
    if (this.failures.size) void this.retry(); // the others may succeed now, too
  }

  private fail(id: string, failure: Failure): void {
    if (this.unsaved.has(id)) this.failures.set(id, failure);
    this.show();
  }

  /** Another tab has the text: the words of this page continue as a copy. */
  private copy(id: string, why: 'open' | 'changed'): void {
    const copyId = randomId();
    const toCopy: ToCopy = (entry) => ({
      ...entry,
      id: copyId,
      name: `${nameOf(entry)} (copy)`,
      revision: this.revision(),
    });
    const item = this.unsaved.get(id);
    this.bases.delete(id);
    this.onCopy(id, toCopy, why);
    if (!item) return;
    this.change((unsaved) => unsaved.delete(id));
    void this.put({ ...item, entry: toCopy(item.entry) });
  }

  private async retry(): Promise<void> {
    await Promise.all([...this.failures.keys()].map((id) => this.write(id)));
    if (this.listFailure) await this.list();
  }

  private change(how: (unsaved: Map<string, Item>) => void): void {
    const unsaved = new Map(this.unsaved);
    how(unsaved);
    for (const id of this.failures.keys()) if (!unsaved.has(id)) this.failures.delete(id);
    this.store.setState({ unsaved });
    this.show();
  }

  private show(): void {
    const waiting = [...this.unsaved.values()].map(({ entry }) => entry);
    const others = this.stored.filter(({ id }) => !this.unsaved.has(id));
    const entries = [...waiting, ...others].sort((a, b) => b.changed - a.changed);
    const failure = [...this.failures.values()][0] ?? this.listFailure;
    const before = this.store.getState().keeping;
    const since = before === 'ok' ? this.now() : before.since;
    this.store.setState({ entries, keeping: failure ? { failure, since } : 'ok' });
    if (failure)
      this.timer ??= setTimeout(() => {
        this.timer = null;
        void this.retry();
      }, RETRY);
  }

  private get unsaved(): ReadonlyMap<string, Item> {
    return this.store.getState().unsaved;
  }

  private baseOf(id: string): string {
    return this.bases.get(id) ?? '';
  }
}
