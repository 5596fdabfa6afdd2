import type { LayerCapture } from '../model/lens/head-lens';
import type { DecodeBatch, DecodeRequest, ReadOptions, Streams } from '../model/runtime/backend';
import type { Snapshot } from '../model/runtime/snapshot';
import { idsOf } from '../model/sampling/records';
import { decodePaced } from './paced';
import { type SnapshotStore, snapshotSpacing } from './snapshot-store';

/** Callbacks of a move. Places are indices of tokens in the text. */
export interface MoveOptions {
  /** After each part. */
  report?(read: number, total: number): void | Promise<void>;
  /** Optional progress between reports, which may be dropped. */
  offer?(read: number, total: number): void;
  /** Receives the records of the tokens that the stream reads; `from` is the place of the first. */
  onRecords?(from: number, records: Float32Array): void | Promise<void>;
  /** Receives the logits after the tokens that the stream reads, as in ReadOptions. */
  onLogits?: ReadOptions['onLogits'];
}

/** Tokens between snapshots in decode. A submission to a GPU may decode 63 more, and the limit is 256. */
const SNAPSHOT_EVERY = 192;

/** One stream and the tokens that it has read. */
export class TextStream {
  readonly streams: Streams;
  private readonly snapshots: SnapshotStore;
  private read: number[] = [];

  constructor(streams: Streams, snapshots: SnapshotStore) {
    this.streams = streams;
    this.snapshots = snapshots;
  }

  /** The tokens that the stream has read; empty if they are unknown. */
  get tokens(): readonly number[] {
    return this.read;
  }

  /**
   * Moves the stream to the end of `tokens`: reads the rest from its current state or from the nearest snapshot. It
   * reads less if the signal aborts.
   */
  async moveTo(tokens: readonly number[], signal: AbortSignal, options: MoveOptions = {}): Promise<void> {
    const { streams, snapshots } = this;
    const { report, offer, onRecords, onLogits } = options;
    const snapshot = snapshots.nearest(tokens);
    const standing = isPrefix(this.read, tokens) ? this.read.length : 0;
    const skips = !onRecords && !onLogits && standing < (snapshot?.length ?? 0);
    if (standing === 0 || skips) {
      this.invalidate();
      await streams.restore(snapshot);
      this.read = tokens.slice(0, snapshot?.length ?? 0);
    }
    const start = this.read.length;
    const total = tokens.length - start;
    while (this.read.length < tokens.length && !signal.aborted) {
      const from = this.read.length;
      const part = tokens.slice(from, from + partBefore(tokens.length - from));
      const result = await this.orInvalidate(
        streams.read(part, {
          signal,
          records: onRecords !== undefined,
          onProgress: (read) => offer?.(from - start + read, total),
          ...(onLogits && { onLogits: (at: number, rows) => onLogits(from + at, rows) }),
        }),
      );
      for (let i = 0; i < result.count; i++) this.read.push(part[i]);
      if (result.count) snapshots.add(this.read, await streams.snapshot());
      if (result.records) await onRecords?.(from, result.records);
      await report?.(this.read.length - start, total);
    }
  }

  /** Decodes after the text, at most `tokensPerSecond` unless null, and keeps snapshots on the way. */
  async *write(
    request: DecodeRequest,
    tokensPerSecond: number | null,
    signal: AbortSignal,
  ): AsyncGenerator<DecodeBatch> {
    const options = { signal, snapshotEvery: SNAPSHOT_EVERY };
    const batches = tokensPerSecond
      ? decodePaced(this.streams, request, tokensPerSecond, options)
      : this.streams.decode([request], options);
    for await (const [batch] of batches) {
      this.read.push(...idsOf(batch.records));
      if (batch.snapshot) this.snapshots.add(this.read, batch.snapshot);
      yield batch;
    }
  }

  /** Reads tokens after the text, as Streams.capture does. */
  async capture(tokens: readonly number[], signal: AbortSignal): Promise<readonly LayerCapture[]> {
    const captures = await this.orInvalidate(this.streams.capture(tokens, { signal }));
    for (const id of tokens) this.read.push(id);
    return captures;
  }

  /** Keeps a snapshot of the current state, to return to. */
  async pin(): Promise<Snapshot> {
    const snapshot = await this.streams.snapshot();
    this.snapshots.add(this.read, snapshot, true);
    return snapshot;
  }

  /** Makes the next move start from a snapshot, because the state of the stream is unknown. */
  private invalidate(): void {
    this.read = [];
  }

  private async orInvalidate<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      this.invalidate();
      throw error;
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
