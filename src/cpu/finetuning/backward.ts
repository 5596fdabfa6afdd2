import type { Config } from '../../model/core/config';
import { padded, stateLayout } from '../../model/core/tensors';
import type { Target } from '../../model/finetuning/adapter';
import { SEGMENT } from '../../model/finetuning/learner';
import { type Forward, SLICE } from '../forward';
import { Blocks, type Heap } from '../heap';
import type { Kernels } from '../kernels';
import { type PackedMatrix, WEIGHT_BYTES } from '../panels';
import type { BackwardKernels } from './kernels';
import type { Breathe, MergedModel } from './merged';
import { Records } from './records';

/** Bytes of scratch of a thread. */
export function scratchBytes({ hiddenSize: d, headWidth: e, stateRows: E }: Config): number {
  const attention = SEGMENT * (4 * E + e) + E * e + E + 2 * e + 4;
  const panel = 4 * padded(d);
  const strip = 8 * 512; // kernels/matrix.ts
  return 4 * Math.max(attention, panel, strip);
}

/**
 * The gradient of a segment, layer by layer from the last, from the activations that the forward pass recorded. Names with
 * D are gradients of the loss (docs/finetuning.md). Constant memory: that of one segment.
 */
export class Backward {
  readonly records: Records;
  /** Of the residual x: the gradient from the layers above [SEGMENT, D]. */
  readonly Dx: number;
  private readonly config: Config;
  private readonly model: MergedModel;
  private readonly forward: Forward;
  private readonly heap: Heap;
  private readonly kernels: Kernels;
  private readonly backward: BackwardKernels;
  /** Heads that are computed at once. */
  private readonly threads: number;
  private readonly blocks: Blocks;
  /** State before the segment. */
  private readonly start: number;
  private readonly Dnormed: number;
  private readonly qkv: number; // becomes Dqkv
  private readonly Dgates: number;
  private readonly Dsum: number;
  // Of a tile of the forward pass: every step but the recurrence and the convolution goes tile by tile.
  private readonly x: number;
  private readonly normed: number;
  private readonly hidden: number;
  private readonly Dhidden: number;
  private readonly low: number; // a factor times activations [capacity, rank]
  private readonly scratch: number;

  constructor(
    config: Config,
    model: MergedModel,
    forward: Forward,
    heap: Heap,
    kernels: Kernels,
    backward: BackwardKernels,
    threads: number,
  ) {
    this.config = config;
    this.model = model;
    this.forward = forward;
    this.heap = heap;
    this.kernels = kernels;
    this.backward = backward;
    this.threads = threads;
    const { hiddenSize: d, heads: h, intermediateSize: f } = config;
    const [D, Q, H, F] = [padded(d), padded(3 * d), padded(h), padded(f)];
    const tile = forward.capacity;
    this.records = new Records(config, forward, heap, backward);
    this.blocks = new Blocks(heap);
    const rows = (stride: number, count = SEGMENT) => this.blocks.allocate(4 * count * stride);
    this.start = rows(stateLayout(config).size, 1);
    this.Dx = rows(D);
    this.Dnormed = rows(D);
    this.qkv = rows(Q);
    this.Dgates = rows(H);
    this.Dsum = rows(h);
    this.x = rows(D, tile);
    this.normed = rows(D, tile);
    this.hidden = rows(F, tile);
    this.Dhidden = rows(F, tile);
    this.low = rows(model.factors[0].qkv.A.rows, tile);
    this.scratch = this.blocks.allocate(scratchBytes(config));
  }

  get bytes(): number {
    return this.blocks.bytes + this.records.bytes;
  }

  /** Begins a segment from a state. */
  begin(memory: number): void {
    this.copy(memory, this.start, stateLayout(this.config).size);
    this.model.clearGradient();
  }

  /** Begins the gradient of a tile of T rows of the forward pass. */
  beginTile(T: number): void {
    this.heap.floats(this.Dnormed, T * padded(this.config.hiddenSize)).fill(0);
  }

  /** Turns `count` rows of logit gradients of a tile, from its row `first`, into gradients of the final norm. */
  async fromLogits(first: number, count: number, breathe: Breathe): Promise<void> {
    const { logits, logitStride } = this.forward;
    const to = this.Dnormed + 4 * first * padded(this.config.hiddenSize);
    await this.transposed(this.model.embedding, logits, logitStride, to, count, breathe);
  }

