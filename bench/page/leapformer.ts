import type { Backend, ReadResult, Streams } from '../../src/model/runtime/backend';
import type { Snapshot } from '../../src/model/runtime/snapshot';
import { idsOf } from '../../src/model/sampling/records';
import { GREEDY } from '../../src/model/sampling/sampling';
import type { Contender } from './contender';

/** One of the playground's backends. */
export class LeapformerContender implements Contender {
  readonly backend: Backend;
  private readonly streams: Streams;
  private marked: Snapshot | null = null;

  static async open(backend: Backend): Promise<LeapformerContender> {
    return new LeapformerContender(backend, await backend.open(1));
  }

  private constructor(backend: Backend, streams: Streams) {
    this.backend = backend;
    this.streams = streams;
  }

  reset(): Promise<void> {
    return this.streams.restore(null);
  }

  async read(tokens: ArrayLike<number>): Promise<void> {
    await this.streams.read(tokens);
  }

  /** Reads tokens, and returns their records. */
  readWithRecords(tokens: readonly number[]): Promise<ReadResult> {
    return this.streams.read(tokens, { records: true });
  }

  logits(): Promise<ArrayLike<number>> {
    return this.streams.logits();
  }

  async mark(): Promise<void> {
    this.marked = await this.streams.snapshot();
  }

  snapshot(): Promise<Snapshot> {
    return this.streams.snapshot();
  }

  async rewind(): Promise<void> {
    await this.goTo(this.marked);
  }

  /** Restores the snapshot; resolves when no work is pending. */
  async goTo(snapshot: Snapshot | null): Promise<void> {
    await this.streams.restore(snapshot);
    await this.streams.logits();
  }

  async decode(count: number): Promise<number[]> {
    const ids: number[] = [];
    for await (const [{ records }] of this.streams.decode([
      { sampling: GREEDY, maxTokens: count, stopTokens: [] },
    ]))
      ids.push(...idsOf(records));
    return ids;
  }
}
