import { padded } from '../model/core/tensors';
import { dequantize, type Matrix, type Precision } from '../model/core/weights';

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
