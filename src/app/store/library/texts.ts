import { createStore } from 'zustand/vanilla';
import { labelOf } from '../document/article';
import { begin, type History } from '../document/history';
import { EMPTY, type TextValue } from '../document/text-value';
import { Keeper, type KeptState, NOTHING_KEPT, type ToCopy } from './keeper';
import { ListHistory, type ListHistoryState } from './list-history';
import { type Failure, REASONS } from './outcome';
import { randomId } from './revisions';
import type { ShownDocument } from './shown-document';
import { TextHistories } from './text-histories';
import { type Item, nameOf, type TextEntry, type TextStorage } from './text-storage';
import { writeTexts } from './texts-file';

const DELAY = 300; // ms from a change to its write
const SHARE = 10; // writing takes at most one part in ten of the time, even if the text has megabytes
const PATIENCE = 2000; // ms that a reloaded page waits for the previous page to release its text

export interface TextsState extends KeptState, ListHistoryState {
  /** The entry of the text that is shown. */
  readonly current: TextEntry;
}

/**
 * The user's texts, of which one is shown. Each is saved from its first change on. A text from a link or a file is saved at
 * once, because the user may not have it again. Every text has its own entry. Before another text is shown, the keeper gets
 * the previous one, so no words are replaced.
 */
export class Texts {
  readonly store = createStore<TextsState>(() => ({
    ...NOTHING_KEPT,
    current: newEntry(),
    done: [],
    undone: [],
  }));
  private readonly document: ShownDocument;
  private readonly storage: TextStorage;
  private readonly keeper: Keeper;
  private readonly changes: ListHistory;
  private readonly now: () => number;
  private readonly histories = new TextHistories();
  private kept: TextValue | null = null; // the value saved last
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** Counts requests to show a text: only the last one takes effect. */
  private turn = 0;

  constructor(document: ShownDocument, storage: TextStorage, now: () => number) {
    this.document = document;
    this.storage = storage;
    this.now = now;
    this.keeper = new Keeper(this.store, storage, now, (...copy) => this.continueAsCopy(...copy));
    this.changes = new ListHistory(this);
  }

  /** Shows the last shown text, if there is one. */
  async begin(): Promise<void> {
    await this.keeper.listWithLeft();
    const { entries } = this.store.getState();
    const { id, isReload } = this.storage.remembered();
    const last = entries.filter((entry) => entry.id === id);
    const item = await this.keeper.firstReadable([...last, ...entries]);
    if (item) void this.show(item, isReload && item.entry.id === id ? PATIENCE : 0);
    this.document.store.subscribe((state, before) => {
      const isChanged = state.history?.present !== before.history?.present;
      if (isChanged) this.timer ??= setTimeout(() => this.saveChange(), this.delay);
    });
  }

  /** Shows a text unless one is shown. It is saved once it changes. */
  beginWith(text: TextValue): void {
    if (this.document.store.getState().history) return;
    this.document.restore(text);
    this.kept = this.document.text;
    void this.storage.claim(this.current.id, 0);
  }

  /** Shows another text. If it is gone or unreadable, a notice gives the reason and nothing changes. */
  async open(id: string): Promise<void> {
    if (id === this.current.id) return;
    const turn = ++this.turn;
    const item = await this.read(id);
    if (item && turn === this.turn) await this.show(item, 0); // else another text was requested since
  }

  /** Shows a new text synchronously, so that the next keystroke goes into it. For links, files and examples. */
  async add(text: TextValue = EMPTY, kept: 'at once' | 'once changed' = 'once changed'): Promise<void> {
    const entry = newEntry();
    this.switchTo(entry, begin(text));
    const claim = this.storage.claim(entry.id, 0);
    if (kept === 'at once') {
      this.kept = null;
      void this.save();
    }
    await claim;
    await this.settle();
  }

  /** Adds a text to the list without showing it. */
  async keepAside(text: TextValue): Promise<void> {
    const entry = { ...newEntry(), title: labelOf(text.runs), changed: this.now() };
    await this.keeper.put({ entry: { ...entry, revision: this.keeper.revision() }, text });
    await this.keeper.list();
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

  /** Saves the shown text in a page that may be closed. False: unsaved changes would be lost. */
  leave(): boolean {
    this.document.keepUndone();
    void this.save();
    return this.keeper.leave();
  }

  /** Saves the shown text now. True if it had changed and is written. */
  async save(): Promise<boolean> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const { text } = this.document;
    if (text === this.kept || !this.document.store.getState().history) return false;
    this.kept = text;
    const entry = { ...this.shown().entry, changed: this.now(), revision: this.keeper.revision() };
    this.store.setState({ current: entry });
    this.storage.remember(entry.id);
    return this.keeper.put({ entry, text });
  }

  private async saveChange(): Promise<void> {
    if (await this.save()) await this.keeper.askToPersist();
  }

  /** An empty name removes the name, so the title is shown. */
  async rename(id: string, words: string): Promise<void> {
    const before = await this.setName(id, words.trim() || null);
    if (before) this.changes.remember({ what: 'renamed', entry: before, text: null });
  }

