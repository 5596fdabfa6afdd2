import { stateLayout } from '../model/core/tensors';
import type { LayerCapture } from '../model/lens/head-lens';
import {
  type CaptureOptions,
  checkTokens,
  type DecodeBatch,
  type DecodeOptions,
  type DecodeRequest,
  type ModelData,
  type ReadOptions,
  type ReadResult,
  type Streams,
} from '../model/runtime/backend';
import { newCaptures } from '../model/runtime/capture';
import { decodeLoop } from '../model/runtime/decode-loop';
import { cancelled } from '../model/runtime/errors';
import { Pace } from '../model/runtime/pace';
import { checkSnapshot, type Snapshot } from '../model/runtime/snapshot';
import { RECORD_SIZE, unpredictedRecord } from '../model/sampling/records';
import { SeenTokens, seenWords } from '../model/sampling/seen';
import { copyTile } from './capture';
import type { Forward, Row } from './forward';
import type { Heap } from './heap';
import type { Kernels } from './kernels';
import { Sampler } from './sampler';

interface Stream {
  /** Address of S, z and convolution inputs, as in stateLayout. */
  readonly memory: number;
  /** Address of the logits after the last token read. */
  readonly logits: number;
  length: number;
  position: number;
  seen: SeenTokens;
}

/** Streams over one Forward, which holds the activations. The heap holds their states and logits. */
export class WasmStreams implements Streams {
  readonly count: number;
  private readonly model: ModelData;
  private readonly forward: Forward;
  private readonly heap: Heap;
  private readonly sampler: Sampler;
  private readonly stateSize: number;
  private readonly streams: Stream[] = [];
  private readonly onClose: () => void;
  private closed = false;

