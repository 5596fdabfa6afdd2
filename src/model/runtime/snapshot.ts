import type { Config } from '../core/config';
import { mix } from '../sampling/random';
import { EngineError } from './errors';

/** Everything that determines the next token of a stream, in one layout for all backends. */
export interface Snapshot {
  /** Digest of its weights. */
  readonly digest: string;
  /** Number of tokens that the stream has read; also the number of the next draw. */
  readonly length: number;
  /** Position of the next token, counted from 0 at `<|endoftext|>`. */
  readonly position: number;
  /** The state of the penalties: the words of SeenTokens. */
  readonly seen: Uint32Array;
  /** stateSize numbers, see stateLayout. Float64Array from the reference backend. */
  readonly state: Float32Array | Float64Array;
  /** Logits of the next token [vocab]. */
  readonly logits: Float32Array | Float64Array;
}

/** Offsets, in numbers, into a layer's part of the state: S [h, E, e], z [h, E], convolution inputs [3, 3d], oldest first. */
export interface StateLayout {
  readonly S: number;
  readonly z: number;
  readonly convolution: number;
  /** Numbers per layer. */
  readonly layerSize: number;
  /** Numbers per stream. */
  readonly size: number;
}

export function stateLayout(config: Config): StateLayout {
  const { heads, headWidth, stateRows, hiddenSize, layers, convKernel } = config;
  const z = heads * stateRows * headWidth;
  const convolution = z + heads * stateRows;
  const layerSize = convolution + (convKernel ? (convKernel - 1) * 3 * hiddenSize : 0);
  return { S: 0, z, convolution, layerSize, size: layers * layerSize };
}

/** Bytes of a float16 key-value cache of the same shape after `tokens` tokens, for comparison with the state. */
export function cacheBytes(config: Config, tokens: number): number {
  return tokens * config.layers * 2 * config.hiddenSize * 2;
}

export function snapshotBytes(snapshot: Snapshot): number {
  return snapshot.state.byteLength + snapshot.logits.byteLength + snapshot.seen.byteLength;
}

/** @throws EngineError 'input' unless the snapshot belongs to these weights. */
export function checkSnapshot(snapshot: Snapshot, digest: string): void {
  if (snapshot.digest !== digest)
    throw new EngineError(
      'input',
      `This snapshot belongs to the weights ${snapshot.digest.slice(0, 12)}, but the loaded weights are ${digest.slice(0, 12)}.`,
      'Read the text again with the loaded model.',
    );
}

interface Entry {
  readonly key: string;
  readonly snapshot: Snapshot;
  readonly pinned: boolean;
  lastUsed: number;
}

/** Budget for all snapshots, in bytes. */
export const SNAPSHOT_BUDGET = 64 * 2 ** 20;

const DENSE = 256; // tokens between snapshots near the end of a text
const DENSE_SPAN = 4096; // tokens from the end with dense snapshots

/** Largest distance between snapshots of one text at a distance from its end, which bounds the tokens to reread. */
export function snapshotSpacing(behind: number): number {
  return behind <= DENSE_SPAN ? DENSE : (behind * DENSE) / DENSE_SPAN;
}

/**
 * Snapshots of the current texts, found by their prefix of tokens. One text has snapshots every 256 tokens over the last
 * 4,096, and fewer before. If the budget is exceeded, snapshots of other texts are evicted first.
 */
export class SnapshotStore {
  readonly budget: number;
  private entries: Entry[] = [];
  private clock = 0;

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

  /** Adds a snapshot taken after `tokens.slice(0, snapshot.length)`. Thinning keeps pinned snapshots. */
  add(tokens: ArrayLike<number>, snapshot: Snapshot, pinned = false): void {
    const keys = prefixKeys(
      tokens,
      new Set([...this.entries.map((e) => e.snapshot.length), snapshot.length]),
    );
    const key = keys.get(snapshot.length)!;
    const old = this.entries.find((e) => e.key === key);
    this.entries = this.entries.filter((e) => e !== old);
    this.entries.push({ key, snapshot, pinned: pinned || old?.pinned === true, lastUsed: this.clock });
    const line = this.touch(keys);
    this.thin(line);
    this.evict();
  }

  /** The snapshot of the longest prefix of `tokens`. */
  nearest(tokens: ArrayLike<number>): Snapshot | null {
    const line = this.touch(prefixKeys(tokens, new Set(this.entries.map((e) => e.snapshot.length))));
    return line.at(-1)?.snapshot ?? null;
  }

  clear(): void {
    this.entries = [];
  }

  /** Marks the snapshots of one text as recently used; returns them by length. */
  private touch(keys: Map<number, string>): Entry[] {
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

  /** Evicts least recently used snapshots, earliest position first, down to the budget; keeps the newest one. */
  private evict(): void {
    const order = this.entries
      .slice(0, -1)
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

/** A 64-bit key of the prefix of `tokens` for each requested length. */
function prefixKeys(tokens: ArrayLike<number>, lengths: ReadonlySet<number>): Map<number, string> {
  const keys = new Map<number, string>();
  let [a, b] = [0x243f6a88, 0x85a308d3];
  for (let i = 0; i <= tokens.length; i++) {
    if (lengths.has(i)) keys.set(i, `${i}:${a.toString(36)}:${b.toString(36)}`);
    if (i < tokens.length) [a, b] = [mix(a + tokens[i]), mix((b ^ tokens[i]) + 0x9e3779b9 + i)];
  }
  return keys;
}
