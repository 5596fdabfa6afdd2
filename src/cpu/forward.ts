import type { Config } from '../model/core/config';
import { sinusoid } from '../model/core/reference';
import { padded, stateLayout } from '../model/core/tensors';
import type { Pace } from '../model/runtime/pace';
import type { TileFeatures } from './capture';
import { Blocks, type Heap } from './heap';
import type { Kernels } from './kernels';
import type { PackedLayer, PackedModel } from './packed';
import { type PackedMatrix, WEIGHT_BYTES } from './panels';

/** Multiply-adds between checks of the clock: 3 to 30 ms. */
export const SLICE = 2 ** 26;
/** Multiply-adds per chunk, so that Stop takes effect within 100 ms on slow machines too. */
const CHUNK_WORK = 2 ** 29;

export type Activations = 'float32' | 'int16';

/**
 * A step of a layer that is done: nothing yet but its input x; the recurrence with q~, k~ and P; the residual x after
 * attention; the product with mlp.up.
 */
export type Step = 'input' | 'recurrence' | 'attention' | 'up';

/** One token of one stream, as the input of a step. */
export interface Row {
  readonly id: number;
  /** Counted from 0 at `<|endoftext|>`. */
  readonly position: number;
  /** Address of the stream's state, as in stateLayout. */
  readonly memory: number;
}

/** Rows of a chunk. */
function chunkRows({ layers, hiddenSize: d, intermediateSize: f }: Config): number {
  const work = layers * d * (4 * d + 2 * f);
  return 2 ** Math.floor(Math.log2(Math.min(Math.max(CHUNK_WORK / work, 1), 64)));
}

/**
 * The forward pass over a tile of rows: consecutive tokens of one stream, one token of several streams, or both. Every
 * row is bit for bit the same as in a single pass, so neither chunks nor batches change a text.
 */
export class Forward {
  /** Rows of a tile. */
  readonly capacity: number;
  /** Rows of the logits buffer. */
  readonly logitRows: number;
  /** Stride of the logits, in numbers. */
  readonly logitStride: number;
  /** Address of the logits [logitRows, logitStride]. */
  readonly logits: number;
  // Addresses of activations [capacity, stride], float32 unless noted.
  readonly x: number;
  /** The input of a matrix; o after the recurrence, before its normalizer. */
  readonly normed: number;
  /** q, k, v after the convolution. */
  readonly qkv: number;
  /** P and 1 - P of each head. */
  readonly queryP: number;
  readonly keyP: number;
  /** The decay a of each head. */
  readonly gates: number;
  readonly normalizerSum: number;
  readonly up: number;
  private readonly config: Config;
  private readonly weights: PackedModel;
  private readonly heap: Heap;
  private readonly kernels: Kernels;
  private readonly layout;
  private readonly blocks: Blocks;
  private readonly ids: number; // uint32
  private readonly memories: number; // uint32
  private readonly qTilde: number;
  private readonly kTilde: number;
  private readonly panel: number; // [4, the widest matrix]
  private readonly int16: { readonly rows: number; readonly steps: number } | null;

  /**
   * @param activations activations for int8 weights; int16 is faster and less exact (kernels/matrix-int16.ts)
   * @param capacity rows of a tile, a power of two
   */
  constructor(
    config: Config,
    weights: PackedModel,
    heap: Heap,
    kernels: Kernels,
    activations: Activations,
    capacity = chunkRows(config),
  ) {
    this.config = config;
    this.weights = weights;
    this.heap = heap;
    this.blocks = new Blocks(heap);
    this.kernels = kernels;
    this.layout = stateLayout(config);
    const { hiddenSize: d, heads: h, stateRows: E, intermediateSize: f } = config;
    this.capacity = capacity;
    this.logitRows = Math.min(capacity, Math.max(16, capacity / 8));
    this.logitStride = weights.embedding.rows;
    const rows = (stride: number) => this.blocks.allocate(4 * this.capacity * stride);
    this.ids = rows(1);
    this.memories = rows(1);
    this.x = rows(padded(d));
    this.normed = rows(padded(d));
    this.qkv = rows(padded(3 * d));
    this.qTilde = rows(h * E);
    this.kTilde = rows(h * E);
    this.queryP = rows(2 * h);
    this.keyP = rows(2 * h);
    this.gates = rows(padded(h));
    this.normalizerSum = rows(h);
    this.up = rows(padded(f));
    this.panel = this.blocks.allocate(16 * padded(Math.max(d, f)));
    this.int16 = activations === 'int16' ? { rows: rows(padded(Math.max(d, f)) / 2), steps: rows(1) } : null;
    this.logits = this.blocks.allocate(4 * this.logitRows * this.logitStride);
  }

