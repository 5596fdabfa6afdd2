import { createStore } from 'zustand/vanilla';
import { labelOf } from '../document/article';
import { begin, type History } from '../document/history';
import { EMPTY, type TextValue } from '../document/text-value';
import type { Playground } from '../playground';
import { Keeper, type KeptState, NOTHING_KEPT, type ToCopy } from './keeper';
import { ListHistory, type ListHistoryState } from './list-history';
import type { Failure } from './outcome';
import { randomId } from './revisions';
import { type Item, nameOf, type TextEntry, type TextStorage } from './text-storage';
import { writeTexts } from './texts-file';

const DELAY = 300; // ms after a change
const SHARE = 10; // saving megabytes takes its time: at most one part in ten is spent on it
const PATIENCE = 2000; // ms in which a page that is being reloaded lets its text go

export interface TextsState extends KeptState, ListHistoryState {
  /** The one that is shown. */
  readonly current: TextEntry;
}

const REASONS: Record<Failure, string> = {
  blocked: 'This browser blocks storage.',
  full: 'The browser’s storage is full.',
  unanswered: 'The browser’s storage does not answer. Try again.',
  unreadable:
    'It is damaged or comes from a newer version of the page. Reload the page to get the newest version.',
  broken: 'The browser’s storage failed. Try again.',
};

/**
 * The texts that a person has: one is shown. Each is kept from its first change on, and one that came by a link or a file
 * at once, since it may not come again. Another text never replaces the words of this one: it is shown under an entry of
 * its own, after what is shown was handed to the keeper.
 */
export class Texts {
  readonly store = createStore<TextsState>(() => ({
    ...NOTHING_KEPT,
    ...{ current: fresh(), done: [], undone: [] },
  }));
  private readonly playground: Playground;
  private readonly storage: TextStorage;
  private readonly keeper: Keeper;
  private readonly changes: ListHistory;
  private readonly now: () => number;
  /** The texts that were shown before in this tab, with what undo knows of them. */
  private readonly left = new Map<string, { readonly entry: TextEntry; readonly history: History }>();
  private kept: TextValue | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** Counts what was asked to be shown: the last holds. */
  private turn = 0;

  constructor(playground: Playground, storage: TextStorage, now: () => number) {
    this.playground = playground;
    this.storage = storage;
    this.now = now;
    this.keeper = new Keeper(this.store, storage, now, (...copy) => this.goOnAsCopy(...copy));
    this.changes = new ListHistory(this);
  }

  /** Shows the text that was shown last, or `otherwise`. */
  async begin(otherwise: TextValue): Promise<void> {
    await this.keeper.listWithLeft();
    const { entries } = this.store.getState();
    const { id, isReload } = this.storage.remembered();
    const last = entries.filter((entry) => entry.id === id);
    const item = await this.firstReadable([...last, ...entries]);
    if (item) void this.show(item, isReload && item.entry.id === id ? PATIENCE : 0);
    else {
      this.playground.restore(otherwise);
      this.kept = this.playground.text;
      void this.storage.claim(this.current.id, 0);
    }
    this.playground.store.subscribe((state, before) => {
      const isChanged = state.history?.present !== before.history?.present;
      if (isChanged) this.timer ??= setTimeout(() => this.saveChange(), this.delay);
    });
  }

  /** Shows another of the texts; one that is gone or cannot be read is said to be so, and this one stays. */
  async open(id: string): Promise<void> {
    if (id === this.current.id) return;
    const turn = ++this.turn;
    const item = await this.read(id);
    if (item && turn === this.turn) await this.show(item, 0); // else another one was asked for since
  }

  /** Shows a new text at once: what is typed next belongs to it. This is the way for whatever comes from outside. */
  async add(text: TextValue = EMPTY, kept: 'at once' | 'once changed' = 'once changed'): Promise<void> {
    const entry = fresh();
    this.switchTo(entry, begin(text));
    const claim = this.storage.claim(entry.id, 0);
    if (kept === 'at once') {
      this.kept = null;
      void this.save();
    }
    await claim;
    await this.settle();
  }

