import type { Config } from '../../model/core/config';
import { padded, stateLayout } from '../../model/core/tensors';
import type { Target } from '../../model/finetuning/adapter';
import { SEGMENT } from '../../model/finetuning/learner';
import type { Forward, Step } from '../forward';
import { Blocks, type Heap } from '../heap';
import type { Kernels } from '../kernels';
import type { PackedMatrix } from '../panels';
import type { BackwardKernels } from './kernels';
import type { MergedModel } from './merged';

/** Multiply-adds between checks of the clock. */
const SLICE = 2 ** 24;

/** Activations of a layer that its gradient needs [SEGMENT, stride]. */
type Records = Record<
  'input' | 'qkv' | 'queryP' | 'keyP' | 'gates' | 'o' | 'sum' | 'middle' | 'hidden',
  number
>;

/** Throws to stop the work, or yields to messages. */
type Breathe = () => Promise<void>;

/**
 * The gradient of a segment, layer by layer from the last, from the activations that the forward pass recorded. Names with
 * D are gradients of the loss (docs/finetuning.md). Constant memory: that of one segment.
 */
export class Backward {
  /** Of the residual x: the gradient from the layers above [SEGMENT, D]. */
  readonly Dx: number;
  private readonly config: Config;
  private readonly model: MergedModel;
  private readonly forward: Forward;
  private readonly heap: Heap;
  private readonly kernels: Kernels;
  private readonly backward: BackwardKernels;
  private readonly blocks: Blocks;
  private readonly records: readonly Records[];
  private readonly strides: Records;
  /** State before the segment. */
  private readonly start: number;
  private readonly normed: number;
  private readonly Dnormed: number;
  private readonly Dqkv: number;
  private readonly Dgates: number;
  private readonly Dsum: number;
  private readonly qTilde: number;
  private readonly kTilde: number;
  private readonly wide: number; // Dhidden; then Dq~ and Dk~
  private readonly low: number; // a factor times activations [SEGMENT, rank]
  private readonly DS: number;
  private readonly Dz: number;
  private readonly scratch: number;
  private readonly ones: number;

  constructor(
    config: Config,
    model: MergedModel,
    forward: Forward,
    heap: Heap,
    kernels: Kernels,
    backward: BackwardKernels,
  ) {
    this.config = config;
    this.model = model;
    this.forward = forward;
    this.heap = heap;
    this.kernels = kernels;
    this.backward = backward;
    const { hiddenSize: d, heads: h, headWidth: e, stateRows: E, intermediateSize: f, layers } = config;
    const [D, Q, H, F] = [padded(d), padded(3 * d), padded(h), padded(f)];
    this.blocks = new Blocks(heap);
    const numbers = (count: number) => this.blocks.allocate(4 * count);
    const rows = (stride: number) => numbers(SEGMENT * stride);
    const [input, o, middle, P] = [D, D, D, 2 * h];
    this.strides = { input, qkv: Q, queryP: P, keyP: P, gates: H, o, sum: h, middle, hidden: F };
    this.records = Array.from({ length: layers }, () => {
      const addresses = Object.entries(this.strides).map(([name, stride]) => [name, rows(stride)]);
      return Object.fromEntries(addresses) as Records;
    });
    this.start = numbers(stateLayout(config).size);
    this.Dx = rows(D);
    this.normed = rows(D);
    this.Dnormed = rows(D);
    this.Dqkv = rows(Q);
    this.Dgates = rows(H);
    this.Dsum = rows(h);
    this.qTilde = rows(h * E);
    this.kTilde = rows(h * E);
    this.wide = rows(Math.max(F, 2 * h * E));
    this.low = rows(model.factors[0].qkv.A.rows);
    this.DS = numbers(E * e);
    this.Dz = numbers(E);
    this.scratch = numbers(Math.max(2 * e, 4 * D));
    this.ones = numbers(4);
    heap.floats(this.ones, 4).fill(1);
  }

  get bytes(): number {
    return this.blocks.bytes;
  }

  /** Begins a segment from a state. */
  begin(memory: number): void {
    this.copy(memory, this.start, stateLayout(this.config).size);
    this.model.clearGradient();
  }

  /** Records a step of a layer for a tile of T rows from row `first` on. */
  record(layer: number, step: Step, first: number, T: number): void {
    const { forward } = this;
    const keep = (name: keyof Records, from: number) => {
      const stride = this.strides[name];
      this.copy(from, this.records[layer][name] + 4 * first * stride, T * stride);
    };
    if (step === 'input') keep('input', forward.x);
    else if (step === 'attention') keep('middle', forward.x);
    else if (step === 'mlp') keep('hidden', forward.up);
    else {
      keep('qkv', forward.qkv);
      keep('queryP', forward.queryP);
      keep('keyP', forward.keyP);
      keep('gates', forward.gates);
      keep('o', forward.normed);
      keep('sum', forward.normalizerSum);
    }
  }

