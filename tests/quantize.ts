import { dequantize, type Matrix, mapMatrices, type Precision } from '../src/model/core/weights';
import type { ModelData } from '../src/model/runtime/backend';

/** The model with its matrices rounded to another precision. */
export function withPrecision<M extends ModelData>(model: M, precision: Precision): M {
  return {
    ...model,
    weights: mapMatrices(model.weights, STORE[precision]),
    digest: `${model.digest}-${precision}`,
  };
}

const STORE: Record<Precision, (matrix: Matrix) => Matrix> = {
  float32: (matrix) => ({
    ...matrix,
    precision: 'float32',
    bytes: new Uint8Array(dequantize(matrix).buffer),
    scales: null,
  }),
  float16: (matrix) => ({
    ...matrix,
    precision: 'float16',
    bytes: new Uint8Array(Uint16Array.from(dequantize(matrix), float16Bits).buffer),
    scales: null,
  }),
  int8: quantizeRows,
};

/** Symmetric int8 rows in [-127, 127], with one scale per row. */
function quantizeRows(matrix: Matrix): Matrix {
  const { rows, columns } = matrix;
  const values = dequantize(matrix);
  const bytes = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const from = values.subarray(row * columns, (row + 1) * columns);
    const max = from.reduce((highest, value) => Math.max(highest, Math.abs(value)), 0);
    scales[row] = max > 0 ? max / 127 : 1;
    bytes.set(
      from.map((value) => Math.round(value / scales[row])),
      row * columns,
    );
  }
  return { rows, columns, precision: 'int8', bytes: new Uint8Array(bytes.buffer), scales };
}

/** The nearest IEEE 754 binary16 number, as bits; ties to even. */
function float16Bits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  const exponent = Math.max(Math.floor(Math.log2(size || 2 ** -15)), -14);
  const steps = size / 2 ** (exponent - 10); // 1024 to 2048; less for subnormal numbers
  const floor = Math.floor(steps);
  const rounded = floor + (steps - floor > 0.5 || (steps - floor === 0.5 && floor % 2 === 1) ? 1 : 0);
  return sign + (exponent + 14) * 1024 + rounded;
}
