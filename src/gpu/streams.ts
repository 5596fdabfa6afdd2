import type { LayerCapture } from '../model/lens/head-lens';
import {
  type CaptureOptions,
  checkRequests,
  checkTokens,
  type DecodeBatch,
  type DecodeOptions,
  type DecodeRequest,
  type KernelTime,
  type ModelData,
  type ReadOptions,
  type ReadResult,
  type Streams,
} from '../model/runtime/backend';
import { newCaptures } from '../model/runtime/capture';
import { cancelled } from '../model/runtime/errors';
import { checkSnapshot, type Snapshot } from '../model/runtime/snapshot';
import { RECORD_SIZE, unpredictedRecord } from '../model/sampling/records';
import { SeenTokens } from '../model/sampling/seen';
import { unpackFeatures } from './capture';
import { ChunkReader, type Shared } from './chunk-reader';
import { bind, type Command, type Copy, encode } from './commands';
import { Decoder, type Submission } from './decoder';
import type { Kernels } from './kernels';
import type { Machine } from './machine';
import { CHUNK, CONTROL, type Plan, RECORD_SLOTS } from './plan';
import type { Wanted } from './prefill';
import { timeKernels } from './profile';
import { createStreamBuffers, type StreamBuffers } from './stream-buffers';

export class WebGpuStreams implements Streams {
  readonly count: number;
  private readonly machine: Machine;
  private readonly plan: Plan;
  private readonly kernels: Kernels;
  private readonly model: ModelData;
  private readonly buffers: StreamBuffers;
  private readonly decoder: Decoder;
  private readonly reader: ChunkReader;
  private readonly ranking: GPUBindGroup;
  /** Length and position of each stream, as in the device's control words. */
  private readonly lengths: number[];
  private readonly positions: number[];

  constructor(shared: Shared, count: number) {
    const { machine, plan, kernels, weights, model } = shared;
    this.count = count;
    this.machine = machine;
    this.plan = plan;
    this.kernels = kernels;
    this.model = model;
    this.lengths = new Array(count).fill(0);
    this.positions = new Array(count).fill(0);
    this.buffers = createStreamBuffers(machine, plan, count);
    this.decoder = new Decoder(machine, plan, kernels, weights, this.buffers, count);
    this.reader = new ChunkReader(shared, this.buffers);
    const { logits, candidates } = this.buffers;
    this.ranking = bind(machine.device, kernels.rank, { logits, candidates });
    for (let stream = 0; stream < count; stream++) this.writeControl(stream, null);
  }

  length(stream = 0): number {
    return this.lengths[stream];
  }

  async read(tokens: ArrayLike<number>, options: ReadOptions = {}): Promise<ReadResult> {
    const { stream = 0, signal, onProgress, onLogits } = options;
    const { machine, reader } = this;
    checkTokens(tokens, this.model.config);
    machine.check();
    const records = options.records ? new Float32Array(tokens.length * RECORD_SIZE) : null;
    const logits = onLogits && (await reader.logitsBuffer(tokens.length));
    let count = 0;
    try {
      while (count < tokens.length && !signal?.aborted) {
        const chunk = chunkAt(tokens, count);
        const isFirst = this.lengths[stream] === 0;
        if (!(await this.readChunk(stream, chunk, { records: records !== null, logits }, signal))) break;
        records?.set(await reader.records(chunk.length), count * RECORD_SIZE);
        if (isFirst) records?.set(unpredictedRecord(chunk[0]));
        if (logits) await onLogits(count, await reader.logits(logits, chunk.length));
        count += chunk.length;
        onProgress?.(count);
      }
    } finally {
      if (logits) machine.release([logits]);
    }
    return { count, records: records?.slice(0, count * RECORD_SIZE) ?? null };
  }

  async capture(
    tokens: ArrayLike<number>,
    { stream = 0, signal }: CaptureOptions = {},
  ): Promise<readonly LayerCapture[]> {
    const { machine, plan } = this;
    checkTokens(tokens, plan.config);
    const captures = newCaptures(plan.config, tokens.length, await this.snapshot(stream));
    const buffer = await this.reader.capturesBuffer();
    try {
      for (let count = 0; count < tokens.length; count += CHUNK) {
        const chunk = chunkAt(tokens, count);
        if (signal?.aborted || !(await this.readChunk(stream, chunk, { captures: buffer }, signal)))
          throw cancelled();
        await machine.readBack(buffer, buffer.size, (range) =>
          unpackFeatures(new Float32Array(range), plan, captures, count, chunk.length),
        );
      }
    } finally {
      machine.release([buffer]);
    }
    return captures;
  }

