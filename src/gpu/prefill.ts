import { ALTERNATIVES, RECORD_SIZE } from '../model/sampling/records';
import { bind, type Command, type Copy, type Dispatch, type Resources, reversed, uniform } from './commands';
import type { DeviceWeights } from './device-weights';
import type { KernelName, Kernels } from './kernels';
import { CHUNK, ELEMENT_THREADS, MATMUL_ROWS, type Plan, RECORD_GROUP, TOKEN_TILE } from './plan';
import { ROWS_GROUPS, ROWS_LAST, type StreamBuffers } from './stream-buffers';
import { pack } from './structs';

/** Results of every token of a chunk, besides its state. */
export interface Wanted {
  readonly records?: boolean | undefined;
  /** Readback buffer for every layer's features [layer, CHUNK, h, features]. */
  readonly captures?: GPUBuffer | undefined;
  /** Readback buffer for the logits after every token [CHUNK, vocab]; rows beyond the chunk's tokens may be missing. */
  readonly logits?: GPUBuffer | undefined;
}

type Bindings = Partial<Record<KernelName, GPUBindGroup>>;

/** The commands that read a chunk of tokens into one stream: quadratic inside the chunk, recurrent between chunks. */
export class Prefill {
  private readonly device: GPUDevice;
  private readonly plan: Plan;
  private readonly kernels: Kernels;
  private readonly buffers: StreamBuffers;
  private readonly model: Bindings;
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
    const to = (kernel: KernelName, resources: Resources) => bind(device, kernels[kernel], resources);
    const { embedding, modelVectors } = weights;
    const { x, normalized, qkv, features, scores, attended, units, state, control, chunk } = buffers;
    const { rows, groupLogits, groupCandidates, chunkRecords } = buffers;
    const head = { embedding, vectors: modelVectors, activations: x, control };
    this.model = {
      embed: to('embed', { embedding, vectors: modelVectors, chunk, activations: x }),
      appendHistory: to('appendHistory', { chunk, control }),
      logits: to('logits', {
        ...head,
        logits: buffers.logits,
        candidates: buffers.candidates,
        rows: uniform(rows, ROWS_LAST),
      }),
    };
    this.layers = weights.layers.map(({ vectors, ...matrices }, n) => {
      const layer = uniform(buffers.layers, n);
      const norm = { vectors, activations: x, normalized };
      const product = (name: keyof typeof matrices, input: GPUBuffer, output: GPUBuffer) =>
        to(name, { weights: matrices[name], vectors, input, output, chunk });
      return {
        normalizeAttention: to('normalizeAttention', norm),
        qkv: product('qkv', normalized, qkv),
        features: to('features', { vectors, normalized, qkv, state, chunk, features, layer }),
        scores: to('scores', { features, scores }),
        attend: to('attend', { vectors, features, scores, state, chunk, attended, layer }),
        advance: to('advance', { features, qkv, state, chunk, layer }),
        projection: product('projection', attended, x),
        normalizeMlp: to('normalizeMlp', norm),
        up: product('up', normalized, units),
        down: product('down', units, x),
      };
    });
    const group = { logits: groupLogits, candidates: groupCandidates };
    this.groups = Array.from({ length: CHUNK / RECORD_GROUP }, (_, g) => ({
      logits: to('logits', { ...head, ...group, rows: uniform(rows, ROWS_GROUPS + g) }),
      records: to('records', { ...group, chunk, records: chunkRecords, tokens: uniform(buffers.groups, g) }),
    }));
  }

  /** Uploads a chunk's tokens. `commands` for them must follow in the queue. */
  write(stream: number, tokens: readonly number[], positions: readonly number[]): void {
    const words = tokens.flatMap((token, t) => [token, positions[t]]);
    this.device.queue.writeBuffer(this.buffers.chunk, 0, Uint32Array.of(stream, tokens.length, ...words));
    const last = pack('Rows', {
      x: tokens.length - 1,
      x_stride: this.plan.paddedWidth,
      partials: 0,
      to: stream,
      are_streams: 0,
    });
    this.device.queue.writeBuffer(this.buffers.rows, uniform(this.buffers.rows, ROWS_LAST).offset!, last);
  }

  /**
   * Commands that may be submitted separately. `restore` undoes all but the last.
   * @param wanted results of every token to copy into readback buffers
   */
  commands(stream: number, count: number, wanted: Wanted): Command[] {
    const { records = false, captures, logits } = wanted;
    const { heads, headWidth, stateRows, hiddenSize: d, intermediateSize: f } = this.plan.config;
    const cells = (stateRows / 4) * (headWidth / 4 + 1) + (3 * headWidth) / 4;
    const commands: Command[] = [
      ...this.saveState(stream),
      this.run('embed', this.model, Math.ceil(d / ELEMENT_THREADS), count),
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
        this.run('advance', layer, Math.ceil(cells / ELEMENT_THREADS), heads),
        product('projection', layer, d),
        this.run('normalizeMlp', layer, count),
        product('up', layer, f),
        product('down', layer, d),
      );
    if (records || logits) commands.push(...this.everyLogits(stream, count, records, logits));
    else commands.push(this.run('logits', this.model, this.plan.logitGroups));
    commands.push(this.run('appendHistory', this.model));
    return commands;
  }

  private captured(layer: number, to: GPUBuffer): Copy {
    const { features: from } = this.buffers;
    const bytes = 4 * CHUNK * this.plan.config.heads * this.plan.features;
    return { from, fromByte: 0, to, toByte: layer * bytes, bytes };
  }

  /** Restores the stream to its state before the chunk. */
  restore(stream: number): Copy[] {
    return this.saveState(stream).map(reversed);
  }

  private saveState(stream: number): Copy[] {
    const { state, savedState } = this.buffers;
    const bytes = 4 * this.plan.stateSize;
    return [
      { from: state, fromByte: stream * bytes, to: savedState, toByte: 0, bytes },
      ...this.logitsTo(stream, RECORD_GROUP + 1),
    ];
  }

  /**
   * Logits after every token, a group at a time; the last ones become the stream's. A group's records follow from the
   * logits before its tokens.
   */
  private everyLogits(stream: number, count: number, records: boolean, to: GPUBuffer | undefined): Command[] {
    const { groupLogits: from, chunkRecords, readRecords } = this.buffers;
    const rowBytes = 4 * this.plan.config.vocabSize;
    const commands: Command[] = [];
    for (let start = 0; start < count; start += RECORD_GROUP) {
      const rows = Math.min(RECORD_GROUP, count - start);
      const group = this.groups[start / RECORD_GROUP];
      const { logits, records: record } = this.kernels;
      commands.push(...this.logitsTo(stream, 0), {
        pipeline: logits.pipeline,
        bindings: group.logits,
        x: this.plan.logitGroups,
        y: rows,
      });
      if (records) commands.push({ pipeline: record.pipeline, bindings: group.records, x: rows, y: 1 });
      if (to)
        commands.push({ from, fromByte: rowBytes, to, toByte: start * rowBytes, bytes: rows * rowBytes });
      commands.push(...this.logitsTo(stream, rows).map(reversed));
    }
    const bytes = 4 * CHUNK * RECORD_SIZE;
    if (records) commands.push({ from: chunkRecords, fromByte: 0, to: readRecords, toByte: 0, bytes });
    return commands;
  }

  /** Copies the stream's logits and candidates to a row of the group. */
  private logitsTo(stream: number, row: number): Copy[] {
    const { logits, candidates, groupLogits, groupCandidates } = this.buffers;
    const copyRow = (from: GPUBuffer, to: GPUBuffer, bytes: number) => ({
      from,
      fromByte: stream * bytes,
      to,
      toByte: row * bytes,
      bytes,
    });
    return [
      copyRow(logits, groupLogits, 4 * this.plan.config.vocabSize),
      copyRow(candidates, groupCandidates, 8 * this.plan.blocks * ALTERNATIVES),
    ];
  }

  private run(kernel: KernelName, bindings: Bindings, x = 1, y = 1): Dispatch {
    return { pipeline: this.kernels[kernel].pipeline, bindings: bindings[kernel]!, x, y };
  }
}