  /** Bytes of activations. */
  get bytes(): number {
    return this.blocks.bytes;
  }

  free(): void {
    this.blocks.free();
  }

  /** Reads at most `capacity` tokens into their streams' states. `observe` is called after each step of each layer. */
  async read(rows: readonly Row[], pace: Pace, observe?: (layer: number, step: Step) => void): Promise<void> {
    const { kernels, heap, config, layout } = this;
    const { hiddenSize: d, rmsNormEps: eps, intermediateSize: f } = config;
    const D = padded(d);
    const T = rows.length;
    heap.words(this.ids, T).set(rows.map((row) => row.id));
    heap.words(this.memories, T).set(rows.map((row) => row.memory));
    if (config.reweighting === 'static') this.fixProportions(rows);
    this.embed(rows);
    for (const [n, layer] of this.weights.layers.entries()) {
      observe?.(n, 'input');
      kernels.rms(this.x, this.normed, D, layer.attentionNorm, d, T, eps);
      await this.attend(layer, 4 * n * layout.layerSize, T, pace);
      observe?.(n, 'recurrence');
      this.normalizeHeads(layer, this.normed, this.normalizerSum, T);
      await this.multiply(layer.output, this.normed, this.x, D, T, pace, true);
      observe?.(n, 'attention');
      kernels.rms(this.x, this.normed, D, layer.mlpNorm, d, T, eps);
      await this.multiply(layer.up, this.normed, this.up, padded(f), T, pace);
      observe?.(n, 'up');
      kernels.squaredRelu(this.up, T * padded(f));
      await this.multiply(layer.down, this.up, this.x, D, T, pace, true);
    }
    kernels.rms(this.x, this.normed, D, this.weights.finalNorm, d, T, eps);
  }

  /** Computes the logits after `count` of the rows read last, from row `first`; at most `logitRows`. */
  async computeLogits(first: number, count: number, pace: Pace): Promise<void> {
    const from = this.normed + 4 * first * padded(this.config.hiddenSize);
    await this.multiply(this.weights.embedding, from, this.logits, this.logitStride, count, pace);
  }

  /** x = embedding[id] * embedding_scale, plus sinusoids if the configuration has them. */
  private embed(rows: readonly Row[]): void {
    const { precision, values, scales, columns } = this.weights.embedding;
    const { hiddenSize: d, embeddingScale, position } = this.config;
    const { kernels, ids, x } = this;
    if (precision === 'int8')
      kernels.embedInt8(values, scales, columns, ids, x, columns, rows.length, embeddingScale);
    else kernels.embedFloat32(values, columns, ids, x, columns, rows.length, embeddingScale);
    if (position === 'sinusoidal')
      for (const [t, row] of rows.entries()) {
        const x = this.heap.floats(this.x + 4 * t * columns, d);
        for (const [i, wave] of sinusoid(row.position, d).entries()) x[i] += wave;
      }
  }

  /** Replaces `normed` by the outputs of the heads before their normalizer; updates S, z and the convolution inputs. */
  private async attend(layer: PackedLayer, offset: number, T: number, pace: Pace): Promise<void> {
    const { kernels, config, layout, qkv, qTilde, kTilde, queryP, keyP, gates, normalizerSum, memories } =
      this;
    const { hiddenSize: d, heads: h, headWidth: e, stateRows: E } = config;
    const [D, Q, H] = [padded(d), padded(3 * d), padded(h)];
    await this.multiply(layer.qkv, this.normed, qkv, Q, T, pace);
    if (layer.decay) await this.multiply(layer.decay, this.normed, gates, H, T, pace);
    kernels.gates(gates, H, h, layer.decayBias, this.ids, config.bosTokenId, T);
    if (layer.convolution)
      kernels.convolve(qkv, Q, 3 * d, layer.convolution, memories, offset + 4 * layout.at.inputs, T);
    if (layer.queryHidden) {
      this.proportions(layer.queryHidden, qkv, 1 / Math.sqrt(e), queryP, T);
      this.proportions(layer.keyHidden, qkv + 4 * d, 1, keyP, T);
    }
    this.reweight(qkv, queryP, qTilde, keyP, kTilde, T);
    const v = qkv + 8 * d;
    kernels.recur(
      qTilde,
      kTilde,
      v,
      Q,
      gates,
      H,
      memories,
      offset,
      h,
      e,
      E,
      this.normed,
      D,
      normalizerSum,
      T,
      0,
      d,
    );
  }