  /** Begins the gradient of a tile of T rows. */
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
    for (let n = this.config.layers - 1; n >= 0; n--) {
      await this.mlp(n, T, breathe);
      await this.attention(n, T, breathe);
    }
  }

  private async mlp(n: number, T: number, breathe: Breathe): Promise<void> {
    const { config, backward, kernels, Dx, normed, Dnormed, wide } = this;
    const { hiddenSize: d, rmsNormEps: eps, intermediateSize } = config;
    const [layer, { middle, hidden }] = [this.model.layers[n], this.records[n]];
    const [D, F] = [padded(d), padded(intermediateSize)];
    await this.matrix(n, 'down', hidden, Dx, D, wide, T, breathe);
    backward.squaredReluBackward(hidden, wide, T * F);
    kernels.rms(middle, normed, D, layer.mlpNorm, d, T, eps);
    await this.matrix(n, 'up', normed, wide, F, Dnormed, T, breathe);
    backward.rmsBackward(middle, layer.mlpNorm, Dnormed, Dx, D, d, T, eps);
  }

  private async attention(n: number, T: number, breathe: Breathe): Promise<void> {
    const { config, backward, kernels, Dx, normed, Dnormed, Dqkv, Dgates, Dsum } = this;
    const { hiddenSize: d, heads: h, headWidth: e, rmsNormEps: eps } = config;
    const [layer, { input, o, sum }] = [this.model.layers[n], this.records[n]];
    const [D, Q, H] = [padded(d), padded(3 * d), padded(h)];
    this.copy(o, normed, T * D);
    this.forward.normalizeHeads(layer, normed, sum, T);
    await this.matrix(n, 'output', normed, Dx, D, Dnormed, T, breathe);
    if (config.normalizer === 'rms')
      backward.normalizeHeadsBackward(o, layer.outputNorm, Dnormed, D, h, e, T, eps);
    else backward.divideBackward(o, sum, Dnormed, Dsum, D, h, e, T, config.denominatorFloor);
    await this.recurrence(n, T, breathe);
    if (layer.convolution) backward.convolveBackward(Dqkv, Q, 3 * d, layer.convolution, T);
    kernels.rms(input, normed, D, layer.attentionNorm, d, T, eps);
    await this.matrix(n, 'qkv', normed, Dqkv, Q, n > 0 ? Dnormed : null, T, breathe);
    if (n === 0) return; // nothing below has a gradient
    if (layer.decay) await this.transposed(layer.decay, Dgates, H, Dnormed, T, breathe);
    backward.rmsBackward(input, layer.attentionNorm, Dnormed, Dx, D, d, T, eps);
  }

  /** The gradients of q, k, v and the gates from that of o, which is in Dnormed. */
  private async recurrence(n: number, T: number, breathe: Breathe): Promise<void> {
    const { config, backward, Dnormed, Dqkv, Dgates, Dsum, qTilde, kTilde, ones } = this;
    const { hiddenSize: d, heads: h, headWidth: e, stateRows: E, isReweighted, proportionHidden } = config;
    const { qkv, queryP, keyP, gates } = this.records[n];
    const { queryHidden, keyHidden } = this.model.layers[n];
    const [D, Q, H] = [padded(d), padded(3 * d), padded(h)];
    const { at, layerSize } = stateLayout(config);
    const state = this.start + 4 * n * layerSize;
    const [DqTilde, DkTilde] = [this.wide, this.wide + 4 * T * h * E];
    this.forward.reweight(qkv, queryP, qTilde, keyP, kTilde, T);
    for (let head = 0; head < h; head++) {
      const S = state + 4 * (at.S + head * E * e);
      const z = state + 4 * (at.z + head * E);
      const column = 4 * head * e;
      const [v, Dv] = [qkv + 8 * d + column, Dqkv + 8 * d + column];
      // biome-ignore format: the order of the kernel
      backward.recurBackward(
        S, z, this.DS, this.Dz, head, h, e, E, T, qTilde, kTilde, v, Q, gates + 4 * head, H, Dnormed + column, D, Dsum,
        DqTilde, DkTilde, Dv, Dgates + 4 * head, ones,
      );
      await breathe();
    }
    const through = (first: number, factor: number, module: number, P: number, from: number) => {
      const [u, Du] = [qkv + 4 * first, Dqkv + 4 * first];
      // biome-ignore format: the order of the kernel
      backward.reweightBackward(
        u, Q, h, e, factor, isReweighted, module, proportionHidden, P, from, Du, this.scratch, T,
      );
    };
    through(0, 1 / Math.sqrt(e), queryHidden, queryP, DqTilde);
    through(d, 1, keyHidden, keyP, DkTilde);
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
    const { low, backward } = this;
    const W = this.model.layers[n][target];
    const { A, Bt, DA, DBt } = this.model.factors[n][target];
    const rank = A.rows;
    this.multiply(A, x, W.columns, T);
    backward.outer(low, rank, Dy, yStride, Bt.columns, DBt.values, T);
    this.multiply(Bt, Dy, yStride, T);
    backward.outer(low, rank, x, W.columns, A.columns, DA.values, T);
    await breathe();
    if (Dx === null) return;
    this.heap.floats(Dx, T * W.columns).fill(0);
    await this.transposed(W, Dy, yStride, Dx, T, breathe);
  }

  /** low [T, rank] = factor x */
  private multiply({ values, scales, rows, columns }: PackedMatrix, x: number, xStride: number, T: number) {
    this.kernels.multiplyFloat32(values, scales, rows, columns, x, xStride, this.low, rows, T, false);
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
      if (precision === 'int8') {
        const W = values + row * columns;
        this.backward.transposedInt8(W, scale, count, columns, from, yStride, x, columns, T, this.scratch);
      } else {
        const W = values + 4 * row * columns;
        this.backward.transposedFloat32(W, scale, count, columns, from, yStride, x, columns, T);
      }
      await breathe();
    }
  }

  private copy(from: number, to: number, numbers: number): void {
    new Uint8Array(this.heap.memory.buffer).copyWithin(to, from, from + 4 * numbers);
  }
}
