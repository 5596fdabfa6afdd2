import { createStore } from 'zustand/vanilla';
import { labelOf } from './article';
import { begin, type History } from './history';
import type { Playground } from './playground';
import type { TextEntry, TextStorage } from './text-storage';
import { EMPTY, type TextValue } from './text-value';
import { readTexts, writeTexts } from './texts-file';

const DELAY = 300; // ms after a change
const SHARE = 10; // saving megabytes takes its time: at most one part in ten is spent on it
const PATIENCE = 2000; // ms in which a page that is being reloaded lets its text go

export interface TextsState {
  /** All that are kept, the newest first. */
  readonly entries: readonly TextEntry[];
  /** The one that is shown; kept from its first change on. */
  readonly current: TextEntry;
  /** What was done to the list, the last first, to be undone while the page is open. */
  readonly done: readonly Done[];
  /** What was undone of that, the last first. */
  readonly undone: readonly Done[];
}

export interface Done {
  readonly what: 'renamed' | 'deleted';
  /** As it was before it was done, or undone. */
  readonly entry: TextEntry;
  /** What a deleted text said. */
  readonly text: TextValue | null;
}

/** The texts that a person has: one is shown, and every change of it is kept. A text is open in one tab at a time. */
export class Texts {
  readonly store = createStore<TextsState>(() => ({ entries: [], current: fresh(), done: [], undone: [] }));
  private readonly playground: Playground;
  private readonly storage: TextStorage;
  private readonly now: () => number;
  /** What undo knows of the texts that were shown before in this tab. */
  private readonly histories = new Map<string, History>();
  private kept: TextValue | null = null;
  /** What is being written and may not get done. */
  private unwritten: { readonly entry: TextEntry; readonly text: TextValue } | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private delay = DELAY;
  private saving: Promise<void> = Promise.resolve();
  private hasFailed = false;

  constructor(playground: Playground, storage: TextStorage, now: () => number) {
    this.playground = playground;
    this.storage = storage;
    this.now = now;
  }

  /** Shows the text that was shown last, or `otherwise`. */
  async begin(otherwise: TextValue): Promise<void> {
    await this.refresh();
    const { entries } = this.store.getState();
    const { id, isReload } = this.storage.remembered();
    const entry = entries.find((entry) => entry.id === id) ?? entries[0];
    const isShown = entry && (await this.show(entry, isReload ? PATIENCE : 0));
    if (!isShown) {
      await this.storage.hold(this.store.getState().current.id, 0);
      this.playground.restore(otherwise);
    }
    this.kept = this.playground.text;
    this.playground.store.subscribe((state, before) => {
      if (state.history?.present !== before.history?.present)
        this.timer ??= setTimeout(() => this.save(), this.delay);
    });
  }

  async open(id: string): Promise<void> {
    const entry = this.store.getState().entries.find((entry) => entry.id === id);
    if (entry && id !== this.store.getState().current.id) await this.show(entry, 0);
  }

  /** A new text, at once: what is typed next belongs to it. It is kept from its first change on. */
  async add(text: TextValue = EMPTY): Promise<void> {
    const current = fresh();
    this.switchTo(current, begin(text));
    await this.storage.hold(current.id, 0);
    await this.settle();
  }

  /** Keeps what is shown, in a page that is about to go. */
  leave(): void {
    this.save();
    if (this.unwritten) this.storage.writeLast(this.unwritten.entry, this.unwritten.text);
  }

  /** Keeps what is shown, now. */
  save(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const text = this.playground.text;
    if (text === this.kept || !this.playground.store.getState().history) return;
    this.kept = text;
    const current = { ...this.store.getState().current, title: labelOf(text.runs), changed: this.now() };
    this.unwritten = { entry: current, text };
    this.store.setState({ current });
    this.storage.remember(current.id);
    const began = performance.now();
    this.saving = this.storage.write(current, text).then(
      () => {
        if (this.unwritten?.text === text) this.unwritten = null;
        this.delay = Math.max(DELAY, SHARE * (performance.now() - began));
      },
      () => {
        this.kept = null;
        if (!this.hasFailed)
          this.playground.notify('This browser does not keep the text. Copy it before you close the page.');
        this.hasFailed = true;
      },
    );
  }

  /** An empty name gives it back its title. */
  async rename(id: string, words: string): Promise<void> {
    await this.settle();
    const entry = this.entryOf(id);
    if (!entry || !(await this.setName(entry, words.trim() || null))) return;
    this.remember({ what: 'renamed', entry, text: null });
  }

  private async setName({ id }: TextEntry, name: string | null): Promise<boolean> {
    const { current, entries } = this.store.getState();
    if (id === current.id) this.store.setState({ current: { ...current, name } });
    else if (!(await this.isMine(id))) return false;
    const entry = entries.find((entry) => entry.id === id);
    if (entry) await this.storage.rename({ ...entry, name });
    await this.refresh();
    return true;
  }

