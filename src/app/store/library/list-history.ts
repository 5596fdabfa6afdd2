import type { TextValue } from '../document/text-value';
import type { Item, TextEntry } from './text-storage';

export interface Done {
  readonly what: 'renamed' | 'deleted';
  /** The entry before the change or its undo. */
  readonly entry: TextEntry;
  /** The deleted text. */
  readonly text: TextValue | null;
}

export interface ListHistoryState {
  /** The changes of the list since the page was opened, the last first. */
  readonly done: readonly Done[];
  /** The undone changes, the last first. */
  readonly undone: readonly Done[];
}

interface List {
  readonly store: { getState(): ListHistoryState; setState(state: Partial<ListHistoryState>): void };
  rename(id: string, words: string): Promise<void>;
  remove(id: string): Promise<void>;
  setName(id: string, name: string | null): Promise<TextEntry | null>;
  bringBack(item: Item): Promise<void>;
}

/** Undo and redo of renaming and deleting texts. */
export class ListHistory {
  private readonly list: List;

  constructor(list: List) {
    this.list = list;
  }

  remember(done: Done): void {
    this.list.store.setState({ done: [done, ...this.list.store.getState().done], undone: [] });
  }

  /** Undoes the last renaming or deletion. */
  async undo(): Promise<void> {
    const { store } = this.list;
    const [last, ...done] = store.getState().done;
    if (!last) return;
    store.setState({ done });
    const { entry, text } = last;
    if (text) await this.list.bringBack({ entry, text });
    const now = text ? entry : await this.list.setName(entry.id, entry.name);
    if (now) store.setState({ undone: [{ ...last, entry: now }, ...store.getState().undone] });
  }

  /** Redoes the last undone change. */
  async redo(): Promise<void> {
    const { store } = this.list;
    const [next, ...undone] = store.getState().undone;
    if (!next) return;
    const { what, entry } = next;
    await (what === 'deleted' ? this.list.remove(entry.id) : this.list.rename(entry.id, entry.name ?? ''));
    store.setState({ undone });
  }
}