  /** Returns the entry before the change; null: the text was not renamed. */
  async setName(id: string, name: string | null): Promise<TextEntry | null> {
    if (id !== this.current.id && !(await this.isMine(id))) return null;
    const item = id === this.current.id ? this.shown() : await this.read(id);
    if (!item) return null;
    const isShown = id === this.current.id;
    const { entry, text } = isShown ? this.shown() : item; // it may have been opened in the meantime
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
    const item = (isShown ? this.histories.lastShown(id) : null) ?? (await this.read(id));
    if (!item || id === this.current.id) return;
    const removed = await this.keeper.remove(item.entry);
    if (!removed.ok)
      this.document.notify(`${nameOf(item.entry)} was not deleted. ${REASONS[removed.failure]}`);
    else if (removed.value === 'another')
      this.document.notify(`${nameOf(item.entry)} was not deleted: another tab changed it.`);
    else this.changes.remember({ what: 'deleted', ...item });
  }

  undo(): Promise<void> {
    return this.changes.undo();
  }

  redo(): Promise<void> {
    return this.changes.redo();
  }

  /** Saves a deleted text again and shows it. */
  async bringBack({ entry, text }: Item): Promise<void> {
    await this.putAs({ ...entry, revision: this.keeper.revision() }, { entry, text });
    await this.open(entry.id);
  }

  /** Saves a text under a changed entry, with its undo history. */
  private putAs(entry: TextEntry, { entry: before, text }: Item): Promise<boolean> {
    this.histories.changeEntry(before, entry);
    return this.keeper.put({ entry, text });
  }

  /** The content of a file with the shown text, or with all texts. */
  async export(which: 'current' | 'all'): Promise<string> {
    const shown = this.shown();
    if (which === 'current') return writeTexts([shown]);
    await this.refresh();
    const others = this.store.getState().entries.filter(({ id }) => id !== shown.entry.id);
    const { items, missing } = await this.keeper.readAll(others);
    const texts =
      missing === 1 ? '1 text could not be read and is' : `${missing} texts could not be read and are`;
    if (missing) this.document.notify(`${texts} not in the file.`);
    return writeTexts([shown, ...items]);
  }

  /** Reads the list again, because another tab may have changed it. */
  refresh(): Promise<void> {
    return this.keeper.listWithLeft();
  }

  private async isMine(id: string): Promise<boolean> {
    const isFree = await this.storage.isFree(id);
    if (!isFree) this.document.notify('This text is open in another tab. Close it there first.');
    return isFree;
  }

  /** A stored text. If it is gone or unreadable, a notice gives the reason. */
  async read(id: string): Promise<Item | null> {
    const read = await this.keeper.read(id);
    if (read.ok && read.value) return read.value;
    await this.sayGone(read.ok ? null : read.failure);
    return null;
  }

  private async sayGone(failure: Failure | null): Promise<void> {
    const reason = failure ? `This text could not be read. ${REASONS[failure]}` : null;
    this.document.notify(reason ?? 'This text was deleted in another tab.');
    await this.refresh();
  }

  /** Shows another text before the shown one is deleted. */
  private async showAnother(): Promise<void> {
    const { id } = this.current;
    const next = await this.keeper.firstReadable(
      this.store.getState().entries.filter((entry) => entry.id !== id),
    );
    if (this.current.id !== id) return;
    await (next ? this.show(next, 0) : this.add());
  }

  /** Shows a text at once. If another tab turns out to have it open, it continues here as a copy. */
  private async show({ entry, text }: Item, patience: number): Promise<void> {
    this.switchTo(entry, this.histories.get(entry) ?? begin(text));
    const claim = this.storage.claim(entry.id, patience);
    this.keeper.waitFor(entry.id, claim);
    if ((await claim) && this.current.id === entry.id) this.storage.remember(entry.id);
    await this.settle();
  }

  /** The text is open in another tab or was changed there: it continues here as a copy. */
  private continueAsCopy(id: string, toCopy: ToCopy, why: 'open' | 'changed'): void {
    this.histories.move(id, toCopy);
    const begins = why === 'open' ? 'This text is open in another tab.' : 'Another tab changed this text.';
    this.document.notify(`${begins} Your changes here are saved as a copy.`);
    if (id !== this.current.id) return;
    const current = toCopy(this.current);
    this.store.setState({ current });
    if (this.store.getState().unsaved.has(id)) this.storage.remember(current.id);
    void this.storage.claim(current.id, 0);
  }

  /** Synchronous, so that everything typed or written so far stays with the previous text. */
  private switchTo(current: TextEntry, history: History): void {
    this.turn++;
    this.document.interrupt();
    this.document.stop(); // work that waits for the model was meant for the previous text
    this.document.keepUndone();
    void this.save();
    const { history: previous } = this.document.store.getState();
    if (previous) this.histories.set(this.shown().entry, previous);
    this.store.setState({ current });
    this.document.switchTo(history);
    this.kept = this.document.text;
  }

  /** Waits until all changes are written, and releases the claims on texts that are no longer needed. */
  private async settle(): Promise<void> {
    void this.save();
    await this.keeper.settled();
    await this.keeper.list();
    this.storage.keepOnly(new Set([this.current.id, ...this.store.getState().unsaved.keys()]));
  }

  /** The shown text with its current title. */
  private shown(): Item {
    const { text } = this.document;
    return { entry: { ...this.current, title: labelOf(text.runs) }, text };
  }

  private get current(): TextEntry {
    return this.store.getState().current;
  }

  private get delay(): number {
    return Math.max(DELAY, SHARE * this.keeper.took);
  }
}

function newEntry(): TextEntry {
  return { id: randomId(), name: null, title: '', changed: 0, revision: '' };
}