  private remember(done: Done): void {
    this.store.setState(({ done: before }) => ({ done: [done, ...before], undone: [] }));
  }

  private entryOf(id: string): TextEntry | undefined {
    const { current, entries } = this.store.getState();
    return id === current.id ? current : entries.find((entry) => entry.id === id);
  }

  async remove(id: string): Promise<void> {
    await this.settle();
    const { current, entries } = this.store.getState();
    if (id !== current.id && !(await this.isMine(id))) return;
    const entry = this.entryOf(id);
    if (id === current.id) {
      const next = entries.find((entry) => entry.id !== id);
      if (!next || !(await this.show(next, 0))) await this.add();
    }
    const text = id === current.id ? this.histories.get(id)?.present : await this.storage.read(id);
    if (!entry || !text) return;
    await this.storage.remove(id);
    this.remember({ what: 'deleted', entry, text });
    await this.refresh();
  }

  /** Gives the text that was renamed last its name back, or brings the one that was deleted back and shows it. */
  async undo(): Promise<void> {
    const [last, ...done] = this.store.getState().done;
    if (!last) return;
    this.store.setState({ done });
    await this.settle();
    const { entry, text } = last;
    if (text) {
      await this.storage.write(entry, text);
      await this.refresh();
      await this.open(entry.id);
    }
    const now = this.entryOf(entry.id);
    if (!now || (!text && !(await this.setName(entry, entry.name)))) return;
    this.store.setState(({ undone }) => ({ undone: [{ ...last, entry: now }, ...undone] }));
  }

  /** Does again what was undone last. */
  async redo(): Promise<void> {
    const [next, ...undone] = this.store.getState().undone;
    if (!next) return;
    const { what, entry } = next;
    await (what === 'deleted' ? this.remove(entry.id) : this.rename(entry.id, entry.name ?? ''));
    this.store.setState({ undone });
  }

  /** A file with the text that is shown, or with all. */
  async export(which: 'current' | 'all'): Promise<string> {
    await this.settle();
    const { current, entries } = this.store.getState();
    const others = which === 'all' ? entries.filter(({ id }) => id !== current.id) : [];
    const items = [{ entry: current, text: this.playground.text }];
    for (const entry of others) {
      const text = await this.storage.read(entry.id);
      if (text) items.push({ entry, text });
    }
    return writeTexts(items);
  }

  /** Adds the texts of such a file and shows the first; false when it is none. */
  async import(content: string): Promise<boolean> {
    const items = readTexts(content);
    if (!items?.length) return false;
    const added = items.map(({ entry, text }) => ({ entry: { ...entry, id: fresh().id }, text }));
    for (const { entry, text } of added) await this.storage.write(entry, text);
    await this.refresh();
    await this.open(added[0].entry.id);
    this.playground.notify(added.length === 1 ? '1 text was added.' : `${added.length} texts were added.`);
    return true;
  }

  /** Reads again what is kept, which another tab may have changed. */
  async refresh(): Promise<void> {
    const entries = await this.storage.list().catch(() => []); // a browser that keeps nothing
    this.store.setState({ entries: entries.sort((a, b) => b.changed - a.changed) });
  }

  private async isMine(id: string): Promise<boolean> {
    const isFree = await this.storage.isFree(id);
    if (!isFree) this.playground.notify('This text is open in another tab. Close it there first.');
    return isFree;
  }

  /** Shows a kept text; one that another tab has as a copy. */
  private async show(entry: TextEntry, patience: number): Promise<boolean> {
    const isHeld = await this.storage.hold(entry.id, patience).catch(() => true);
    const text = await this.storage.read(entry.id).catch(() => null);
    if (!text) return false;
    const copy = { ...entry, id: fresh().id, name: `${nameOf(entry)} (copy)` };
    if (isHeld) this.storage.remember(entry.id);
    else {
      await this.storage.hold(copy.id, 0);
      this.playground.notify('This text is open in another tab. What you change here is kept as a copy.');
    }
    this.switchTo(isHeld ? entry : copy, (isHeld && this.histories.get(entry.id)) || begin(text));
    await this.settle();
    return true;
  }

  /** In one go, so that whatever was typed or written until now belongs to the text that is left, and nothing is lost. */
  private switchTo(current: TextEntry, history: History): void {
    this.playground.makeWay();
    this.save();
    const { history: left } = this.playground.store.getState();
    if (left) this.histories.set(this.store.getState().current.id, left);
    this.store.setState({ current });
    this.playground.switchTo(history);
    this.kept = this.playground.text;
  }

  private async settle(): Promise<void> {
    this.save();
    await this.saving;
    await this.refresh();
  }
}

export function nameOf({ name, title }: TextEntry): string {
  return name ?? (title || 'Untitled');
}

function fresh(): TextEntry {
  return { id: crypto.randomUUID?.() ?? String(Math.random()), name: null, title: '', changed: 0 };
}
