import { type Outcome, ok } from './outcome';
import { effectOf, includes } from './revisions';
import type { Item, TextEntry, TextStorage, Written } from './text-storage';

/** The storage that the tabs of one browser share. */
class Shelf {
  readonly kept = new Map<string, Item>();
  readonly left = new Map<string, { item: Item; base: string }>();
  readonly claims = new Map<string, MemoryTexts>();
  last: string | null = null;
}

/** Stores texts in memory, until the page closes. In tests, several tabs can share them. */
export class MemoryTexts implements TextStorage {
  private readonly shelf: Shelf;
  private ofTab: string | null = null;

  /** @param other a tab that shares its texts */
  constructor(other?: MemoryTexts) {
    this.shelf = other?.shelf ?? new Shelf();
  }

  /** The same tab after a reload, which releases its texts. */
  reloaded(): MemoryTexts {
    this.keepOnly(new Set());
    const next = new MemoryTexts(this);
    next.ofTab = this.ofTab;
    return next;
  }

  async list(): Promise<Outcome<TextEntry[]>> {
    return ok([...this.shelf.kept.values()].map(({ entry }) => entry));
  }

  async read(id: string): Promise<Outcome<Item | null>> {
    return ok(this.shelf.kept.get(id) ?? null);
  }

  async write(item: Item, base: string): Promise<Outcome<Written>> {
    const effect = this.effectOf(item.entry, base);
    if (effect === 'replace') this.shelf.kept.set(item.entry.id, item);
    return ok(effect === 'another' ? effect : 'done');
  }

  async remove(entry: TextEntry, base: string): Promise<Outcome<Written>> {
    if (this.effectOf(entry, base) === 'another') return ok('another');
    this.shelf.kept.delete(entry.id);
    return ok('done');
  }

  private effectOf({ id, revision }: TextEntry, base: string) {
    return effectOf(this.shelf.kept.get(id)?.entry.revision, revision, base);
  }

  writeLast(item: Item, base: string): Outcome<void> {
    this.shelf.left.set(item.entry.id, { item, base });
    return ok(undefined);
  }

  left() {
    return [...this.shelf.left.values()];
  }

  forgetLast({ id, revision }: TextEntry): void {
    const left = this.shelf.left.get(id);
    if (left && includes(revision, left.item.entry.revision)) this.shelf.left.delete(id);
  }

  async claim(id: string): Promise<boolean> {
    const owner = this.shelf.claims.get(id) ?? this;
    this.shelf.claims.set(id, owner);
    return owner === this;
  }

  keepOnly(ids: ReadonlySet<string>): void {
    for (const [id, owner] of this.shelf.claims)
      if (owner === this && !ids.has(id)) this.shelf.claims.delete(id);
  }

  async isFree(id: string): Promise<boolean> {
    return (this.shelf.claims.get(id) ?? this) === this;
  }

  remembered() {
    return { id: this.ofTab ?? this.shelf.last, isReload: this.ofTab !== null };
  }

  remember(id: string): void {
    this.ofTab = id;
    this.shelf.last = id;
  }

  async persist(): Promise<boolean> {
    return false;
  }
}