  /** Adds the texts of a file and shows the first. */
  async import(items: readonly Item[]): Promise<void> {
    const added = items.map(({ entry, text }) => ({
      entry: { ...entry, id: randomId(), revision: this.keeper.revision() },
      text,
    }));
    const writing = added.map((item) => this.keeper.put(item));
    await this.show(added[0], 0);
    await Promise.all(writing);
    await this.keeper.list();
  }

  /** Keeps what is shown, in a page that may be about to go. False: something that is not kept would be lost. */
  leave(): boolean {
    this.playground.keepUndone();
    void this.save();
    return this.keeper.leave();
  }

  /** Keeps what is shown, now; whether there was a change, and it is written. */
  async save(): Promise<boolean> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const { text } = this.playground;
    if (text === this.kept || !this.playground.store.getState().history) return false;
    this.kept = text;
    const entry = { ...this.shown().entry, changed: this.now(), revision: this.keeper.revision() };
    this.store.setState({ current: entry });
    this.storage.remember(entry.id);
    return this.keeper.put({ entry, text });
  }

  private async saveChange(): Promise<void> {
    if (await this.save()) await this.keeper.askToPersist();
  }

  /** An empty name gives it back its title. */
  async rename(id: string, words: string): Promise<void> {
    const before = await this.setName(id, words.trim() || null);
    if (before) this.changes.remember({ what: 'renamed', entry: before, text: null });
  }

  /** Returns the entry as it was; null: it keeps its name. */
  async setName(id: string, name: string | null): Promise<TextEntry | null> {
    if (id !== this.current.id && !(await this.isMine(id))) return null;
    const item = id === this.current.id ? this.shown() : await this.read(id);
    if (!item) return null;
    const isShown = id === this.current.id;
    const { entry, text } = isShown ? this.shown() : item; // it may have been opened since
    const renamed = {
      ...entry,
      name,
      revision: this.keeper.revision(),
      changed: entry.changed || this.now(),
    };
    if (isShown) {
      this.store.setState({ current: renamed });
      this.kept = text;
      this.storage.remember(id);
    }
    await this.putAs(renamed, { entry, text });
    await this.keeper.list();
    return entry;
  }

  async remove(id: string): Promise<void> {
    const isShown = id === this.current.id;
    if (!isShown && !(await this.isMine(id))) return;
    if (isShown) await this.showAnother();
    const left = this.left.get(id);
    const item = isShown && left ? { entry: left.entry, text: left.history.present } : await this.read(id);
    if (!item || id === this.current.id) return;
    const removed = await this.keeper.remove(item.entry);
    if (!removed.ok)
      this.playground.notify(`${nameOf(item.entry)} was not deleted. ${REASONS[removed.failure]}`);
    else if (removed.value === 'another')
      this.playground.notify(`${nameOf(item.entry)} was not deleted: another tab changed it.`);
    else this.changes.remember({ what: 'deleted', ...item });
  }

  undo(): Promise<void> {
    return this.changes.undo();
  }

  redo(): Promise<void> {
    return this.changes.redo();
  }

  /** Keeps a deleted text again and shows it. */
  async bringBack({ entry, text }: Item): Promise<void> {
    await this.putAs({ ...entry, revision: this.keeper.revision() }, { entry, text });
    await this.open(entry.id);
  }

  /** Keeps the same words by another entry; their undo goes along. */
  private putAs(entry: TextEntry, { entry: before, text }: Item): Promise<boolean> {
    const left = this.left.get(entry.id);
    if (left?.entry.revision === before.revision) this.left.set(entry.id, { ...left, entry });
    return this.keeper.put({ entry, text });
  }

  /** A file with the text that is shown, or with all. */
  async export(which: 'current' | 'all'): Promise<string> {
    const items = [this.shown()];
    let missing = 0;
    if (which === 'all') await this.refresh();
    const others = this.store.getState().entries.filter(({ id }) => id !== this.current.id);
    for (const { id } of which === 'all' ? others : []) {
      const read = await this.keeper.read(id);
      if (read.ok && read.value) items.push(read.value);
      if (!read.ok) missing++;
    }
    if (missing)
      this.playground.notify(
        `${missing === 1 ? '1 text' : `${missing} texts`} could not be read and ${missing === 1 ? 'is' : 'are'} not in the file.`,
      );
    return writeTexts(items);
  }

  /** Reads again what is kept, which another tab may have changed. */
  refresh(): Promise<void> {
    return this.keeper.listWithLeft();
  }

  private async isMine(id: string): Promise<boolean> {
    const isFree = await this.storage.isFree(id);
    if (!isFree) this.playground.notify('This text is open in another tab. Close it there first.');
    return isFree;
  }

  private async read(id: string): Promise<Item | null> {
    const read = await this.keeper.read(id);
    if (read.ok && read.value) return read.value;
    await this.sayGone(read.ok ? null : read.failure);
    return null;
  }

  private async sayGone(failure: Failure | null): Promise<void> {
    const reason = failure ? `This text could not be read. ${REASONS[failure]}` : null;
    this.playground.notify(reason ?? 'This text was deleted in another tab.');
    await this.refresh();
  }

  private async firstReadable(entries: readonly TextEntry[]): Promise<Item | null> {
    for (const { id } of entries) {
      const read = await this.keeper.read(id);
      if (read.ok && read.value) return read.value;
      if (!read.ok && read.failure !== 'unreadable') return null;
    }
    return null;
  }

  /** In place of one that is to be deleted. */
  private async showAnother(): Promise<void> {
    const { id } = this.current;
    const next = await this.firstReadable(this.store.getState().entries.filter((entry) => entry.id !== id));
    if (this.current.id !== id) return;
    await (next ? this.show(next, 0) : this.add());
  }

  /** Shows a text at once. Whether another tab has it, and it is a copy here, is known a moment later. */
  private async show({ entry, text }: Item, patience: number): Promise<void> {
    const left = this.left.get(entry.id);
    // Another tab may have changed it since it was left here.
    this.switchTo(entry, left?.entry.revision === entry.revision ? left.history : begin(text));
    const claim = this.storage.claim(entry.id, patience);
    this.keeper.waitFor(entry.id, claim);
    if ((await claim) && this.current.id === entry.id) this.storage.remember(entry.id);
    await this.settle();
  }

  /** The text is open in another tab or was changed there: here it goes on as a copy. */
  private goOnAsCopy(id: string, toCopy: ToCopy, why: 'open' | 'changed'): void {
    const left = this.left.get(id);
    if (left) this.left.set(toCopy(left.entry).id, { ...left, entry: toCopy(left.entry) });
    this.left.delete(id);
    const begins = why === 'open' ? 'This text is open in another tab.' : 'Another tab changed this text.';
    this.playground.notify(`${begins} Your changes here are saved as a copy.`);
    if (id !== this.current.id) return;
    const current = toCopy(this.current);
    if (this.store.getState().unsaved.has(id)) this.storage.remember(current.id);
    this.store.setState({ current });
    void this.storage.claim(current.id, 0);
  }

  /** In one go, so that whatever was typed or written until now belongs to the text that is left, and nothing is lost. */
  private switchTo(current: TextEntry, history: History): void {
    this.turn++;
    this.playground.makeWay();
    this.playground.stop(); // what waits for the model was not meant for another text
    this.playground.keepUndone();
    void this.save();
    const { history: left } = this.playground.store.getState();
    if (left) this.left.set(this.current.id, { entry: this.shown().entry, history: left });
    this.store.setState({ current });
    this.playground.switchTo(history);
    this.kept = this.playground.text;
  }

  /** Waits until what was changed is written, and lets go of the texts that are not needed any more. */
  private async settle(): Promise<void> {
    void this.save();
    await this.keeper.settled();
    await this.keeper.list();
    this.storage.keepOnly(new Set([this.current.id, ...this.store.getState().unsaved.keys()]));
  }

  /** The text that is shown, as it is now. */
  private shown(): Item {
    const { text } = this.playground;
    return { entry: { ...this.current, title: labelOf(text.runs) }, text };
  }

  private get current(): TextEntry {
    return this.store.getState().current;
  }

  private get delay(): number {
    return Math.max(DELAY, SHARE * this.keeper.took);
  }
}

function fresh(): TextEntry {
  return { id: randomId(), name: null, title: '', changed: 0, revision: '' };
}