  /** Completes Dx for a tile of T rows from row `first` of the segment on. */
  finishTile(first: number, T: number): void {
    const { hiddenSize: d, rmsNormEps } = this.config;
    const D = padded(d);
    const Dx = this.Dx + 4 * first * D;
    this.heap.floats(Dx, T * D).fill(0);
    this.backward.rmsBackward(this.forward.x, this.model.finalNorm, this.Dnormed, Dx, D, d, T, rmsNormEps);
  }

  /** Adds the gradient of a segment of T tokens to the factors'. */
  async run(T: number, breathe: Breathe): Promise<void> {
    const tile = this.forward.capacity;
    const tiles = Array.from({ length: Math.ceil(T / tile) }, (_, i) => tile * i);
    const each = async (part: (first: number, T: number) => Promise<void>) => {
      for (const first of tiles) await part(first, Math.min(tile, T - first));
    };
    for (let n = this.config.layers - 1; n >= 0; n--) {
      await each((first, T) => this.mlp(n, first, T, breathe));
      await each((first, T) => this.output(n, first, T, breathe));
      await this.attention(n, T, breathe);
      await each((first, T) => this.projection(n, first, T, breathe));
    }
  }

  private async mlp(n: number, first: number, T: number, breathe: Breathe): Promise<void> {
    const { config, records, backward, kernels, x, normed, Dnormed, hidden, Dhidden } = this;
    const { hiddenSize: d, rmsNormEps: eps, intermediateSize } = config;
    const layer = this.model.layers[n];
    const [D, F] = [padded(d), padded(intermediateSize)];
    const Dx = this.Dx + 4 * first * D;
    records.read(n, 'up', first, T, hidden);
    kernels.squaredRelu(hidden, T * F);
    await this.matrix(n, 'down', hidden, Dx, D, Dhidden, T, breathe);
    backward.squaredReluBackward(hidden, Dhidden, T * F);
    records.read(n, 'middle', first, T, x);
    kernels.rms(x, normed, D, layer.mlpNorm, d, T, eps);
    await this.matrix(n, 'up', normed, Dhidden, F, Dnormed, T, breathe);
    backward.rmsBackward(x, layer.mlpNorm, Dnormed, Dx, D, d, T, eps);
  }

  /** The gradient of o, in Dnormed, through the output projection and the normalizer of the heads. */
  private async output(n: number, first: number, T: number, breathe: Breathe): Promise<void> {
    const { config, records, backward, x, normed } = this;
    const { hiddenSize: d, heads: h, headWidth: e, rmsNormEps: eps, normalizer, denominatorFloor } = config;
    const layer = this.model.layers[n];
    const D = padded(d);
    const [Dx, Do] = [this.Dx, this.Dnormed].map((rows) => rows + 4 * first * D);
    const [sum, Dsum] = [records.address(n, 'sum'), this.Dsum].map((rows) => rows + 4 * first * h);
    records.read(n, 'o', first, T, x);
    this.copy(x, normed, T * D);
    this.forward.normalizeHeads(layer, normed, sum, T);
    await this.matrix(n, 'output', normed, Dx, D, Do, T, breathe);
    if (normalizer === 'rms') backward.normalizeHeadsBackward(x, layer.outputNorm, Do, D, h, e, T, eps);
    else backward.divideBackward(x, sum, Do, Dsum, D, h, e, T, denominatorFloor);
  }

