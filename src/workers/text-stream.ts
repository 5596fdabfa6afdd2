import type { Streams } from '../model/runtime/backend';
import { type SnapshotStore, snapshotSpacing } from '../model/runtime/snapshot';

/** Progress callbacks of a move. */
export interface OnTheWay {
  /** Called after each part. */
  report?(read: number, total: number): void | Promise<void>;
  /** Called in between; optional. */
  offer?(read: number, total: number): void;
  /** Requests scores of the tokens read from the current position; `from` is the position of the first. */
  records?(from: number, records: Float32Array): void | Promise<void>;
}

/** A stream and the tokens that it has read. It moves to any text from the nearest snapshot. */
export class TextStream {
  readonly streams: Streams;
  /** The tokens that the stream has read. */
  tokens: number[] = [];
  private readonly snapshots: SnapshotStore;

  constructor(streams: Streams, snapshots: SnapshotStore) {
    this.streams = streams;
    this.snapshots = snapshots;
  }

  /** Moves from the current position or the nearest snapshot by reading the rest; stops early when the signal aborts. */
  async moveTo(tokens: readonly number[], signal: AbortSignal, tell: OnTheWay = {}): Promise<void> {
    const { streams, snapshots } = this;
    const snapshot = snapshots.nearest(tokens);
    const standing = isPrefix(this.tokens, tokens) ? this.tokens.length : 0;
    const skips = tell.records === undefined && standing < (snapshot?.length ?? 0);
    if (standing === 0 || skips) {
      this.tokens = [];
      await streams.restore(snapshot);
      this.tokens = tokens.slice(0, snapshot?.length ?? 0);
    }
    const start = this.tokens.length;
    const total = tokens.length - start;
    while (this.tokens.length < tokens.length && !signal.aborted) {
      const from = this.tokens.length;
      const part = tokens.slice(from, from + partBefore(tokens.length - from));
      const onProgress = (read: number) => tell.offer?.(from - start + read, total);
      const records = tell.records !== undefined;
      const result = await streams.read(part, { signal, onProgress, records });
      for (let i = 0; i < result.count; i++) this.tokens.push(part[i]);
      if (result.count) snapshots.add(this.tokens, await streams.snapshot());
      if (result.records) await tell.records?.(from, result.records);
      await tell.report?.(this.tokens.length - start, total);
    }
  }
}

/** Tokens to read before the next snapshot: the snapshot store's spacing at this distance from the end. */
function partBefore(toEnd: number): number {
  return Math.min(toEnd, Math.floor(snapshotSpacing(toEnd - snapshotSpacing(toEnd))));
}

function isPrefix(prefix: readonly number[], tokens: readonly number[]): boolean {
  return prefix.length <= tokens.length && prefix.every((token, i) => token === tokens[i]);
}
