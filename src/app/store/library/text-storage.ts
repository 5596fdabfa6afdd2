import type { TextValue } from '../document/text-value';
import type { Outcome } from './outcome';

/** The facts about a stored text that the list shows without reading the text. */
export interface TextEntry {
  readonly id: string;
  /** The name that the user gave it; null: its title is its name. */
  readonly name: string | null;
  /** Its title or first words. */
  readonly title: string;
  /** The time of the last change, in ms since 1970. */
  readonly changed: number;
  /** The revision of the stored text (revisions.ts). */
  readonly revision: string;
}

export interface Item {
  readonly entry: TextEntry;
  readonly text: TextValue;
}

/** 'another': another page has written the text since `base`, so nothing was changed. */
export type Written = 'done' | 'another';

export function nameOf({ name, title }: Pick<TextEntry, 'name' | 'title'>): string {
  return name ?? (title || 'Untitled');
}

/** Storage for texts. No call throws. A `base` is the stored revision that the caller last saw. */
export interface TextStorage {
  list(): Promise<Outcome<TextEntry[]>>;
  /** Null: the text is not stored. */
  read(id: string): Promise<Outcome<Item | null>>;
  write(item: Item, base: string): Promise<Outcome<Written>>;
  remove(entry: TextEntry, base: string): Promise<Outcome<Written>>;
  /** Saves a text synchronously, in a page that may be closed before `write` ends. */
  writeLast(item: Item, base: string): Outcome<void>;
  /** The texts that pages saved with `writeLast` and that are not stored yet. */
  left(): { readonly item: Item; readonly base: string }[];
  /** Deletes the copy of `writeLast`, because this revision or a later one of the same page is stored. */
  forgetLast(entry: TextEntry): void;
  /** Claims a text for this tab; false: another tab has it open. */
  claim(id: string, patience: number): Promise<boolean>;
  /** Releases the claims on all texts but these. */
  keepOnly(ids: ReadonlySet<string>): void;
  /** No other tab has it open. */
  isFree(id: string): Promise<boolean>;
  /** The text that this tab showed before a reload, else the text that any tab opened last. */
  remembered(): { readonly id: string | null; readonly isReload: boolean };
  remember(id: string): void;
  /** Asks the browser not to delete the texts when storage runs short; whether it agrees. */
  persist(): Promise<boolean>;
}