  /** The gradients of q, k, v before the convolution, and of the gates, from that of o. */
  private async attention(n: number, T: number, breathe: Breathe): Promise<void> {
    const { config, records, backward, model, qkv, Dnormed, Dsum, Dgates, threads } = this;
    const { hiddenSize: d, heads: h, headWidth: e, isReweighted, proportionHidden } = config;
    const { queryHidden, keyHidden, convolution } = model.layers[n];
    const [D, Q, H] = [padded(d), padded(3 * d), padded(h)];
    const { at, layerSize } = stateLayout(config);
    const state = this.start + 4 * n * layerSize;
    const [S, z] = [state + 4 * at.S, state + 4 * at.z];
    const [queryP, keyP, gates] = (['queryP', 'keyP', 'gates'] as const).map((name) =>
      records.address(n, name),
    );
    records.read(n, 'qkv', 0, T, qkv);
    for (let head = 0; head < h; head += threads) {
      const last = Math.min(head + threads, h);
      // biome-ignore format: the order of the kernel
      backward.attentionBackward(
        head, last, h, e, isReweighted, T, qkv, Q, queryP, queryHidden, keyP, keyHidden, proportionHidden, S, z,
        gates, H, Dnormed, D, Dsum, Dgates, this.scratch,
      );
      await breathe();
    }
    if (convolution) backward.convolveBackward(qkv, Q, 3 * d, convolution, T);
  }

  /** The gradient of the input of the attention. */
  private async projection(n: number, first: number, T: number, breathe: Breathe): Promise<void> {
    const { config, records, backward, kernels, x, normed, Dnormed } = this;
    const { hiddenSize: d, heads, rmsNormEps: eps } = config;
    const layer = this.model.layers[n];
    const [D, Q, H] = [padded(d), padded(3 * d), padded(heads)];
    records.read(n, 'input', first, T, x);
    kernels.rms(x, normed, D, layer.attentionNorm, d, T, eps);
    const Dqkv = this.qkv + 4 * first * Q;
    await this.matrix(n, 'qkv', normed, Dqkv, Q, n > 0 ? Dnormed : null, T, breathe);
    if (n === 0) return; // nothing below has a gradient
    if (layer.decay) await this.transposed(layer.decay, this.Dgates + 4 * first * H, H, Dnormed, T, breathe);
    backward.rmsBackward(x, layer.attentionNorm, Dnormed, this.Dx + 4 * first * D, D, d, T, eps);
  }

  /**
   * The gradients of a target's factors from its input x and the gradient Dy of its output, and that of its input in Dx,
   * unless that is null.
   */
  private async matrix(
    n: number,
    target: Target,
    x: number,
    Dy: number,
    yStride: number,
    Dx: number | null,
    T: number,
    breathe: Breathe,
  ): Promise<void> {
    const W = this.model.layers[n][target];
    const { A, Bt, DA, DBt } = this.model.factors[n][target];
    this.factor(A, x, W.columns, DBt, Dy, yStride, T);
    this.factor(Bt, Dy, yStride, DA, x, W.columns, T);
    await breathe();
    if (Dx === null) return;
    this.heap.floats(Dx, T * W.columns).fill(0);
    await this.transposed(W, Dy, yStride, Dx, T, breathe);
  }

  /** The gradient of a factor of a target from the other one: to [rank, n] = to + (factor x)^T y. */
  private factor(
    { values, scales, rows, columns }: PackedMatrix,
    x: number,
    xStride: number,
    to: PackedMatrix,
    y: number,
    yStride: number,
    T: number,
  ): void {
    const { low } = this;
    this.kernels.multiplyFloat32(values, scales, rows, columns, x, xStride, low, rows, T, false);
    this.backward.outer(low, rows, y, yStride, to.columns, to.values, to.columns, T);
  }

  /** x [T, columns] = x + W^T y, in slices of rows. */
  private async transposed(
    { precision, values, scales, rows, columns }: PackedMatrix,
    y: number,
    yStride: number,
    x: number,
    T: number,
    breathe: Breathe,
  ): Promise<void> {
    const slice = Math.max(4, Math.floor(SLICE / (T * columns) / 4) * 4);
    for (let row = 0; row < rows; row += slice) {
      const count = Math.min(slice, rows - row);
      const [scale, from] = [scales + 4 * row, y + 4 * row];
      const W = values + WEIGHT_BYTES[precision] * row * columns;
      const transposed =
        precision === 'int8' ? this.backward.transposedInt8 : this.backward.transposedFloat32;
      transposed(W, scale, count, columns, from, yStride, x, columns, T, this.scratch);
      await breathe();
    }
  }

  private copy(from: number, to: number, numbers: number): void {
    new Uint8Array(this.heap.memory.buffer).copyWithin(to, from, from + 4 * numbers);
  }
}