  /** Reads a whole chunk, or nothing if the signal aborts. */
  private async readChunk(
    stream: number,
    tokens: readonly number[],
    wanted: Wanted,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const position = await this.reader.read(stream, tokens, this.positions[stream], wanted, signal);
    if (position === null) return false;
    this.positions[stream] = position;
    this.lengths[stream] += tokens.length;
    return true;
  }

  async *decode(
    requests: readonly DecodeRequest[],
    options: DecodeOptions = {},
  ): AsyncGenerator<DecodeBatch[]> {
    checkRequests(requests, this);
    const { signal, snapshotEvery = 0 } = options;
    this.machine.check();
    this.decoder.start(requests);
    const finished = requests.map(({ maxTokens }): DecodeBatch['finished'] =>
      maxTokens > 0 ? null : 'length',
    );
    const snapshotAt = [...this.lengths];
    const submissions: Submission[] = [];
    let left = Math.max(...requests.map(({ maxTokens }) => maxTokens));

    /** Commands that copy every state, if a snapshot is due after the next `tokens`; else null. */
    const statesDue = (tokens: number): Copy[] | null => {
      const ahead = submissions.reduce((sum, submission) => sum + submission.tokens, tokens);
      const isDue =
        snapshotEvery > 0 &&
        !submissions.some((submission) => submission.snapshots) &&
        this.lengths.some((length, s) => !finished[s] && length + ahead - snapshotAt[s] >= snapshotEvery);
      return isDue ? this.everyState() : null;
    };
    const submit = () => {
      const tokens = this.decoder.pacer.size(Math.min(left, RECORD_SLOTS));
      left -= tokens;
      submissions.push(this.decoder.submit(tokens, statesDue(tokens)));
    };
    const collect = async (submission: Submission): Promise<DecodeBatch[]> => {
      const results = await this.decoder.collect(submission, this.lengths);
      for (const [s, { length, position }] of results.entries()) {
        this.lengths[s] = length;
        this.positions[s] = position;
      }
      await submission.snapshots;
      const states = submission.snapshots && this.machine.contents(this.buffers.snapshots);
      const batch = results.map(({ records, remaining, stopped }, s): DecodeBatch => {
        if (remaining === 0) finished[s] ??= stopped ? 'stop' : 'length';
        const isDue = states && this.lengths[s] - snapshotAt[s] >= snapshotEvery;
        if (isDue) snapshotAt[s] = this.lengths[s];
        return { records, finished: finished[s], snapshot: isDue ? this.takeSnapshot(states, s) : null };
      });
      if (states) this.buffers.snapshots.unmap();
      return batch;
    };

    try {
      while (finished.includes(null)) {
        if (this.decoder.pacer.isSlow && submissions.length === 0 && left > 0 && !signal?.aborted) {
          const submission = await this.decoder.submitInParts(statesDue(1), signal);
          if (!submission) return;
          left--;
          submissions.push(submission);
        }
        while (left > 0 && submissions.length < this.decoder.pacer.depth && !signal?.aborted) submit();
        const submission = submissions.shift();
        if (!submission) return;
        yield await collect(submission);
      }
    } finally {
      // Submissions after the last token of every stream, or after the caller left the loop. The loop above reports errors.
      for (const submission of submissions) await collect(submission).catch(() => {});
    }
  }

  /** Times the kernels of a decoding step. It overwrites the state of every stream. */
  async kernelTimes(): Promise<KernelTime[] | null> {
    await this.read([this.model.config.bosTokenId]);
    return timeKernels(this.machine, this.decoder.endless());
  }

  async logits(stream = 0): Promise<Float32Array> {
    if (this.lengths[stream] === 0) return new Float32Array();
    const bytes = 4 * this.plan.config.vocabSize;
    const { logits: from, snapshots: to } = this.buffers;
    this.submit([{ from, fromByte: stream * bytes, to, toByte: 0, bytes }]);
    return this.machine.readBack(to, bytes, (range) => new Float32Array(range).slice());
  }

