import type { DecodeRequest } from '../model/runtime/backend';
import { RECORD_SIZE } from '../model/sampling/records';
import { GREEDY } from '../model/sampling/sampling';
import {
  bind,
  type Command,
  type Copy,
  type Dispatch,
  encode,
  type Resources,
  reversed,
  uniform,
} from './commands';
import type { DeviceWeights } from './device-weights';
import type { Kernel, Kernels } from './kernels';
import type { Machine } from './machine';
import { CONTROL, type Plan, RECORD_SLOTS } from './plan';
import { RING, ROWS_DECODE, type StreamBuffers } from './stream-buffers';
import { pack } from './structs';
import { SubmissionPacer } from './submission-pacer';

/** Decoding steps in one submission; `readback` is the buffer of the ring that receives their records. */
export interface Submission {
  readonly tokens: number;
  readonly submitted: number;
  readonly readback: GPUBuffer;
  readonly mapped: Promise<void>;
  /** Resolves when the copies of every stream's state are mapped; null without copies. */
  readonly snapshots: Promise<void> | null;
}

/** One stream after a submission. */
export interface StreamResult {
  readonly length: number;
  readonly position: number;
  readonly remaining: number;
  readonly stopped: boolean;
  readonly records: Float32Array;
}

/** Decodes tokens: the sampled id feeds the next step on the device, and only records are read back. */
export class Decoder {
  readonly pacer = new SubmissionPacer();
  private readonly partPacer = new SubmissionPacer();
  private readonly machine: Machine;
  private readonly plan: Plan;
  private readonly buffers: StreamBuffers;
  private readonly count: number;
  /** A decode step: sample from the logits, then read the drawn token. So the state is always after the last token. */
  private readonly token: readonly Dispatch[];
  private readonly controlCopies: readonly Copy[];
  /** Commands that copy every stream's state and control words to `savedStates`. */
  private readonly saveStates: readonly Copy[];
  private submissions = 0;

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
    const dispatch = (kernel: Kernel, x: number, y: number, resources: Resources): Dispatch => {
      return { pipeline: kernel.pipeline, bindings: bind(machine.device, kernel, resources), x, y };
    };
    const { heads } = plan.config;
    const { state, control, logits, candidates, settings, activations, records, rows } = buffers;
    const { embedding, modelVectors } = weights;
    const stateBytes = 4 * count * plan.stateSize;
    this.saveStates = [
      { from: state, fromByte: 0, to: buffers.savedStates, toByte: 0, bytes: stateBytes },
      {
        from: control,
        fromByte: 0,
        to: buffers.savedStates,
        toByte: stateBytes,
        bytes: 4 * count * plan.controlWords,
      },
    ];
    const model = { embedding, vectors: modelVectors };
    const common = { activations, control };
    this.token = [
      dispatch(kernels.sample, count, 1, { ...model, ...common, logits, candidates, settings, records }),
      ...weights.layers.flatMap(({ qkv, projection, up, down, vectors }, n) => {
        const layer = uniform(buffers.layers, n);
        const attention = { qkv, projection, vectors, state, layer };
        return [
          dispatch(kernels.attention, heads, count, { ...attention, ...common }),
          dispatch(kernels.mlp, plan.slices, count, { up, down, vectors, ...common }),
        ];
      }),
      dispatch(kernels.logits, plan.logitGroups, count, {
        ...model,
        ...common,
        logits,
        candidates,
        rows: uniform(rows, ROWS_DECODE),
      }),
    ];
    this.controlCopies = buffers.ring.flatMap((to) =>
      Array.from({ length: count }, (_, stream) => ({
        from: control,
        fromByte: 4 * stream * plan.controlWords,
        to,
        toByte: this.recordBytes + 4 * stream * CONTROL.SEEN,
        bytes: 4 * CONTROL.SEEN,
      })),
    );
  }

  private get recordBytes(): number {
    return 4 * this.count * RECORD_SLOTS * RECORD_SIZE;
  }

  /** Writes each stream's request to its control words and settings. */
  start(requests: readonly DecodeRequest[]): void {
    const { queue } = this.machine.device;
    const { controlWords, seenWords, setWords, config } = this.plan;
    const { control, settings } = this.buffers;
    for (const [stream, { maxTokens, stopTokens, sampling }] of requests.entries()) {
      const at = 4 * stream * controlWords;
      queue.writeBuffer(control, at + 4 * CONTROL.REMAINING, Uint32Array.of(maxTokens, 0, 0));
      const stops = new Uint32Array(setWords);
      for (const id of stopTokens) if (id < config.vocabSize) stops[id >>> 5] |= 1 << (id & 31);
      queue.writeBuffer(control, at + 4 * (CONTROL.SEEN + seenWords), stops);

      const { temperature, topK, topP, minP, repetitionPenalty, sequencePenalty, seed } = sampling;
      const filters = topK > 0 || topP < 1 || minP > 0;
      const inverse = temperature > 0 ? Math.min(1 / temperature, 1e30) : 0;
      const logMinP = minP > 0 ? Math.log(minP) : -1e30;
      const setting = pack('Settings', {
        inverse_temperature: inverse,
        top_k: topK,
        top_p: topP,
        log_min_p: logMinP,
        penalty: repetitionPenalty,
        inverse_penalty: 1 / repetitionPenalty,
        sequence_penalty: sequencePenalty,
        seed,
        filters: Number(filters),
      });
      queue.writeBuffer(settings, stream * setting.byteLength, setting);
    }
  }

  /** The kernels of a step, for measurements: the first stream gets a request without an end. */
  endless(): readonly Dispatch[] {
    const sampling = { ...GREEDY, temperature: 1, topK: 40, topP: 0.95 };
    this.start([{ sampling, maxTokens: 2 ** 31, stopTokens: [] }]);
    return this.token;
  }

  /** Submits steps. @param snapshots commands that copy the states after the steps */
  submit(tokens: number, snapshots: readonly Copy[] | null): Submission {
    const slot = this.submissions++ % RING;
    const readback = this.buffers.ring[slot];
    const commands: Command[] = [];
    for (let t = 0; t < tokens; t++) commands.push(...this.token);
    commands.push({
      from: this.buffers.records,
      fromByte: 0,
      to: readback,
      toByte: 0,
      bytes: this.recordBytes,
    });
    commands.push(
      ...this.controlCopies.slice(slot * this.count, (slot + 1) * this.count),
      ...(snapshots ?? []),
    );
    const submitted = performance.now();
    this.machine.check();
    this.machine.device.queue.submit([encode(this.machine.device, commands)]);
    return {
      tokens,
      submitted,
      readback,
      mapped: this.machine.wait(readback.mapAsync(GPUMapMode.READ)),
      snapshots: snapshots && this.machine.wait(this.buffers.snapshots.mapAsync(GPUMapMode.READ)),
    };
  }

  /**
   * Submits one token in parts, for devices that are too slow for Stop to wait for a whole token. Returns null when the
   * signal aborts before the last part; the streams are then as before the token.
   */
  async submitInParts(snapshots: readonly Copy[] | null, signal?: AbortSignal): Promise<Submission | null> {
    const { machine, token, partPacer } = this;
    const { queue } = machine.device;
    const begun = performance.now();
    queue.submit([encode(machine.device, this.saveStates)]);
    for (let at = 0; at < token.length; ) {
      const size = partPacer.size(token.length - at);
      const submitted = performance.now();
      machine.check();
      queue.submit([encode(machine.device, token.slice(at, at + size))]);
      await machine.wait(queue.onSubmittedWorkDone());
      partPacer.done(size, submitted);
      at += size;
      // The logits come last, so before them only states and control words must be restored.
      if (signal?.aborted && at < token.length) {
        queue.submit([encode(machine.device, this.saveStates.map(reversed))]);
        return null;
      }
    }
    return { ...this.submit(0, snapshots), tokens: 1, submitted: begun };
  }

  /** Waits for a submission and reads its results. @param lengths of the streams before it */
  async collect(
    { tokens, submitted, readback, mapped }: Submission,
    lengths: readonly number[],
  ): Promise<StreamResult[]> {
    await mapped;
    this.pacer.done(tokens, submitted);
    const range = this.machine.contents(readback);
    const records = new Float32Array(range, 0, this.recordBytes / 4);
    const words = new Uint32Array(range, this.recordBytes);
    const results = lengths.map((before, stream) => {
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
    readback.unmap();
    return results;
  }
}
