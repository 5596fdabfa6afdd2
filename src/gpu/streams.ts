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
import { RECORD_SIZE } from '../model/sampling/sampling';
import { SeenTokens } from '../model/sampling/seen';
import { captureBuffer, unpackFeatures } from './capture';
import { bind, type Copy, encode } from './commands';
import { Decoder, type Flight } from './decoder';
import type { DeviceWeights } from './device-weights';
import type { Kernels } from './kernels';
import type { Machine } from './machine';
import { CHUNK, CONTROL, type Plan, RECORD_SLOTS } from './plan';
import { Prefill } from './prefill';
import { timeKernels } from './profile';
import { createStreamBuffers, type StreamBuffers } from './stream-buffers';
import { Pace } from './submission-pacer';

/** The parts of the backend that its streams use. */
export interface Shared {
  readonly machine: Machine;
  readonly plan: Plan;
  readonly kernels: Kernels;
  readonly weights: DeviceWeights;
  readonly model: ModelData;
}

export class WebGpuStreams implements Streams {
  readonly count: number;
  private readonly machine: Machine;
  private readonly plan: Plan;
  private readonly kernels: Kernels;
  private readonly model: ModelData;
  private readonly buffers: StreamBuffers;
  private readonly decoder: Decoder;
  private readonly prefill: Prefill;
  private readonly ranking: GPUBindGroup;
  private readonly readPace = new Pace(10);
  /** Length and position of each stream, as in the device's control words. */
  private readonly lengths: number[];
  private readonly positions: number[];

  constructor({ machine, plan, kernels, weights, model }: Shared, count: number) {
    this.count = count;
    this.machine = machine;
    this.plan = plan;
    this.kernels = kernels;
    this.model = model;
    this.lengths = new Array(count).fill(0);
    this.positions = new Array(count).fill(0);
    this.buffers = createStreamBuffers(machine, plan, count);
    this.decoder = new Decoder(machine, plan, kernels, weights, this.buffers, count);
    this.prefill = new Prefill(machine.device, plan, kernels, weights, this.buffers);
    const { logits, candidates } = this.buffers;
    this.ranking = bind(machine.device, kernels, 'rank', [logits, candidates]);
    for (let stream = 0; stream < count; stream++) this.writeControl(stream, null);
  }

  length(stream = 0): number {
    return this.lengths[stream];
  }

  async read(tokens: ArrayLike<number>, options: ReadOptions = {}): Promise<ReadResult> {
    const { stream = 0, signal, onProgress } = options;
    checkTokens(tokens, this.model.config);
    this.machine.check();
    const records = options.records ? new Float32Array(tokens.length * RECORD_SIZE) : null;
    let count = 0;
    while (count < tokens.length && !signal?.aborted) {
      const size = Math.min(CHUNK, tokens.length - count);
      const chunk = Array.from({ length: size }, (_, t) => tokens[count + t]);
      if (!(await this.readChunk(stream, chunk, { records: records !== null, signal }))) break;
      if (records) await this.takeRecords(records, count, size);
      if (records && this.lengths[stream] === size) records.fill(0, 1, 4).fill(-1, 4, RECORD_SIZE);
      count += size;
      onProgress?.(count);
    }
    return { count, records: records?.slice(0, count * RECORD_SIZE) ?? null };
  }

  /** Reads a whole chunk, or nothing if the signal aborts. */
  private async readChunk(
    stream: number,
    tokens: readonly number[],
    {
      records = false,
      captures = null,
      signal,
    }: { records?: boolean; captures?: GPUBuffer | null; signal: AbortSignal | undefined },
  ): Promise<boolean> {
    const { queue } = this.machine.device;
    let position = this.positions[stream];
    const positions = tokens.map((token) => {
      if (token === this.model.config.bosTokenId) position = 0;
      return position++;
    });
    this.prefill.write(stream, tokens, positions);
    const commands = this.prefill.commands(stream, tokens.length, records, captures);
    const flights: { size: number; submitted: number; done: Promise<void> }[] = [];
    const land = async () => {
      const { size, submitted, done } = flights.shift()!;
      await done;
      this.readPace.done(size, submitted);
    };
    for (let at = 0; at < commands.length; ) {
      const size = this.readPace.size(commands.length - at);
      const submitted = performance.now();
      this.machine.check();
      queue.submit([encode(this.machine.device, commands.slice(at, at + size))]);
      flights.push({ size, submitted, done: this.machine.wait(queue.onSubmittedWorkDone()) });
      at += size;
      if (flights.length >= this.readPace.depth) await land();
      if (signal?.aborted && at < commands.length) {
        queue.submit([encode(this.machine.device, this.prefill.restore(stream))]);
        return false;
      }
    }
    while (flights.length > 0) await land();
    this.positions[stream] = position;
    this.lengths[stream] += tokens.length;
    return true;
  }

  private async takeRecords(records: Float32Array, at: number, count: number): Promise<void> {
    const { readRecords } = this.buffers;
    await this.machine.wait(readRecords.mapAsync(GPUMapMode.READ));
    records.set(
      new Float32Array(this.machine.contents(readRecords), 0, count * RECORD_SIZE),
      at * RECORD_SIZE,
    );
    readRecords.unmap();
  }

