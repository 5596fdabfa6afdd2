import type { DecodeRequest } from '../model/runtime/backend';
import { GREEDY, RECORD_SIZE } from '../model/sampling/sampling';
import { bind, type Command, type Copy, type Dispatch, encode, reversed, uniform } from './commands';
import type { DeviceWeights } from './device-weights';
import type { Kernels } from './kernels';
import type { Machine } from './machine';
import { CONTROL, type Plan, RECORD_SLOTS } from './plan';
import { RING, ROWS_DECODE, SETTING_SIZE, type StreamBuffers } from './stream-buffers';
import { Pace } from './submission-pacer';

/** A submission in flight, whose results are read back through one buffer of the ring. */
export interface Flight {
  readonly tokens: number;
  readonly submitted: number;
  readonly home: GPUBuffer;
  readonly mapped: Promise<void>;
  /** Whether `snapshots` has copies of every stream's state. */
  readonly snapshots: Promise<void> | null;
}

/** The result of a submission for one stream. */
export interface Landing {
  readonly length: number;
  readonly position: number;
  readonly remaining: number;
  readonly stopped: boolean;
  readonly records: Float32Array;
}

/** Decodes tokens. The sampled id feeds the next step on the device, and only records are read back. */
export class Decoder {
  readonly pace = new Pace();
  private readonly partPace = new Pace();
  private readonly machine: Machine;
  private readonly plan: Plan;
  private readonly buffers: StreamBuffers;
  private readonly count: number;
  /** Samples from the logits, then reads the drawn token, so that the state is always after the last token of its text. */
  private readonly token: readonly Dispatch[];
  private readonly control: readonly Copy[];
  /** Commands that back up the streams' states and words. */
  private readonly keep: readonly Copy[];
  private launched = 0;

  constructor(
    machine: Machine,
    plan: Plan,
    kernels: Kernels,
    weights: DeviceWeights,
    buffers: StreamBuffers,
    count: number,
  ) {
    this.machine = machine;
    this.plan = plan;
    this.buffers = buffers;
    this.count = count;
    const dispatch = (
      kernel: keyof Kernels,
      x: number,
      y: number,
      ...resources: Parameters<typeof bind>[3]
    ) => ({
      ...{ pipeline: kernels[kernel], x, y },
      bindings: bind(machine.device, kernels, kernel, resources),
    });
    const { heads } = plan.config;
    const { state, words, logits, candidates, settings, activations, records, rows } = buffers;
    const { embedding, ends } = weights;
    const stateBytes = 4 * count * plan.stateSize;
    this.keep = [
      { from: state, fromByte: 0, to: buffers.kept, toByte: 0, bytes: stateBytes },
      {
        ...{ from: words, fromByte: 0, to: buffers.kept, toByte: stateBytes },
        bytes: 4 * count * plan.streamWords,
      },
    ];
    this.token = [
      dispatch(
        'sample',
        count,
        1,
        logits,
        candidates,
        settings,
        embedding,
        ends,
        words,
        activations,
        records,
      ),
      ...weights.layers.flatMap(({ qkv, projection, up, down, vectors }, n) => {
        const layer = uniform(buffers.layers, n);
        return [
          dispatch('attention', heads, count, qkv, projection, vectors, state, activations, words, layer),
          dispatch('mlp', plan.slices, count, up, down, vectors, activations, words),
        ];
      }),
      dispatch(
        ...(['logits', plan.logitGroups, count] as const),
        ...[embedding, ends, activations, words, logits, candidates, uniform(rows, ROWS_DECODE)],
      ),
    ];
    this.control = buffers.ring.flatMap((to) =>
      Array.from({ length: count }, (_, stream) => ({
        ...{ from: words, fromByte: 4 * stream * plan.streamWords },
        ...{ to, toByte: this.recordBytes + 4 * stream * CONTROL.SEEN, bytes: 4 * CONTROL.SEEN },
      })),
    );
  }

  private get recordBytes(): number {
    return 4 * this.count * RECORD_SLOTS * RECORD_SIZE;
  }

