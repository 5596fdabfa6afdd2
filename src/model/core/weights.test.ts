import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectError } from '../../../tests/files';
import { randomModel } from '../../../tests/random-model';
import { safetensors } from '../../../tests/safetensors';
import { EngineError } from '../runtime/errors';
import { tensorsOf } from './tensors';
import { dequantize, groupsOf, type Matrix, matricesOf, readWeights } from './weights';

/** A row of int4 groups, by the definition in docs/model.md. */
function int4(
  weights: readonly number[][],
  span: number,
  columns: number,
  scales: readonly number[],
): Matrix {
  const bytes = new Uint8Array(16 * weights.length);
  const view = new DataView(bytes.buffer);
  for (const [group, values] of weights.entries())
    for (const [c, value] of values.entries()) {
      const at = 16 * group + 4 * (c % 4);
      view.setUint32(at, view.getUint32(at, true) | ((value & 15) << (4 * Math.floor(c / 4))), true);
    }
  return { rows: 1, columns, span, precision: 'int4', bytes, scales: Float32Array.from(scales) };
}

const ramp = (length: number) => Array.from({ length }, (_, i) => (i % 16) - 8);

describe('int4 groups', () => {
  test('end with the row', () => {
    const matrix = int4([ramp(32), ramp(4)], 36, 36, [0.5, 2]);
    expect(groupsOf(matrix)).toBe(2);
    expect([...dequantize(matrix)]).toEqual([...ramp(32).map((w) => w / 2), -16, -14, -12, -10]);
  });

  test('end with each span, such as a head', () => {
    const matrix = int4(
      [
        [-8, 7, 1, -1, 3],
        [5, -5, 0, 2, 4],
      ],
      5,
      10,
      [1, 0.25],
    );
    expect(groupsOf(matrix)).toBe(2);
    expect([...dequantize(matrix)]).toEqual([-8, 7, 1, -1, 3, 1.25, -1.25, 0, 0.5, 1]);
  });
});

describe('a file with int4 layers and an int8 embedding', () => {
  const { config } = randomModel({ hidden_size: 80, num_attention_heads: 2 }); // heads of 40: groups of 32 and of 8
  const BYTES: Record<string, number> = { F16: 2, F32: 4, I8: 1, I32: 4, U8: 1 };
  const tensors = (changes: Record<string, [string, readonly number[]]> = {}) => {
    const stored: Record<string, [string, readonly number[]]> = {};
    for (const { name, kind, shape } of tensorsOf(config)) {
      const [rows, columns] = shape;
      const groups = name.endsWith('output.weight') && kind === 'matrix' ? 4 : Math.ceil(columns / 32);
      if (kind === 'vector') stored[name] = ['F32', shape];
      else if (name.startsWith('embedding')) stored[name] = ['I8', shape];
      else stored[name] = ['I32', [rows, groups, 4]];
      if (kind === 'matrix')
        stored[`${name}_scale`] = name.startsWith('embedding') ? ['F32', [rows]] : ['F16', [rows, groups]];
    }
    const all = Object.entries({ ...stored, ...changes }).map(([name, [dtype, shape]]) => {
      const count = shape.reduce((a, b) => a * b);
      const bytes = new Uint8Array(BYTES[dtype] * count);
      return [name, [dtype, shape, bytes]] as const;
    });
    return safetensors(Object.fromEntries(all));
  };

  test('is read with the precision of each matrix', () => {
    const weights = readWeights(tensors(), config);
    expect(weights.embedding).toMatchObject({ precision: 'int8', span: 80 });
    expect(weights.layers[0].output).toMatchObject({ precision: 'int4', span: 40, rows: 80, columns: 80 });
    expect(matricesOf(weights).map(({ precision }) => precision)).toEqual(['int8', ...Array(4).fill('int4')]);
    expect(weights.layers[0].output.scales).toHaveLength(80 * 4);
  });

  const OUTPUT = 'layers.0.attention.output.weight';
  test.each([
    [
      'groups that ignore the heads',
      { [OUTPUT]: ['I32', [80, 3, 4]] },
      /output\.weight has the shape \[80,3,4\]/,
    ],
    [
      'one scale per row',
      { [`${OUTPUT}_scale`]: ['F16', [80]] },
      /output\.weight_scale has the shape \[80\]/,
    ],
    ['integers as scales', { [`${OUTPUT}_scale`]: ['I32', [80, 4]] }, /output\.weight_scale is int4/],
    ['an int4 vector', { 'final_norm.weight': ['I32', [80]] }, /final_norm\.weight is int4; only matrices/],
    ['bytes as matrix', { [OUTPUT]: ['U8', [80, 80]] }, /stored as "U8"/],
  ] as [string, Record<string, [string, number[]]>, RegExp][])(
    'is rejected with %s',
    async (_, changes, message) => {
      await expectError(() => readWeights(tensors(changes), config), 'weights', message);
    },
  );

  test('gives weights or an error of its own, whichever bytes are damaged', () => {
    const file = new Uint8Array(tensors());
    fc.assert(
      fc.property(fc.nat(6000), fc.uint8Array({ minLength: 1, maxLength: 8 }), (at, damage) => {
        const damaged = file.slice();
        damaged.set(damage, at);
        try {
          expect(matricesOf(readWeights(damaged.buffer, config))).toHaveLength(5);
        } catch (error) {
          expect(error).toBeInstanceOf(EngineError);
        }
      }),
    );
  });
});
