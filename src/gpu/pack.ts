import type { Config } from '../model/core/config';
import { LAYER_TENSORS, MODEL_TENSORS, padded, type Tensors, tensorEntries } from '../model/core/tensors';
import {
  dequantize,
  type LayerWeights,
  type Loaded,
  type Matrix,
  type Precision,
  type Weights,
} from '../model/core/weights';
import { type Plan, rowsOf, type VectorLayout } from './plan';

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

/** Writes a layer's vectors and int8 scales in the layout of plan.vectors. */
export function packVectors(layer: LayerWeights, plan: Plan, out: Float32Array): void {
  packTable(LAYER_TENSORS, layer, plan.vectors, plan, out);
}

/** Writes the vectors of the tensors outside the layers as plan.modelVectors lays them out. */
export function packModelVectors(weights: Weights, plan: Plan, out: Float32Array): void {
  packTable(MODEL_TENSORS, weights, plan.modelVectors, plan, out);
  if (plan.config.position === 'sinusoidal') out.set(frequencies(plan.config), plan.modelVectors.at.sinusoid);
}

function packTable<T extends Tensors>(
  tensors: T,
  loaded: Loaded<T>,
  { at }: VectorLayout<T>,
  { config, precision }: Plan,
  out: Float32Array,
): void {
  const offsets: Readonly<Record<string, number>> = at;
  for (const [key, tensor] of tensorEntries(tensors)) {
    if (tensor.kind === 'matrix') {
      if (precision === 'int8') out.set((loaded[key] as Matrix).scales!, offsets[`${key}Scale`]);
      continue;
    }
    const values = loaded[key] as Float32Array | null;
    if (!values) continue;
    const { columns, stride } = rowsOf(tensor, config);
    for (let row = 0; row * columns < values.length; row++)
      out.set(values.subarray(row * columns, (row + 1) * columns), offsets[key] + row * stride);
  }
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