  constructor(
    model: ModelData,
    forward: Forward,
    heap: Heap,
    kernels: Kernels,
    count: number,
    onClose: () => void,
  ) {
    this.count = count;
    this.model = model;
    this.forward = forward;
    this.heap = heap;
    this.onClose = onClose;
    this.stateSize = stateLayout(model.config).size;
    this.sampler = new Sampler(model.config, heap, kernels);
    try {
      for (let i = 0; i < count; i++) {
        const memory = heap.allocate(this.streamBytes);
        const logits = memory + 4 * this.stateSize;
        this.streams.push({ memory, logits, length: 0, position: 0, seen: new SeenTokens(model.config) });
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get stateBytes(): number {
    return this.count * (this.streamBytes + 4 * seenWords(this.model.config));
  }

  get scratchBytes(): number {
    return this.forward.bytes + this.sampler.bytes;
  }

  length(stream = 0): number {
    return this.streams[stream].length;
  }

  async read(tokens: ArrayLike<number>, options: ReadOptions = {}): Promise<ReadResult> {
    const { signal, onProgress, onLogits, records: wanted } = options;
    checkTokens(tokens, this.model.config);
    const stream = this.streams[options.stream ?? 0];
    const records = wanted ? new Float32Array(tokens.length * RECORD_SIZE) : null;
    const pace = new Pace();
    let reported = performance.now();
    let count = 0;
    let last = 0;
    while (count < tokens.length && !signal?.aborted) {
      const chunk = Array.from(
        { length: Math.min(tokens.length - count, this.forward.capacity) },
        (_, i) => tokens[count + i],
      );
      if (records) this.describe(stream, chunk[0], records, count);
      await this.forward.read(
        chunk.map((id) => this.advance(stream, id)),
        pace,
      );
      if (records || onLogits) await this.everyLogits(stream, chunk, records, onLogits, count, pace);
      last = chunk.length - 1;
      count += chunk.length;
      if (performance.now() - reported < 10) continue;
      reported = performance.now();
      onProgress?.(count);
      if (pace.isDue) await pace.yield();
    }
    if (count && !records && !onLogits) await this.keepLogits([stream], last, pace);
    return { count, records: records?.slice(0, count * RECORD_SIZE) ?? null };
  }

  async capture(tokens: ArrayLike<number>, options: CaptureOptions = {}): Promise<readonly LayerCapture[]> {
    const { config } = this.model;
    const { capacity } = this.forward;
    checkTokens(tokens, config);
    const stream = this.streams[options.stream ?? 0];
    const captures = newCaptures(config, tokens.length, await this.snapshot(options.stream));
    const pace = new Pace();
    for (let count = 0; count < tokens.length; count += capacity) {
      if (options.signal?.aborted) throw cancelled();
      const rows = Array.from({ length: Math.min(capacity, tokens.length - count) }, (_, i) =>
        this.advance(stream, tokens[count + i]),
      );
      await this.forward.read(rows, pace, (layer, step) => {
        if (step === 'recurrence')
          copyTile(this.forward.features(rows.length), captures[layer], config.heads, count);
      });
      await this.keepLogits([stream], rows.length - 1, pace);
    }
    return captures;
  }

  decode(requests: readonly DecodeRequest[], options: DecodeOptions = {}): AsyncGenerator<DecodeBatch[]> {
    return decodeLoop(this, requests, options, async (writing, pace) => {
      const records: Float32Array[] = [];
      for (let first = 0; first < writing.length; first += this.forward.capacity) {
        const streams = writing.slice(first, first + this.forward.capacity).map((i) => this.streams[i]);
        const drawn = streams.map(({ logits, length, seen }, n) =>
          this.sampler.draw(logits, requests[writing[first + n]].sampling, length, seen),
        );
        await this.forward.read(
          streams.map((stream, n) => this.advance(stream, drawn[n][0])),
          pace,
        );
        await this.keepLogits(streams, 0, pace);
        records.push(...drawn);
      }
      return records;
    });
  }

  async logits(stream = 0): Promise<Float32Array> {
    const { logits, length } = this.streams[stream];
    return this.copyLogits(logits, length ? 1 : 0);
  }

  async snapshot(stream = 0): Promise<Snapshot> {
    const { memory, length, position, seen } = this.streams[stream];
    const state = this.heap.floats(memory, this.stateSize).slice();
    const { digest } = this.model;
    return { digest, length, position, seen: seen.words.slice(), state, logits: await this.logits(stream) };
  }

  async restore(snapshot: Snapshot | null, stream = 0): Promise<void> {
    if (snapshot) checkSnapshot(snapshot, this.model.digest);
    const target = this.streams[stream];
    target.length = snapshot?.length ?? 0;
    target.position = snapshot?.position ?? 0;
    target.seen = new SeenTokens(this.model.config, snapshot?.seen);
    const state = this.heap.floats(target.memory, this.stateSize);
    if (snapshot) state.set(snapshot.state);
    else state.fill(0);
    if (snapshot) this.heap.floats(target.logits, snapshot.logits.length).set(snapshot.logits);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const { memory } of this.streams) this.heap.free(memory, this.streamBytes);
    this.forward.free();
    this.sampler.free();
    this.onClose();
  }

  private get streamBytes(): number {
    return 4 * (this.stateSize + this.forward.logitStride);
  }

  private advance(stream: Stream, id: number): Row {
    if (id === this.model.config.bosTokenId) stream.position = 0;
    stream.seen.add(id);
    stream.length++;
    return { id, position: stream.position++, memory: stream.memory };
  }

  /** Stores the logits after the rows read last, from row `first`, one row per stream. */
  private async keepLogits(streams: readonly Stream[], first: number, pace: Pace): Promise<void> {
    const { logitRows } = this.forward;
    for (let at = 0; at < streams.length; at += logitRows) {
      const part = streams.slice(at, at + logitRows);
      await this.forward.computeLogits(first + at, part.length, pace);
      for (const [row, stream] of part.entries()) this.keepRow(stream, row);
    }
  }

  /** Stores a row of the computed logits. */
  private keepRow(stream: Stream, row: number): void {
    const { logits, logitStride } = this.forward;
    const from = this.heap.floats(logits + 4 * row * logitStride, logitStride);
    this.heap.floats(stream.logits, logitStride).set(from);
  }

  /** Writes the record of a typed token from the stream's logits. */
  private describe(stream: Stream, id: number, records: Float32Array, at: number): void {
    const record = stream.length ? this.sampler.describe(stream.logits, id) : unpredictedRecord(id);
    records.set(record, at * RECORD_SIZE);
  }

  /**
   * Computes the logits after every token of the chunk just read, which begins with token `at`. Passes them to
   * `onLogits`, writes the records of the tokens after the first, and keeps the last row.
   */
  private async everyLogits(
    stream: Stream,
    chunk: readonly number[],
    records: Float32Array | null,
    onLogits: ReadOptions['onLogits'],
    at: number,
    pace: Pace,
  ): Promise<void> {
    const { logits, logitRows, logitStride } = this.forward;
    for (let first = 0; first < chunk.length; first += logitRows) {
      const rows = Math.min(logitRows, chunk.length - first);
      await this.forward.computeLogits(first, rows, pace);
      for (let row = 0; row < rows; row++) {
        const next = first + row + 1;
        if (next === chunk.length) this.keepRow(stream, row);
        else if (records) {
          const record = this.sampler.describe(logits + 4 * row * logitStride, chunk[next]);
          records.set(record, (at + next) * RECORD_SIZE);
          if (pace.isDue) await pace.yield();
        }
      }
      if (onLogits) await onLogits(at + first, this.copyLogits(logits, rows));
      if (pace.isDue) await pace.yield();
    }
  }

  /** A copy of rows of logits at an address, without their padding: [rows, vocab]. */
  private copyLogits(address: number, rows: number): Float32Array {
    const { vocabSize } = this.model.config;
    const { logitStride } = this.forward;
    const copy = new Float32Array(rows * vocabSize);
    for (let row = 0; row < rows; row++)
      copy.set(this.heap.floats(address + 4 * row * logitStride, vocabSize), row * vocabSize);
    return copy;
  }
}
