import { padded } from '../model/core/tensors';
import { dequantize, groupsOf, INT4_GROUP, type Matrix } from '../model/core/weights';
import type { Heap } from './heap';

/** Bytes of a weight in the heap; the scales of int4 groups included. */
export const WEIGHT_BYTES = { float32: 4, int8: 1, int4: 5 / 8 } as const;

/**
 * A matrix in panels of four rows (kernels/matrix.ts, kernels/matrix-int4.ts). Rows are zero-padded to a multiple of 4,
 * columns to a multiple of 32.
 */
export interface PackedMatrix {
  readonly precision: keyof typeof WEIGHT_BYTES;
  /** Address of the weights. */
  readonly values: number;
  /** Address of float32 [rows]: the factors of the rows' sums. */
  readonly scales: number;
  readonly rows: number;
  readonly columns: number;
  /** In the heap, scales included. */
  readonly bytes: number;
}

/** The kernels unpack an int4 weight in the top bits of a word. */
const INT4_FACTOR = 2 ** -28;

/**
 * int8 and int4 keep their precision. float16 becomes float32, and so does int4 if a row has several spans that are not
 * multiples of 32 columns.
 */
export function packMatrix(matrix: Matrix, heap: Heap): PackedMatrix {
  const { rows, columns, span, precision, bytes, scales } = matrix;
  const hasWholeGroups = span === columns || span % INT4_GROUP === 0;
  if (precision === 'int8') {
    const { packed, size } = reserve(rows, columns, 'int8', heap);
    intoPanels(bytes, rows, heap.bytes(packed.values, size), packed.columns / 8, 8);
    heap.floats(packed.scales, rows).set(scales!);
    return packed;
  }
  if (precision === 'int4' && hasWholeGroups) {
    const { packed, size } = reserve(rows, columns, 'int4', heap);
    const groups = groupsOf(matrix); // each 4 rows of 16 bytes and their 4 scales
    intoPanels(bytes, rows, heap.bytes(packed.values, size), groups, 16, 80);
    intoPanels(scales!, rows, heap.floats(packed.values + 64, size / 4 - 16), groups, 1, 20);
    heap.floats(packed.scales, rows).fill(INT4_FACTOR);
    return packed;
  }
  return packFloats(dequantize(matrix), rows, columns, heap);
}

/** @param weights [rows, columns] */
export function packFloats(weights: Float32Array, rows: number, columns: number, heap: Heap): PackedMatrix {
  const packed = emptyFloats(rows, columns, heap);
  writeFloats(weights, rows, packed, heap);
  return packed;
}

/** A float32 matrix of zeros [rows, columns]. */
export function emptyFloats(rows: number, columns: number, heap: Heap): PackedMatrix {
  const { packed } = reserve(rows, columns, 'float32', heap);
  heap.floats(packed.scales, packed.rows).fill(1);
  return packed;
}

/** Replaces the first rows of a float32 matrix by `weights` [rows, columns]. */
export function writeFloats(weights: Float32Array, rows: number, to: PackedMatrix, heap: Heap): void {
  intoPanels(weights, rows, heap.floats(to.values, to.rows * to.columns), to.columns / 4, 4);
}

/** The first rows of a float32 matrix [rows, columns], without its padding. */
export function readFloats(from: PackedMatrix, rows: number, columns: number, heap: Heap): Float32Array {
  const floats = heap.floats(from.values, from.rows * from.columns);
  const values = new Float32Array(rows * columns);
  for (let row = 0, i = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, i++)
      values[i] = floats[(row >> 2) * 4 * from.columns + (column >> 2) * 16 + (row & 3) * 4 + (column & 3)];
  return values;
}

/** Allocates a matrix; `size` is the bytes of its weights. */
function reserve(height: number, width: number, precision: PackedMatrix['precision'], heap: Heap) {
  const rows = Math.ceil(height / 4) * 4;
  const columns = padded(width);
  const size = rows * columns * WEIGHT_BYTES[precision];
  const [values, scales] = [heap.allocate(size), heap.allocate(4 * rows)];
  const packed: PackedMatrix = { precision, values, scales, rows, columns, bytes: size + 4 * rows };
  return { packed, size };
}

/** Copies rows into panels of `blocks` blocks [4 rows][run numbers]. A block begins every `stride` numbers. */
function intoPanels(
  from: Uint8Array | Float32Array,
  rows: number,
  to: Uint8Array | Float32Array,
  blocks: number,
  run: number,
  stride = 4 * run,
): void {
  const width = from.length / rows;
  for (let row = 0, i = 0; row < rows; row++) {
    let at = (row >> 2) * blocks * stride + (row & 3) * run;
    for (const end = i + width; i < end; at += stride)
      for (let j = 0; j < run && i < end; j++) to[at + j] = from[i++];
  }
}
