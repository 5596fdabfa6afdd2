import type { Streams } from '../model/backend';
import type { SnapshotStore } from '../model/snapshot';

export const SNAPSHOT_EVERY = 256;

/** One stream and the tokens that it has read: brought to any text by the shortest way. */
export class TextStream {
  readonly streams: Streams;
  /** What the stream has read. */
  tokens: number[] = [];
  private readonly snapshots: SnapshotStore;

  constructor(streams: Streams, snapshots: SnapshotStore) {
    this.streams = streams;
    this.snapshots = snapshots;
  }

  /** Going on from where it stands, or from the nearest snapshot, and reading the rest; less when the signal aborts. */
  async moveTo(
    tokens: readonly number[],
    signal: AbortSignal,
    progress: {
      /** After each part. */
      report(read: number, total: number): void | Promise<void>;
      /** In between; may be left out. */
      offer?(read: number, total: number): void;
    },
  ): Promise<void> {
    const { streams, snapshots } = this;
    const snapshot = snapshots.nearest(tokens);
    const standing = isPrefix(this.tokens, tokens) ? this.tokens.length : 0;
    if (standing === 0 || standing < (snapshot?.length ?? 0)) {
      this.tokens = [];
      await streams.restore(snapshot);
      this.tokens = tokens.slice(0, snapshot?.length ?? 0);
    }
    const start = this.tokens.length;
    const total = tokens.length - start;
    while (this.tokens.length < tokens.length && !signal.aborted) {
      const from = this.tokens.length;
      const toEnd = tokens.length - from;
      // Snapshots stand close over the last 4,096 tokens and wider before.
      const part = tokens.slice(from, from + Math.min(toEnd > 4096 ? 4096 : SNAPSHOT_EVERY, toEnd));
      const onProgress = (read: number) => progress.offer?.(from - start + read, total);
      const { count } = await streams.read(part, { signal, onProgress });
      for (let i = 0; i < count; i++) this.tokens.push(part[i]);
      if (count) snapshots.add(this.tokens, await streams.snapshot());
      await progress.report(this.tokens.length - start, total);
    }
  }
}

function isPrefix(prefix: readonly number[], tokens: readonly number[]): boolean {
  return prefix.length <= tokens.length && prefix.every((token, i) => token === tokens[i]);
}
