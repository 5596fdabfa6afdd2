import { RECORD_SIZE } from '../model/sampling/sampling';
import { bind, type Command, type Copy, type Dispatch, reversed, uniform } from './commands';
import type { DeviceWeights } from './device-weights';
import type { KernelName, Kernels } from './kernels';
import { CANDIDATES, CHUNK, MATMUL_ROWS, type Plan, RECORD_GROUP, TOKEN_TILE } from './plan';
import { ROWS_GROUPS, ROWS_LAST, type StreamBuffers } from './stream-buffers';

type Bindings = Partial<Record<keyof Kernels, GPUBindGroup>>;

/** Commands that read a chunk of tokens into one stream: quadratic inside the chunk, recurrent between chunks. */
export class Prefill {
  private readonly device: GPUDevice;
  private readonly plan: Plan;
  private readonly kernels: Kernels;
  private readonly buffers: StreamBuffers;
  private readonly ends: Bindings;
  private readonly layers: readonly Bindings[];
  private readonly groups: readonly { logits: GPUBindGroup; records: GPUBindGroup }[];

  constructor(
    device: GPUDevice,
    plan: Plan,
    kernels: Kernels,
    weights: DeviceWeights,
    buffers: StreamBuffers,
  ) {
    this.device = device;
    this.plan = plan;
    this.kernels = kernels;
    this.buffers = buffers;
    const to = (kernel: keyof Kernels, ...resources: (GPUBuffer | GPUBufferBinding)[]) =>
      bind(device, kernels, kernel, resources);
    const { embedding, ends } = weights;
    const { x, normalized, qkv, features, scores, attended, units, state, words, chunk } = buffers;
    const { rows, groupLogits, groupCandidates, chunkRecords } = buffers;
    this.ends = {
      embed: to('embed', embedding, ends, chunk, x),
      remember: to('remember', chunk, words),
      logits: to(
        'logits',
        embedding,
        ends,
        x,
        words,
        buffers.logits,
        buffers.candidates,
        uniform(rows, ROWS_LAST),
      ),
    };
    this.layers = weights.layers.map(({ vectors, ...matrices }, n) => {
      const layer = uniform(buffers.layers, n);
      return {
        normalizeAttention: to('normalizeAttention', vectors, x, normalized),
        qkv: to('qkv', matrices.qkv, vectors, normalized, qkv, chunk),
        features: to('features', vectors, normalized, qkv, state, chunk, features, layer),
        scores: to('scores', features, scores),
        attend: to('attend', vectors, features, scores, state, chunk, attended, layer),
        advance: to('advance', features, qkv, state, chunk, layer),
        projection: to('projection', matrices.projection, vectors, attended, x, chunk),
        normalizeMlp: to('normalizeMlp', vectors, x, normalized),
        up: to('up', matrices.up, vectors, normalized, units, chunk),
        down: to('down', matrices.down, vectors, units, x, chunk),
      };
    });
    this.groups = Array.from({ length: CHUNK / RECORD_GROUP }, (_, g) => ({
      logits: to(
        'logits',
        embedding,
        ends,
        x,
        words,
        groupLogits,
        groupCandidates,
        uniform(rows, ROWS_GROUPS + g),
      ),
      records: to('records', groupLogits, groupCandidates, chunk, chunkRecords, uniform(buffers.groups, g)),
    }));
  }

  /** Uploads a chunk's tokens. `commands` for them must follow in the queue. */
  write(stream: number, tokens: readonly number[], positions: readonly number[]): void {
    const words = tokens.flatMap((token, t) => [token, positions[t]]);
    this.device.queue.writeBuffer(this.buffers.chunk, 0, Uint32Array.of(stream, tokens.length, ...words));
    const last = Uint32Array.of(tokens.length - 1, this.plan.width, 0, stream, 0);
    this.device.queue.writeBuffer(this.buffers.rows, uniform(this.buffers.rows, ROWS_LAST).offset!, last);
  }