  async capture(
    tokens: ArrayLike<number>,
    { stream = 0, signal }: CaptureOptions = {},
  ): Promise<readonly LayerCapture[]> {
    const { machine, plan } = this;
    checkTokens(tokens, plan.config);
    const captures = newCaptures(plan.config, tokens.length, await this.snapshot(stream));
    const home = await machine.checked(() => captureBuffer(machine, plan));
    try {
      for (let count = 0; count < tokens.length; count += CHUNK) {
        const size = Math.min(CHUNK, tokens.length - count);
        const chunk = Array.from({ length: size }, (_, t) => tokens[count + t]);
        if (signal?.aborted || !(await this.readChunk(stream, chunk, { captures: home, signal })))
          throw cancelled();
        await machine.wait(home.mapAsync(GPUMapMode.READ));
        unpackFeatures(new Float32Array(machine.contents(home)), plan, captures, count, size);
        home.unmap();
      }
    } finally {
      machine.release([home]);
    }
    return captures;
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
    const flights: Flight[] = [];
    let left = Math.max(...requests.map(({ maxTokens }) => maxTokens));

    /** Commands that copy every state, if a snapshot is due after the next `tokens`; else null. */
    const statesDue = (tokens: number): Copy[] | null => {
      const ahead = flights.reduce((sum, flight) => sum + flight.tokens, tokens);
      const isDue =
        snapshotEvery > 0 &&
        !flights.some((flight) => flight.snapshots) &&
        this.lengths.some((length, s) => !finished[s] && length + ahead - snapshotAt[s] >= snapshotEvery);
      return isDue ? this.everyState() : null;
    };
    const launch = () => {
      const tokens = this.decoder.pace.size(Math.min(left, RECORD_SLOTS));
      left -= tokens;
      flights.push(this.decoder.launch(tokens, statesDue(tokens)));
    };
    const land = async (flight: Flight): Promise<DecodeBatch[]> => {
      const landings = await this.decoder.land(flight, this.lengths);
      for (const [s, { length, position }] of landings.entries()) {
        this.lengths[s] = length;
        this.positions[s] = position;
      }
      await flight.snapshots;
      const states = flight.snapshots && this.machine.contents(this.buffers.snapshots);
      const batch = landings.map(({ records, remaining, stopped }, s): DecodeBatch => {
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
        if (this.decoder.pace.isSlow && flights.length === 0 && left > 0 && !signal?.aborted) {
          const flight = await this.decoder.launchInParts(statesDue(1), signal);
          if (!flight) return;
          left--;
          flights.push(flight);
        }
        while (left > 0 && flights.length < this.decoder.pace.depth && !signal?.aborted) launch();
        const flight = flights.shift();
        if (!flight) return;
        yield await land(flight);
      }
    } finally {
      // Waits for steps of finished streams, or after the caller left the loop. Device errors were thrown above.
      for (const flight of flights) await land(flight).catch(() => {});
    }
  }

  /** Times the kernels of a decode step. The stream's text is invalid afterwards. */
  async kernelTimes(): Promise<KernelTime[] | null> {
    await this.read([this.model.config.bosTokenId]);
    return timeKernels(this.machine, this.decoder.endless());
  }

  async logits(stream = 0): Promise<Float32Array> {
    return (await this.snapshot(stream)).logits as Float32Array;
  }

  async snapshot(stream = 0): Promise<Snapshot> {
    const { machine, buffers } = this;
    machine.check();
    machine.device.queue.submit([encode(machine.device, this.stateOf(stream))]);
    await machine.wait(buffers.snapshots.mapAsync(GPUMapMode.READ));
    const snapshot = this.takeSnapshot(machine.contents(buffers.snapshots), stream);
    buffers.snapshots.unmap();
    return snapshot;
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
    const ranking = { pipeline: this.kernels.rank, bindings: this.ranking, x: plan.blocks, y: this.count };
    device.queue.submit([encode(device, [ranking])]);
  }

  close(): void {
    const { ring, ...buffers } = this.buffers;
    this.machine.release([...Object.values(buffers), ...ring]);
  }

  private writeControl(stream: number, snapshot: Snapshot | null): void {
    const { words } = new SeenTokens(this.plan.config, snapshot?.seen);
    const control = new Uint32Array(CONTROL.SEEN + words.length);
    control.set(words, CONTROL.SEEN);
    control[CONTROL.POSITION] = this.positions[stream] - 1; // position of the last token read
    control[CONTROL.LENGTH] = this.lengths[stream];
    const at = 4 * stream * this.plan.streamWords;
    this.machine.device.queue.writeBuffer(this.buffers.words, at, control);
  }

  /** Commands that copy the contents of a snapshot to the stream's part of `snapshots`. */
  private stateOf(stream: number): Copy[] {
    const { state, logits, words, snapshots } = this.buffers;
    const { stateSize, streamWords, seenWords, config } = this.plan;
    const to = stream * (stateSize + config.vocabSize + seenWords);
    const copy = (from: GPUBuffer, fromNumber: number, toNumber: number, numbers: number): Copy => ({
      ...{ from, fromByte: 4 * fromNumber },
      ...{ to: snapshots, toByte: 4 * toNumber, bytes: 4 * numbers },
    });
    return [
      copy(state, stream * stateSize, to, stateSize),
      copy(logits, stream * config.vocabSize, to + stateSize, config.vocabSize),
      copy(words, stream * streamWords + CONTROL.SEEN, to + stateSize + config.vocabSize, seenWords),
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
    return {
      digest: this.model.digest,
      length: this.lengths[stream],
      position: this.positions[stream],
      state: new Float32Array(range, 4 * from, stateSize).slice(),
      logits: new Float32Array(
        range,
        4 * (from + stateSize),
        this.lengths[stream] ? config.vocabSize : 0,
      ).slice(),
      seen: new Uint32Array(range, 4 * (from + stateSize + config.vocabSize), seenWords).slice(),
    };
  }
}