  /** Uploads the decode request of each stream. */
  start(requests: readonly DecodeRequest[]): void {
    const { queue } = this.machine.device;
    const { streamWords, seenWords, setWords, config } = this.plan;
    const { words, settings } = this.buffers;
    for (const [stream, { maxTokens, stopTokens, sampling }] of requests.entries()) {
      const at = 4 * stream * streamWords;
      queue.writeBuffer(words, at + 4 * CONTROL.REMAINING, Uint32Array.of(maxTokens, 0, 0));
      const stops = new Uint32Array(setWords);
      for (const id of stopTokens) if (id < config.vocabSize) stops[id >>> 5] |= 1 << (id & 31);
      queue.writeBuffer(words, at + 4 * (CONTROL.SEEN + seenWords), stops);

      const { temperature, topK, topP, minP, repetitionPenalty, sequencePenalty, seed } = sampling;
      const filters = topK > 0 || topP < 1 || minP > 0;
      const inverse = temperature > 0 ? Math.min(1 / temperature, 1e30) : 0;
      const logMinP = minP > 0 ? Math.log(minP) : -1e30;
      const setting = new ArrayBuffer(4 * SETTING_SIZE);
      const penalties = [repetitionPenalty, 1 / repetitionPenalty, sequencePenalty];
      new Float32Array(setting).set([inverse, 0, topP, logMinP, ...penalties]);
      new Uint32Array(setting)[1] = topK;
      new Uint32Array(setting).set([seed, Number(filters)], 7);
      queue.writeBuffer(settings, 4 * SETTING_SIZE * stream, setting);
    }
  }

  /** The kernels of a step, with a first stream that never ends. */
  endless(): readonly Dispatch[] {
    const sampling = { ...GREEDY, temperature: 1, topK: 40, topP: 0.95 };
    this.start([{ sampling, maxTokens: 2 ** 31, stopTokens: [] }]);
    return this.token;
  }

  /** Submits steps, and with `snapshots` also copies of the states after them. */
  launch(tokens: number, snapshots: readonly Copy[] | null): Flight {
    const slot = this.launched++ % RING;
    const home = this.buffers.ring[slot];
    const commands: Command[] = [];
    for (let t = 0; t < tokens; t++) commands.push(...this.token);
    commands.push({ from: this.buffers.records, fromByte: 0, to: home, toByte: 0, bytes: this.recordBytes });
    commands.push(...this.control.slice(slot * this.count, (slot + 1) * this.count), ...(snapshots ?? []));
    const submitted = performance.now();
    this.machine.check();
    this.machine.device.queue.submit([encode(this.machine.device, commands)]);
    return {
      ...{ tokens, submitted, home },
      mapped: this.machine.wait(home.mapAsync(GPUMapMode.READ)),
      snapshots: snapshots && this.machine.wait(this.buffers.snapshots.mapAsync(GPUMapMode.READ)),
    };
  }

  /**
   * Submits one token in parts, for devices that are too slow for Stop to wait for a whole token. Returns null when the
   * signal aborts in between; the streams are then in their state before the token.
   */
  async launchInParts(snapshots: readonly Copy[] | null, signal?: AbortSignal): Promise<Flight | null> {
    const { machine, token, partPace } = this;
    const { queue } = machine.device;
    const begun = performance.now();
    queue.submit([encode(machine.device, this.keep)]);
    for (let at = 0; at < token.length; ) {
      const size = partPace.size(token.length - at);
      const submitted = performance.now();
      machine.check();
      queue.submit([encode(machine.device, token.slice(at, at + size))]);
      await machine.wait(queue.onSubmittedWorkDone());
      partPace.done(size, submitted);
      at += size;
      // The logits come last, so until then only states and words have to be restored.
      if (signal?.aborted && at < token.length) {
        queue.submit([encode(machine.device, this.keep.map(reversed))]);
        return null;
      }
    }
    return { ...this.launch(0, snapshots), tokens: 1, submitted: begun };
  }

  /** Waits for a flight and reads its results. `lengths` are the streams' lengths before it. */
  async land({ tokens, submitted, home, mapped }: Flight, lengths: readonly number[]): Promise<Landing[]> {
    await mapped;
    this.pace.done(tokens, submitted);
    const range = this.machine.contents(home);
    const records = new Float32Array(range, 0, this.recordBytes / 4);
    const words = new Uint32Array(range, this.recordBytes);
    const landings = lengths.map((before, stream) => {
      const control = words.subarray(stream * CONTROL.SEEN);
      const length = control[CONTROL.LENGTH];
      const written = new Float32Array((length - before) * RECORD_SIZE);
      for (let n = before; n < length; n++) {
        const at = (stream * RECORD_SLOTS + (n % RECORD_SLOTS)) * RECORD_SIZE;
        written.set(records.subarray(at, at + RECORD_SIZE), (n - before) * RECORD_SIZE);
      }
      return {
        length,
        position: (control[CONTROL.POSITION] + 1) >>> 0,
        remaining: control[CONTROL.REMAINING],
        stopped: control[CONTROL.STOPPED] === 1,
        records: written,
      };
    });
    home.unmap();
    return landings;
  }
}
