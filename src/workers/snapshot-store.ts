import { type Snapshot, snapshotBytes } from '../model/runtime/snapshot';
import { mix } from '../model/sampling/random';
import type { Beginning } from './beginning';

interface Entry {
  readonly key: string;
  readonly snapshot: Snapshot;
  readonly pinned: boolean;
  /** It begins a text, so its tokens cannot be read again. */
  readonly isBeginning: boolean;
  lastUsed: number;
}

/** Most bytes of all snapshots together. */
export const SNAPSHOT_BUDGET = 64 * 2 ** 20;

const DENSE = 256; // tokens between snapshots near the newest one
const DENSE_SPAN = 4096; // tokens before the newest one that count as near

/** Most tokens between snapshots of one text, `behind` tokens before its end. Returning there rereads at most this many. */
export function snapshotSpacing(behind: number): number {
  return behind <= DENSE_SPAN ? DENSE : (behind * DENSE) / DENSE_SPAN;
}

/**
 * Cache of the snapshots of texts, found by the tokens before them. One text has a snapshot every 256 tokens over its last
 * 4,096, and fewer before those. Over the budget, the least recently used texts lose theirs first.
 */
export class SnapshotStore {
  readonly budget: number;
  private entries: Entry[] = [];
  private clock = 0;
  /** Of the text that grew last. */
  private keys = new PrefixKeys([]);

  /** @param budget bytes */
  constructor(budget = SNAPSHOT_BUDGET) {
    this.budget = budget;
  }

  get bytes(): number {
    return this.entries.reduce((sum, { snapshot }) => sum + snapshotBytes(snapshot), 0);
  }

  get count(): number {
    return this.entries.length;
  }

  /** Keeps the snapshot that a text begins with until the store is cleared or another one replaces it. */
  begin({ tokens, snapshot }: Beginning): void {
    if (!snapshot) return;
    this.entries = this.entries.filter((e) => !e.isBeginning);
    this.add(tokens, snapshot, true, true);
  }

  /**
   * Adds a snapshot taken after `tokens.slice(0, snapshot.length)`. Thinning keeps pinned snapshots. The array of an earlier
   * call may have grown, but its tokens must be the same.
   */
  add(tokens: ArrayLike<number>, snapshot: Snapshot, pinned = false, isBeginning = false): void {
    if (this.keys.tokens !== tokens) this.keys = new PrefixKeys(tokens);
    const keys = this.keys.at(new Set([...this.entries.map((e) => e.snapshot.length), snapshot.length]));
    const key = keys.get(snapshot.length)!;
    const old = this.entries.find((e) => e.key === key);
    this.entries = this.entries.filter((e) => e !== old);
    this.entries.push({
      key,
      snapshot,
      pinned: pinned || old?.pinned === true,
      isBeginning: isBeginning || old?.isBeginning === true,
      lastUsed: this.clock,
    });
    const line = this.touch(keys);
    this.thin(line);
    this.evict();
  }

  /** The snapshot of the longest prefix of `tokens`; null if there is none. */
  nearest(tokens: ArrayLike<number>): Snapshot | null {
    const lengths = new Set(this.entries.map((e) => e.snapshot.length));
    const line = this.touch(new PrefixKeys(tokens).at(lengths));
    return line.at(-1)?.snapshot ?? null;
  }

  clear(): void {
    this.entries = [];
    this.keys = new PrefixKeys([]);
  }

  /** Marks the snapshots of one text as recently used; returns them by length. */
  private touch(keys: ReadonlyMap<number, string>): Entry[] {
    this.clock++;
    const line = this.entries.filter((e) => keys.get(e.snapshot.length) === e.key);
    for (const entry of line) entry.lastUsed = this.clock;
    return line.sort((a, b) => a.snapshot.length - b.snapshot.length);
  }

  private thin(line: Entry[]): void {
    const newest = line.at(-1)!.snapshot.length;
    const kept = [...line];
    for (let i = kept.length - 2; i > 0; i--) {
      const behind = newest - kept[i].snapshot.length;
      const merged = kept[i + 1].snapshot.length - kept[i - 1].snapshot.length;
      if (!kept[i].pinned && merged <= snapshotSpacing(behind)) kept.splice(i, 1);
    }
    this.entries = this.entries.filter((e) => !line.includes(e) || kept.includes(e));
  }

  /** Removes snapshots until the budget holds: least recently used first, oldest position first, never the newest. */
  private evict(): void {
    const order = this.entries
      .slice(0, -1)
      .filter((e) => !e.isBeginning)
      .sort(
        (a, b) =>
          Number(a.pinned) - Number(b.pinned) ||
          a.lastUsed - b.lastUsed ||
          a.snapshot.length - b.snapshot.length,
      );
    for (const victim of order) {
      if (this.bytes <= this.budget) return;
      this.entries = this.entries.filter((e) => e !== victim);
    }
  }
}

/** A 64-bit key for each prefix of a text. Where the text has only grown, each token is hashed once. */
class PrefixKeys {
  readonly tokens: ArrayLike<number>;
  private keys = new Map<number, string>();
  private hashed = 0; // tokens
  private a = 0x243f6a88;
  private b = 0x85a308d3;

  constructor(tokens: ArrayLike<number>) {
    this.tokens = tokens;
  }

  /** The keys of the prefixes that have one of these lengths. */
  at(lengths: ReadonlySet<number>): ReadonlyMap<number, string> {
    for (const length of lengths)
      if (length < this.hashed && !this.keys.has(length)) return new PrefixKeys(this.tokens).at(lengths);
    const keys = new Map([...this.keys].filter(([length]) => lengths.has(length)));
    const end = Math.min(this.tokens.length, Math.max(...lengths));
    for (; ; this.hashed++) {
      const { hashed: i, a, b } = this;
      if (lengths.has(i)) keys.set(i, `${i}:${a.toString(36)}:${b.toString(36)}`);
      if (i >= end) break;
      const id = this.tokens[i];
      this.a = mix(a + id);
      this.b = mix((b ^ id) + 0x9e3779b9 + i);
    }
    this.keys = keys;
    return keys;
  }
}
