import type { Config } from '../model/core/config';
import {
  dequantize,
  type LayerWeights,
  type Matrix,
  type Precision,
  type Weights,
} from '../model/core/weights';
import { type Plan, padded } from './plan';

const BYTES = { float32: 4, float16: 2, int8: 1 } as const;
const BLOCK_BYTES = 16;

/** Bytes of a matrix whose columns are padded in groups of `group`. */
export function packedBytes({ rows, columns }: Matrix, group: number, precision: Precision): number {
  return rows * Math.ceil(columns / group) * padded(group) * BYTES[precision];
}

/**
 * Writes a matrix in the kernels' layout: blocks of 16 bytes with consecutive weights of one row, at block * rows + row.
 * Columns are in groups (heads, slices of the MLP), each zero-padded to whole blocks.
 */
export function packMatrix(matrix: Matrix, group: number, precision: Precision, out: Uint8Array): void {
  const { rows, columns } = matrix;
  const size = BYTES[precision];
  const bytes = matrix.precision === precision ? matrix.bytes : new Uint8Array(dequantize(matrix).buffer);
  const perBlock = BLOCK_BYTES / size;
  const groupBlocks = padded(group) / perBlock;
  for (let start = 0, block = 0; start < columns; start += group, block += groupBlocks) {
    const end = Math.min(start + group, columns);
    for (let column = start, b = block; column < end; column += perBlock, b++) {
      const length = Math.min(perBlock, end - column) * size;
      for (let row = 0; row < rows; row++) {
        const from = (row * columns + column) * size;
        const to = (b * rows + row) * BLOCK_BYTES;
        // Not `set`, because creating a view per block would double the time.
        for (let i = 0; i < length; i++) out[to + i] = bytes[from + i];
      }
    }
  }
}

/** A layer's small tensors and int8 scales, in the layout of plan.vectors. */
export function packVectors(layer: LayerWeights, plan: Plan, out: Float32Array): void {
  const { vectors: at, width } = plan;
  const { hiddenSize: d, headWidth: e, heads, proportionHidden: p } = plan.config;
  out.set(layer.attentionNorm, at.attentionNorm);
  out.set(layer.mlpNorm, at.mlpNorm);
  if (layer.outputNorm) out.set(layer.outputNorm, at.outputNorm);
  if (layer.convolution) out.set(layer.convolution, at.taps);
  if (layer.decay) {
    for (let h = 0; h < heads; h++)
      out.set(layer.decay.weight.subarray(h * d, (h + 1) * d), at.decay + h * width);
    out.set(layer.decay.bias, at.decayBias);
  }
  for (const [side, module] of [layer.queryProportion, layer.keyProportion].entries()) {
    if (!module) continue;
    const start = at.proportion + side * at.proportionSize;
    out.set(module.hidden, start);
    out.set(module.hiddenBias, start + p * e);
    out.set(module.output, start + p * e + p);
    out[start + p * e + 2 * p] = module.outputBias;
  }
  if (plan.precision !== 'int8') return;
  out.set(layer.qkv.scales!, at.qkvScale);
  out.set(layer.output.scales!, at.outputScale);
  out.set(layer.up.scales!, at.upScale);
  out.set(layer.down.scales!, at.downScale);
}

/** The small tensors of embedding and output, in the layout of plan.ends. */
export function packEnds(weights: Weights, plan: Plan, out: Float32Array): void {
  out.set(weights.finalNorm);
  if (plan.precision === 'int8') out.set(weights.embedding.scales!, plan.ends.embeddingScales);
  if (plan.config.position === 'sinusoidal') out.set(frequencies(plan.config), plan.ends.sinusoid);
}

/** Each frequency of the sinusoids in turns per position: three limbs of 16 bits, as numbers, and a 0. */
function frequencies({ hiddenSize: d }: Config): Float32Array {
  const out = new Float32Array(2 * d);
  for (let i = 0; i < d / 2; i++) {
    let turns = 10000 ** ((-2 * i) / d) / (2 * Math.PI);
    for (let limb = 0; limb < 3; limb++) {
      turns *= 2 ** 16;
      out[4 * i + limb] = Math.floor(turns);
      turns -= out[4 * i + limb];
    }
  }
  return out;
}
