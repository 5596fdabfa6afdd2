import type { History } from '../document/history';
import type { Item, TextEntry } from './text-storage';

/** The undo histories of the texts that this tab has shown, by id. They last until the page closes. */
export class TextHistories {
  private readonly shown = new Map<string, { readonly entry: TextEntry; readonly history: History }>();

  set(entry: TextEntry, history: History): void {
    this.shown.set(entry.id, { entry, history });
  }

  /** Null: the text was not shown, or another tab has changed it since. */
  get({ id, revision }: TextEntry): History | null {
    const found = this.shown.get(id);
    return found?.entry.revision === revision ? found.history : null;
  }

  /** The text as this tab last showed it. */
  lastShown(id: string): Item | null {
    const found = this.shown.get(id);
    return found ? { entry: found.entry, text: found.history.present } : null;
  }

  /** Keeps the history of a text whose entry changes. */
  changeEntry(before: TextEntry, entry: TextEntry): void {
    const history = this.get(before);
    if (history) this.set(entry, history);
  }

  /** Moves the history of a text to its copy. */
  move(id: string, toCopy: (entry: TextEntry) => TextEntry): void {
    const found = this.shown.get(id);
    if (found) this.set(toCopy(found.entry), found.history);
    this.shown.delete(id);
  }
}
