import type { MatrixPrecisions } from '../src/gpu/matrices';
import { int8Rows } from '../src/model/core/quantize';
import { float16 } from '../src/model/core/safetensors';
import {
  dequantize,
  groupsOf,
  INT4_GROUP,
  type Matrix,
  mapMatrices,
  type Precision,
} from '../src/model/core/weights';
import type { ModelData } from '../src/model/runtime/backend';

/** The model with its matrices rounded to another precision, and its embedding to the same by default. */
export function withPrecision<M extends ModelData>(model: M, precision: Precision, embedding = precision): M {
  const weights = mapMatrices(model.weights, STORE[precision]);
  return {
    ...model,
    weights: { ...weights, embedding: STORE[embedding](model.weights.embedding) },
    digest: `${model.digest}-${precision}-${embedding}`,
  };
}

/** The precisions of a model whose matrices have one precision in all layers, and in the embedding by default. */
export function everyPrecision(layers: Precision, embedding = layers): MatrixPrecisions {
  return { embedding, qkv: layers, output: layers, up: layers, down: layers };
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
  int8: (matrix) => int8Rows(dequantize(matrix), matrix),
  int4: quantizeGroups,
};

/** Symmetric int4 groups in [-8, 7], with one float16 scale per group: the largest value / 7. */
function quantizeGroups(matrix: Matrix): Matrix {
  const { rows, span } = matrix;
  const values = dequantize(matrix);
  const count = rows * groupsOf(matrix);
  const words = new Int32Array(4 * count);
  const scales = new Float32Array(count);
  for (let start = 0, group = 0; start < values.length; start += span)
    for (let first = start; first < start + span; first += INT4_GROUP, group++) {
      const from = values.subarray(first, Math.min(first + INT4_GROUP, start + span));
      const max = from.reduce((highest, value) => Math.max(highest, Math.abs(value)), 0);
      const scale = float16(float16Bits(max / 7)) || 1;
      scales[group] = scale;
      for (const [c, value] of from.entries()) {
        const nibble = Math.min(7, Math.round(value / scale)) & 15;
        words[4 * group + (c % 4)] |= nibble << (4 * (c >> 2));
      }
    }
  return { ...matrix, precision: 'int4', bytes: new Uint8Array(words.buffer), scales };
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