  /** Normalizes o [T, D] in place. `sum` has q~ . z [T, h]. */
  normalizeHeads(layer: PackedLayer, o: number, sum: number, T: number): void {
    const { kernels } = this;
    const { hiddenSize: d, heads: h, headWidth: e, normalizer, rmsNormEps, denominatorFloor } = this.config;
    if (normalizer === 'rms') kernels.normalizeHeads(o, padded(d), h, e, layer.outputNorm, rmsNormEps, T);
    else kernels.divideByNormalizer(o, padded(d), h, e, sum, denominatorFloor, T);
  }

  /** q~ and k~ [T, h, E] from rows of q, k, v and the proportions. */
  reweight(qkv: number, queryP: number, qTilde: number, keyP: number, kTilde: number, T: number): void {
    const { hiddenSize: d, heads: h, headWidth: e, isReweighted } = this.config;
    const Q = padded(3 * d);
    this.kernels.reweight(qkv, Q, h, e, 1 / Math.sqrt(e), isReweighted, queryP, qTilde, T);
    this.kernels.reweight(qkv + 4 * d, Q, h, e, 1, isReweighted, keyP, kTilde, T);
  }

  private proportions(module: number, u: number, factor: number, P: number, T: number): void {
    const { hiddenSize: d, heads: h, headWidth: e, proportionHidden } = this.config;
    // `panel` is free at this point.
    this.kernels.proportions(u, padded(3 * d), h, e, factor, module, proportionHidden, this.panel, P, T);
  }

  /** Writes the proportions of the 'static' re-weighting, which are the same in every layer. */
  private fixProportions(rows: readonly Row[]): void {
    const { heads, staticLength } = this.config;
    const values = rows.flatMap(({ position }) => {
      const P = Math.fround(Math.min(position / staticLength, 1));
      return new Array<[number, number]>(heads).fill([P, 1 - P]).flat();
    });
    for (const P of [this.queryP, this.keyP]) this.heap.floats(P, values.length).set(values);
  }

  /** The attention inputs of the current tile, after its recurrence. */
  features(T: number): TileFeatures {
    const { heap, config, qkv, qTilde, kTilde, queryP, keyP, gates } = this;
    const { hiddenSize: d, heads: h, stateRows: E } = config;
    const [Q, H] = [padded(3 * d), padded(h)];
    const proportions = (P: number) => heap.floats(P, 2 * T * h).filter((_, i) => i % 2 === 0);
    return {
      query: heap.floats(qTilde, T * h * E),
      key: heap.floats(kTilde, T * h * E),
      value: heap.floats(qkv + 8 * d, T * Q - 2 * d),
      valueStride: Q,
      decay: heap.floats(gates, T * H),
      decayStride: H,
      queryProportion: proportions(queryP),
      keyProportion: proportions(keyP),
    };
  }

  /** y = W x, or y + W x, in slices of rows, with a yield for messages between slices. */
  private async multiply(
    { precision, values, scales, rows, columns }: PackedMatrix,
    x: number,
    y: number,
    yStride: number,
    T: number,
    pace: Pace,
    add = false,
  ): Promise<void> {
    const { kernels } = this;
    const int16 = precision === 'int8' ? this.int16 : null;
    if (int16) {
      const limit = Math.min(32_767, Math.floor((2 ** 31 - 1) / (127 * (columns / 4))));
      kernels.toInt16(x, columns, T, limit, int16.rows, int16.steps);
    }
    const slice = Math.max(4, Math.floor(SLICE / (T * columns) / 4) * 4);
    for (let row = 0; row < rows; row += slice) {
      const W = values + row * columns * WEIGHT_BYTES[precision];
      const scale = scales + 4 * row;
      const count = Math.min(slice, rows - row);
      const to = y + 4 * row;
      if (int16)
        kernels.multiplyInt16(W, scale, count, columns, int16.rows, int16.steps, to, yStride, T, add);
      else if (precision === 'float32')
        kernels.multiplyFloat32(W, scale, count, columns, x, columns, to, yStride, T, add);
      else {
        const multiply = precision === 'int8' ? kernels.multiplyInt8 : kernels.multiplyInt4;
        multiply(W, scale, count, columns, x, columns, to, yStride, T, add, this.panel);
      }
      if (pace.isDue) await pace.yield();
    }
  }
}