  /**
   * The commands in pieces for separate submissions. `restore` undoes all pieces before the last. If there is a `captures`
   * buffer, it gets every layer's features: [layer, CHUNK, h, features].
   */
  commands(stream: number, count: number, withRecords: boolean, captures: GPUBuffer | null): Command[] {
    const { heads, headWidth, stateRows, hiddenSize: d, intermediateSize: f } = this.plan.config;
    const cells = (stateRows / 4) * (headWidth / 4 + 1) + (3 * headWidth) / 4;
    const commands: Command[] = [
      ...this.saved(stream),
      this.run('embed', this.ends, Math.ceil(d / 64), count),
    ];
    const tiles = Math.ceil(count / TOKEN_TILE);
    const product = (kernel: KernelName, layer: Bindings, rows: number) =>
      this.run(kernel, layer, Math.ceil(count / this.plan.tokensAThread), Math.ceil(rows / MATMUL_ROWS));
    for (const [n, layer] of this.layers.entries())
      commands.push(
        this.run('normalizeAttention', layer, count),
        product('qkv', layer, 3 * d),
        this.run('features', layer, heads, tiles),
        ...(captures ? [this.captured(n, captures)] : []),
        this.run('scores', layer, tiles, heads),
        this.run('attend', layer, heads, tiles),
        this.run('advance', layer, Math.ceil(cells / 64), heads),
        product('projection', layer, d),
        this.run('normalizeMlp', layer, count),
        product('up', layer, f),
        product('down', layer, d),
      );
    if (withRecords) commands.push(...this.records(stream, count));
    else commands.push(this.run('logits', this.ends, this.plan.logitGroups));
    commands.push(this.run('remember', this.ends));
    return commands;
  }

  private captured(layer: number, to: GPUBuffer): Copy {
    const { features: from } = this.buffers;
    const bytes = 4 * CHUNK * this.plan.config.heads * this.plan.features;
    return { from, fromByte: 0, to, toByte: layer * bytes, bytes };
  }

  /** Restores the stream's state before the chunk. */
  restore(stream: number): Copy[] {
    return this.saved(stream).map(reversed);
  }

  private saved(stream: number): Copy[] {
    const { state, backup } = this.buffers;
    const bytes = 4 * this.plan.stateSize;
    return [
      { from: state, fromByte: stream * bytes, to: backup, toByte: 0, bytes },
      ...this.logitsTo(stream, RECORD_GROUP + 1),
    ];
  }

  /** Computes each group's records from the logits before its tokens; the last logits become the stream's. */
  private records(stream: number, count: number): Command[] {
    const { chunkRecords, readRecords } = this.buffers;
    const commands: Command[] = [];
    for (let start = 0; start < count; start += RECORD_GROUP) {
      const rows = Math.min(RECORD_GROUP, count - start);
      const { logits, records } = this.groups[start / RECORD_GROUP];
      commands.push(
        ...this.logitsTo(stream, 0),
        { pipeline: this.kernels.logits, bindings: logits, x: this.plan.logitGroups, y: rows },
        { pipeline: this.kernels.records, bindings: records, x: rows, y: 1 },
        ...this.logitsTo(stream, rows).map(reversed),
      );
    }
    const bytes = 4 * CHUNK * RECORD_SIZE;
    return [...commands, { from: chunkRecords, fromByte: 0, to: readRecords, toByte: 0, bytes }];
  }

  /** Copies the stream's logits and candidates to a row of the group. */
  private logitsTo(stream: number, row: number): Copy[] {
    const { logits, candidates, groupLogits, groupCandidates } = this.buffers;
    const copyRow = (from: GPUBuffer, to: GPUBuffer, bytes: number) => ({
      ...{ from, fromByte: stream * bytes },
      ...{ to, toByte: row * bytes, bytes },
    });
    return [
      copyRow(logits, groupLogits, 4 * this.plan.config.vocabSize),
      copyRow(candidates, groupCandidates, 8 * this.plan.blocks * CANDIDATES),
    ];
  }

  private run(kernel: keyof Kernels, bindings: Bindings, x = 1, y = 1): Dispatch {
    return { pipeline: this.kernels[kernel], bindings: bindings[kernel]!, x, y };
  }
}
