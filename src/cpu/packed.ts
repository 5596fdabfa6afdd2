import { dequantize, type Matrix, type ProportionModule } from '../model/core/weights';
import type { ModelData } from '../model/runtime/backend';
import type { Heap } from './heap';

/** Stride of a row of activations: n rounded up to a multiple of 16; the padding is zero. */
export const padded = (n: number) => Math.ceil(n / 16) * 16;

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

/** Addresses of float32 vectors; 0 if the configuration has none. */
export interface PackedLayer {
  readonly attentionNorm: number;
  readonly qkv: PackedMatrix;
  /** [4, 3d] */
  readonly convolution: number;
  readonly queryProportion: number;
  readonly keyProportion: number;
  readonly decay: { readonly weight: PackedMatrix; readonly bias: number } | null;
  readonly outputNorm: number;
  readonly output: PackedMatrix;
  readonly mlpNorm: number;
  readonly up: PackedMatrix;
  readonly down: PackedMatrix;
}

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
    const { heads, hiddenSize: d } = config;
    this.embedding = this.matrix(weights.embedding);
    this.layers = weights.layers.map((layer) => ({
      attentionNorm: this.vector(layer.attentionNorm),
      qkv: this.matrix(layer.qkv),
      convolution: this.vector(layer.convolution && transpose(layer.convolution, 4)),
      queryProportion: this.proportion(layer.queryProportion),
      keyProportion: this.proportion(layer.keyProportion),
      decay: layer.decay && {
        weight: this.floatMatrix(layer.decay.weight, heads, d),
        bias: this.vector(layer.decay.bias),
      },
      outputNorm: this.vector(layer.outputNorm),
      output: this.matrix(layer.output),
      mlpNorm: this.vector(layer.mlpNorm),
      up: this.matrix(layer.up),
      down: this.matrix(layer.down),
    }));
    this.finalNorm = this.vector(weights.finalNorm);
  }

  private allocate(bytes: number): number {
    this.bytes += bytes;
    return this.heap.allocate(bytes);
  }

  private vector(values: ArrayLike<number> | null): number {
    if (!values) return 0;
    const address = this.allocate(4 * values.length);
    this.heap.floats(address, values.length).set(values);
    return address;
  }

  private proportion(module: ProportionModule | null): number {
    return this.vector(
      module && [...module.hidden, ...module.hiddenBias, ...module.output, module.outputBias],
    );
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
