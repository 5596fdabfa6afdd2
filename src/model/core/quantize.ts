import type { Matrix } from './weights';

/**
 * A matrix [rows, columns] as int8 rows, by the exporter's rule (training/leapformer/weights.py): the scale of a row is its
 * largest size / 127 in float32, or 1 if that is 0; value / scale rounds to the nearest integer in float64, ties upwards.
 */
export function int8Rows(
  values: Float32Array | Float64Array,
  { rows, columns, span }: Pick<Matrix, 'rows' | 'columns' | 'span'>,
): Matrix {
  const integers = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const [from, to] = [row * columns, (row + 1) * columns];
    let largest = 0;
    for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(values[i]));
    const scale = Math.fround(largest / 127) || 1;
    scales[row] = scale;
    for (let i = from; i < to; i++)
      integers[i] = Math.max(-127, Math.min(127, Math.round(values[i] / scale)));
  }
  return { rows, columns, span, precision: 'int8', bytes: new Uint8Array(integers.buffer), scales };
}
