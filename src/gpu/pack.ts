import { padded } from '../model/core/tensors';
import { dequantize, type Matrix, type Precision } from '../model/core/weights';

const BYTES = { float32: 4, float16: 2, int8: 1, int4: 0.5 } as const;
const BLOCK_BYTES = 16;

/** How the matrices of one kind lie on the device. */
export interface Packing {
  readonly precision: Precision;
  /** Columns of a group (a row, a head, a slice of the MLP), which is zero-padded to whole blocks. */
  readonly group: number;
}

/** Blocks of a row. */
function blocksOf(columns: number, { group, precision }: Packing): number {
  return Math.ceil(columns / group) * blocksOfGroup({ group, precision });
}

function blocksOfGroup({ group, precision }: Packing): number {
  return (padded(group) * BYTES[precision]) / BLOCK_BYTES;
}

export function packedBytes({ rows, columns }: Matrix, packing: Packing): number {
  return rows * blocksOf(columns, packing) * BLOCK_BYTES;
}

/**
 * Writes a matrix in the kernels' layout: blocks of 16 bytes with consecutive weights of one row, at block * rows + row. A
 * block of int4 is a group of the file, with its padding.
 */
export function packMatrix(matrix: Matrix, packing: Packing, out: Uint8Array): void {
  const { rows } = matrix;
  const { precision, group } = packing;
  const bytes = matrix.precision === precision ? matrix.bytes : new Uint8Array(dequantize(matrix).buffer);
  const rowBytes = bytes.length / rows;
  const groupBytes = (precision === 'int4' ? padded(group) : group) * BYTES[precision];
  for (let start = 0, block = 0; start < rowBytes; start += groupBytes, block += blocksOfGroup(packing)) {
    const end = Math.min(start + groupBytes, rowBytes);
    for (let at = start, b = block; at < end; at += BLOCK_BYTES, b++) {
      const length = Math.min(BLOCK_BYTES, end - at);
      for (let row = 0; row < rows; row++) {
        const from = row * rowBytes + at;
        const to = (b * rows + row) * BLOCK_BYTES;
        // Not `set`, because creating a view per block would double the time.
        for (let i = 0; i < length; i++) out[to + i] = bytes[from + i];
      }
    }
  }
}

/** Numbers of the scales of a matrix in the kernels' layout. */
export function packedScales(rows: number, columns: number, packing: Packing): number {
  const perRow = { float32: 0, float16: 0, int8: 1, int4: blocksOf(columns, packing) };
  return perRow[packing.precision] * rows;
}

/** Writes the scales of a matrix in the kernels' layout: of a row at row, of a block at block * rows + row, as the block. */
export function packScales({ rows, scales }: Matrix, { precision }: Packing, out: Float32Array): void {
  if (!scales || (precision !== 'int8' && precision !== 'int4')) return;
  const perRow = scales.length / rows;
  for (let row = 0, i = 0; row < rows; row++)
    for (let block = 0; block < perRow; block++, i++) out[block * rows + row] = scales[i];
}