  async snapshot(stream = 0): Promise<Snapshot> {
    const { snapshots } = this.buffers;
    this.submit(this.stateOf(stream));
    return this.machine.readBack(snapshots, snapshots.size, (range) => this.takeSnapshot(range, stream));
  }

  async restore(snapshot: Snapshot | null, stream = 0): Promise<void> {
    if (snapshot) checkSnapshot(snapshot, this.model.digest);
    const { machine, buffers, plan } = this;
    const { device } = machine;
    const { vocabSize } = plan.config;
    machine.check();
    this.lengths[stream] = snapshot?.length ?? 0;
    this.positions[stream] = snapshot?.position ?? 0;
    this.writeControl(stream, snapshot);
    const write = (buffer: GPUBuffer, at: number, values: Float32Array | Float64Array | Uint32Array) =>
      device.queue.writeBuffer(
        buffer,
        4 * at,
        values instanceof Float64Array ? Float32Array.from(values) : (values as Float32Array<ArrayBuffer>),
      );
    write(buffers.state, stream * plan.stateSize, snapshot?.state ?? new Float32Array(plan.stateSize));
    if (!snapshot?.logits.length) return;
    write(buffers.logits, stream * vocabSize, snapshot.logits);
    const { pipeline } = this.kernels.rank;
    this.submit([{ pipeline, bindings: this.ranking, x: plan.blocks, y: this.count }]);
  }

  close(): void {
    const { ring, ...buffers } = this.buffers;
    this.machine.release([...Object.values(buffers), ...ring]);
  }

  private submit(commands: readonly Command[]): void {
    const { device } = this.machine;
    this.machine.check();
    device.queue.submit([encode(device, commands)]);
  }

  private writeControl(stream: number, snapshot: Snapshot | null): void {
    const { words } = new SeenTokens(this.plan.config, snapshot?.seen);
    const control = new Uint32Array(CONTROL.SEEN + words.length);
    control.set(words, CONTROL.SEEN);
    control[CONTROL.POSITION] = this.positions[stream] - 1; // position of the last token read
    control[CONTROL.LENGTH] = this.lengths[stream];
    const at = 4 * stream * this.plan.controlWords;
    this.machine.device.queue.writeBuffer(this.buffers.control, at, control);
  }

  /** Commands that copy the contents of a snapshot to the stream's part of `snapshots`. */
  private stateOf(stream: number): Copy[] {
    const { state, logits, control, snapshots } = this.buffers;
    const { stateSize, controlWords, seenWords, config } = this.plan;
    const to = stream * (stateSize + config.vocabSize + seenWords);
    const copy = (from: GPUBuffer, fromNumber: number, toNumber: number, numbers: number): Copy => ({
      from,
      fromByte: 4 * fromNumber,
      to: snapshots,
      toByte: 4 * toNumber,
      bytes: 4 * numbers,
    });
    return [
      copy(state, stream * stateSize, to, stateSize),
      copy(logits, stream * config.vocabSize, to + stateSize, config.vocabSize),
      copy(control, stream * controlWords + CONTROL.SEEN, to + stateSize + config.vocabSize, seenWords),
    ];
  }

  private everyState(): Copy[] {
    return this.lengths.flatMap((_, stream) => this.stateOf(stream));
  }

  /** Reads a snapshot from the stream's part of the mapped `snapshots`. */
  private takeSnapshot(range: ArrayBuffer, stream: number): Snapshot {
    const { stateSize, seenWords, config } = this.plan;
    const numbers = stateSize + config.vocabSize + seenWords;
    const from = stream * numbers;
    const logitCount = this.lengths[stream] ? config.vocabSize : 0;
    return {
      digest: this.model.digest,
      length: this.lengths[stream],
      position: this.positions[stream],
      state: new Float32Array(range, 4 * from, stateSize).slice(),
      logits: new Float32Array(range, 4 * (from + stateSize), logitCount).slice(),
      seen: new Uint32Array(range, 4 * (from + stateSize + config.vocabSize), seenWords).slice(),
    };
  }
}

/** The chunk of `tokens` that begins at `at`: at most CHUNK of them. */
function chunkAt(tokens: ArrayLike<number>, at: number): number[] {
  return Array.from({ length: Math.min(CHUNK, tokens.length - at) }, (_, t) => tokens[at + t]);
}
