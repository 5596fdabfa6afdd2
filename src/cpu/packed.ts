import type { Config } from '../model/core/config';
import {
  LAYER_TENSORS,
  type MatrixOf,
  offsetsOf,
  padded,
  tensorEntries,
  type VectorOf,
} from '../model/core/tensors';
import { dequantize, type LayerWeights, type Matrix } from '../model/core/weights';
import type { ModelData } from '../model/runtime/backend';
import type { Heap } from './heap';

/** A matrix in panels (kernels/matrix.ts): rows are zero-padded to a multiple of 4, columns to a multiple of 16. */
export interface PackedMatrix {
  readonly isInt8: boolean;
  /** Address of float32 or int8 weights. */
  readonly values: number;
  /** Address of float32 [rows]; ones for float32. */
  readonly scales: number;
  readonly rows: number;
  readonly columns: number;
}

type Layer = typeof LAYER_TENSORS;

/** A layer's tensors in the heap. */
export type PackedLayer = {
  readonly [K in MatrixOf<Layer>]: PackedMatrix;
} & {
  /** Addresses of float32 numbers, each a multiple of 64, in the order of LAYER_TENSORS; 0 for absent tensors. */
  readonly [K in Exclude<VectorOf<Layer>, 'decay'>]: number;
} & {
  /** The decay, which is multiplied like a matrix. */
  readonly decay: PackedMatrix | null;
};

/** A model's weights in the heap, in the layout of the kernels. int8 stays int8; float16 becomes float32. */
export class PackedWeights {
  readonly embedding: PackedMatrix;
  readonly layers: readonly PackedLayer[];
  readonly finalNorm: number;
  /** Bytes in the heap. */
  bytes = 0;
  private readonly heap: Heap;

  constructor({ config, weights }: ModelData, heap: Heap) {
    this.heap = heap;
    this.embedding = this.matrix(weights.embedding);
    this.layers = weights.layers.map((layer) => this.layer(layer, config));
    this.finalNorm = this.vectors({ finalNorm: weights.finalNorm }).finalNorm;
  }

  private layer(layer: LayerWeights, { heads, hiddenSize, convKernel }: Config): PackedLayer {
    const vectors: Record<string, Float32Array | null> = {};
    const matrices: Record<string, PackedMatrix> = {};
    for (const [key, { kind }] of tensorEntries(LAYER_TENSORS))
      if (kind === 'matrix') matrices[key] = this.matrix(layer[key] as Matrix);
      else vectors[key] = layer[key] as Float32Array | null;
    const { convolution, decay, ...others } = vectors;
    const transposed = convolution && transpose(convolution, convKernel); // [taps, 3d]
    return {
      ...matrices,
      ...this.vectors({ ...others, convolution: transposed }),
      decay: decay && this.floatMatrix(decay, heads, hiddenSize),
    } as PackedLayer;
  }

  private allocate(bytes: number): number {
    this.bytes += bytes;
    return this.heap.allocate(bytes);
  }

  /** Copies vectors into one block. */
  private vectors<Key extends string>(vectors: Record<Key, Float32Array | null>): Record<Key, number> {
    const entries = Object.entries(vectors) as [Key, Float32Array | null][];
    const sizes = entries.map(([key, values]) => [key, values?.length ?? 0]);
    const { at, size } = offsetsOf<Key>(Object.fromEntries(sizes));
    const block = this.allocate(4 * size);
    const addresses = entries.map(([key, values]) => {
      if (!values) return [key, 0];
      const address = block + 4 * at[key];
      this.heap.floats(address, values.length).set(values);
      return [key, address];
    });
    return Object.fromEntries(addresses);
  }

  private matrix(matrix: Matrix): PackedMatrix {
    const { rows, columns, bytes, scales } = matrix;
    if (!scales) return this.floatMatrix(dequantize(matrix), rows, columns);
    const packed = this.reserve(rows, columns, true);
    const { values } = packed;
    intoPanels(
      bytes,
      rows,
      columns,
      this.heap.bytes(values, packed.rows * packed.columns),
      packed.columns,
      8,
    );
    this.heap.floats(packed.scales, rows).set(scales);
    return packed;
  }

  private floatMatrix(weights: Float32Array, rows: number, columns: number): PackedMatrix {
    const packed = this.reserve(rows, columns, false);
    const { values } = packed;
    const panels = this.heap.floats(values, packed.rows * packed.columns);
    intoPanels(weights, rows, columns, panels, packed.columns, 4);
    this.heap.floats(packed.scales, rows).fill(1);
    return packed;
  }

  private reserve(height: number, width: number, isInt8: boolean): PackedMatrix {
    const rows = Math.ceil(height / 4) * 4;
    const columns = padded(width);
    const values = this.allocate(rows * columns * (isInt8 ? 1 : 4));
    return { isInt8, values, scales: this.allocate(4 * rows), rows, columns };
  }
}

/** From [rows, columns] to panels [.., width / run][4 rows][run columns], as kernels/matrix.ts reads them. */
export function intoPanels(
  from: Uint8Array | Float32Array,
  rows: number,
  columns: number,
  to: Uint8Array | Float32Array,
  width: number,
  run: number,
): void {
  for (let row = 0, i = 0; row < rows; row++) {
    const start = (row - (row % 4)) * width + (row % 4) * run;
    for (let column = 0; column < columns; column++)
      to[start + 4 * (column - (column % run)) + (column % run)] = from[i++];
  }
}

/** [rows, n] from [n, rows]. */
function transpose(values: Float32Array, rows: number): Float32Array {
  const n = values.length / rows;
  return values.map((_, i) => values[(i % n) * rows + Math.floor(i / n)]);
}
