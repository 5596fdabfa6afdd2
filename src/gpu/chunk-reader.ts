import type { ModelData } from '../model/runtime/backend';
import { RECORD_SIZE } from '../model/sampling/records';
import { encode } from './commands';
import type { DeviceWeights } from './device-weights';
import type { Kernels } from './kernels';
import type { Machine } from './machine';
import { PacedSubmissions } from './paced-submissions';
import { CHUNK, type Plan } from './plan';
import { Prefill, type Wanted } from './prefill';
import type { StreamBuffers } from './stream-buffers';

/** The resources of a backend, which its streams share. */
export interface Shared {
  readonly machine: Machine;
  readonly plan: Plan;
  readonly kernels: Kernels;
  readonly weights: DeviceWeights;
  readonly model: ModelData;
}

/** Submits the prefill of a chunk, and reads back the results of its tokens. */
export class ChunkReader {
  private readonly machine: Machine;
  private readonly plan: Plan;
  private readonly buffers: StreamBuffers;
  private readonly prefill: Prefill;
  private readonly submissions: PacedSubmissions;

  constructor({ machine, plan, kernels, weights }: Shared, buffers: StreamBuffers) {
    this.machine = machine;
    this.plan = plan;
    this.buffers = buffers;
    this.submissions = new PacedSubmissions(machine, 10);
    this.prefill = new Prefill(machine.device, plan, kernels, weights, buffers);
  }

  /**
   * Reads a whole chunk, or nothing if the signal aborts.
   * @param position of the next token, counted from 0 at `<|endoftext|>`
   * @returns the position after the chunk; null when the signal aborted
   */
  async read(
    stream: number,
    tokens: readonly number[],
    position: number,
    wanted: Wanted,
    signal?: AbortSignal,
  ): Promise<number | null> {
    const { queue } = this.machine.device;
    let next = position;
    const positions = tokens.map((token) => {
      if (token === this.plan.config.bosTokenId) next = 0;
      return next++;
    });
    this.prefill.write(stream, tokens, positions);
    const commands = this.prefill.commands(stream, tokens.length, wanted);
    if (await this.submissions.submit(commands, signal)) return next;
    queue.submit([encode(this.machine.device, this.prefill.restore(stream))]);
    return null;
  }

  /** Records of the first `count` tokens of the chunk just read. */
  records(count: number): Promise<Float32Array> {
    return this.readFloats(this.buffers.readRecords, count * RECORD_SIZE);
  }

  /** Logits [count, vocab] after the first `count` tokens of the chunk just read, from a buffer of `logitsBuffer`. */
  logits(buffer: GPUBuffer, count: number): Promise<Float32Array> {
    return this.readFloats(buffer, count * this.plan.config.vocabSize);
  }

  /** A readback buffer for the logits of chunks of at most `tokens` tokens. The caller releases it. */
  logitsBuffer(tokens: number): Promise<GPUBuffer> {
    const { vocabSize } = this.plan.config;
    return this.readbackBuffer('logits of a chunk', Math.min(tokens, CHUNK) * vocabSize);
  }

  /** A readback buffer for the features of a chunk in every layer [layer, CHUNK, h, features]. The caller releases it. */
  capturesBuffer(): Promise<GPUBuffer> {
    const { config, features } = this.plan;
    return this.readbackBuffer('the lens', config.layers * CHUNK * config.heads * features);
  }

  private readbackBuffer(label: string, numbers: number): Promise<GPUBuffer> {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return this.machine.checked(() => this.machine.buffer('transfer', label, 4 * numbers, usage));
  }

  private readFloats(buffer: GPUBuffer, numbers: number): Promise<Float32Array> {
    return this.machine.readBack(buffer, 4 * numbers, (range) => new Float32Array(range).slice());
  }
}
