import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { relativeError } from '../../tests/golden';
import { recur } from '../model/core/reference';
import { padded } from '../model/core/tensors';
import { dequantize, groupsOf, type Matrix } from '../model/core/weights';
import { gumbel } from '../model/sampling/random';
import { Heap } from './heap';
import { loadKernels } from './kernels';
import { packMatrix } from './panels';

const heap = new Heap();
const { kernels } = await loadKernels(heap.memory);
const noise = (length: number, seed: number, scale = 1) =>
  Float32Array.from({ length }, (_, i) => scale * (gumbel(seed, 0, i) - 0.577));

function put(values: ArrayLike<number>): number {
  const address = heap.allocate(4 * values.length);
  heap.floats(address, values.length).set(values);
  return address;
}

type Packed = 'float32' | 'int8' | 'int4';
const PRECISIONS: readonly Packed[] = ['float32', 'int8', 'int4'];

/** A matrix with scales [rows] in int8 and [rows, groups] in int4; weights are rounded and clamped to integers. */
function matrixOf(
  precision: Packed,
  rows: number,
  columns: number,
  weights: Float32Array,
  scales: Float32Array,
) {
  const shape = { rows, columns, span: columns, precision };
  if (precision === 'float32')
    return { ...shape, bytes: new Uint8Array(weights.slice().buffer), scales: null };
  if (precision === 'int8')
    return { ...shape, bytes: new Uint8Array(Int8Array.from(weights).buffer), scales: scales.slice(0, rows) };
  const groups = groupsOf(shape);
  const words = new Int32Array(4 * rows * groups);
  for (let row = 0, i = 0; row < rows; row++)
    for (let c = 0; c < columns; c++, i++) {
      const integer = Math.max(-8, Math.min(7, Math.round(weights[i])));
      words[4 * (row * groups + (c >> 5)) + (c & 3)] |= (integer & 15) << (4 * ((c & 31) >> 2));
    }
  return { ...shape, bytes: new Uint8Array(words.buffer), scales: scales.slice(0, rows * groups) };
}

/** A matrix in the heap, and its products with rows of numbers, which are added to `before` if there are any. */
function packed(matrix: Matrix) {
  const { precision, values, scales, rows, columns } = packMatrix(matrix, heap);
  expect(precision).toBe(matrix.precision);
  const scratch = heap.allocate(16 * columns);
  const stride = padded(matrix.rows);
  return (x: readonly Float32Array[], before: readonly number[] = []): Float32Array[] => {
    const from = put(x.flatMap((row) => [...row, ...new Array(columns - row.length).fill(0)]));
    const to = put(x.flatMap(() => [...before, ...new Array(stride - before.length).fill(0)]));
    const product = [
      values,
      scales,
      rows,
      columns,
      from,
      columns,
      to,
      stride,
      x.length,
      before.length > 0,
    ] as const;
    if (precision === 'float32') kernels.multiplyFloat32(...product);
    else if (precision === 'int8') kernels.multiplyInt8(...product, scratch);
    else kernels.multiplyInt4(...product, scratch);
    return x.map((_, t) => heap.floats(to + 4 * t * stride, stride).slice());
  };
}

const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 50 }),
  columns: fc.integer({ min: 1, max: 100 }),
  tokens: fc.integer({ min: 1, max: 9 }),
  precision: fc.constantFrom(...PRECISIONS),
  scale: fc.constantFrom(1e-30, 1, 1e15),
  add: fc.boolean(),
});

test('a matrix product gives bitwise the same row for any number of tokens', () => {
  fc.assert(
    fc.property(shapes, ({ rows, columns, tokens, precision, scale, add }) => {
      const spread = precision === 'int4' ? 4 : 30;
      const weights = noise(rows * columns, 1, spread);
      const matrix = matrixOf(precision, rows, columns, weights, noise(4 * rows, 2, 0.01));
      const x = Array.from({ length: tokens }, (_, t) => noise(columns, 3 + t, scale));
      const before = add ? [...noise(rows, 99, scale)] : [];
      const multiply = packed(matrix);
      const W = dequantize(matrix);
      const together = multiply(x, before);
      for (let t = 0; t < tokens; t++) {
        expect(multiply([x[t]], before)[0]).toEqual(together[t]);
        for (let r = 0; r < rows; r++) {
          const terms = Array.from(x[t], (value, c) => W[r * columns + c] * value);
          if (add) terms.push(before[r]);
          const size = terms.reduce((sum, term) => sum + Math.abs(term), 0); // the sum itself may cancel
          const error = Math.abs(together[t][r] - terms.reduce((sum, term) => sum + term, 0));
          expect(error).toBeLessThanOrEqual(1e-5 * size);
        }
        expect(together[t].slice(rows).every((value) => value === 0)).toBe(true);
      }
    }),
  );
});

const extremes = fc.record({
  rows: fc.integer({ min: 1, max: 9 }),
  columns: fc.oneof(fc.constant(1), fc.integer({ min: 4, max: 100 })),
  precision: fc.constantFrom(...PRECISIONS),
  weight: fc.constantFrom(-8, 7, null),
  scales: fc.array(fc.constantFrom(0, 2 ** -24, -0.5, 1, 65_504), { minLength: 36, maxLength: 36 }),
});

test('the product of a matrix with the unit vectors is exactly its weights, one by one and together', () => {
  fc.assert(
    fc.property(extremes, ({ rows, columns, precision, weight, scales }) => {
      const weights = noise(rows * columns, 5, 4).map((value) => weight ?? value);
      const matrix = matrixOf(precision, rows, columns, weights, Float32Array.from(scales));
      const units = Array.from({ length: columns }, (_, c) => {
        return Float32Array.from({ length: columns }, (_, i) => (i === c ? 1 : 0));
      });
      const multiply = packed(matrix);
      const W = dequantize(matrix);
      const column = (c: number) => Array.from({ length: rows }, (_, r) => W[r * columns + c] + 0); // no -0
      for (const rowsOf of [multiply(units), units.flatMap((unit) => multiply([unit]))])
        for (const [c, y] of rowsOf.entries())
          expect(Array.from(y.subarray(0, rows), (value) => value + 0)).toEqual(column(c));
    }),
  );
});

test('a row of int4 weights in several spans keeps its groups if they are whole, and becomes float32 otherwise', () => {
  const of = (columns: number, span: number) => {
    const shape = { rows: 4, columns, span, precision: 'int4' as const };
    const count = 4 * groupsOf(shape);
    const bytes = Uint8Array.from({ length: 16 * count }, (_, i) => 37 * i);
    return { ...shape, bytes, scales: noise(count, 7, 0.01) };
  };
  for (const [columns, span, precision] of [
    [120, 120, 'int4'],
    [128, 64, 'int4'],
    [120, 60, 'float32'],
    [120, 40, 'float32'],
  ] as const)
    expect(packMatrix(of(columns, span), heap)).toMatchObject({ precision, columns: 128 });
});

test.each([
  [20, 40],
  [64, 128],
  [4, 4],
])('matches the recurrence of the reference, e = %i, E = %i', (e, E) => {
  const heads = 3;
  const tokens = 5;
  const [q, k] = [noise(tokens * heads * E, 1), noise(tokens * heads * E, 2)];
  const v = noise(tokens * heads * e, 3, 1e3);
  const a = [0.9, 1, 0, 0.5, 1e-20].flatMap((gate) => [gate, gate, gate]);
  const state = noise(heads * E * (e + 1), 4);
  const memory = put(state);
  const memories = heap.allocate(4 * tokens);
  heap.words(memories, tokens).fill(memory);
  const o = heap.allocate(4 * tokens * heads * e);
  const normalizerSum = heap.allocate(4 * tokens * heads);
  const row = heads * e;
  kernels.recur(
    put(q),
    put(k),
    put(v),
    row,
    put(a),
    heads,
    memories,
    0,
    heads,
    e,
    E,
    o,
    row,
    normalizerSum,
    tokens,
    0,
    row,
  );

  for (let h = 0; h < heads; h++) {
    const S = Float64Array.from(state.subarray(h * E * e, (h + 1) * E * e));
    const z = Float64Array.from(state.subarray(heads * E * e + h * E, heads * E * e + (h + 1) * E));
    for (let t = 0; t < tokens; t++) {
      const at = t * heads + h;
      const part = (u: Float32Array, n: number) => Float64Array.from(u.subarray(at * n, (at + 1) * n));
      const expected = recur(S, z, Math.fround(a[at]), part(q, E), part(k, E), part(v, e));
      expect(relativeError(heap.floats(o + 4 * at * e, e), expected.o)).toBeLessThan(1e-5);
      expect(heap.floats(normalizerSum, tokens * heads)[at]).toBeCloseTo(expected.normalizerSum, 3);
    }
    expect(
      relativeError(heap.floats(memory, state.length).subarray(h * E * e, (h + 1) * E * e), S),
    ).toBeLessThan(1e-5);
  }
});

test('sigmoid, sine and cosine within 1e-6', () => {
  const u = Float32Array.from({ length: 4096 }, (_, i) => (i - 2048) / 16);
  const gates = put(u);
  kernels.gates(gates, u.length, u.length, put(new Float32Array(u.length)), put([1]), 0, 1);
  for (const [i, value] of heap.floats(gates, u.length).entries())
    expect(Math.abs(value - 1 / (1 + Math.exp(-u[i])))).toBeLessThan(1e-6);

  const P = Float32Array.from({ length: 1025 }, (_, i) => i / 1024);
  const out = heap.allocate(4 * 8 * P.length);
  const pairs = put(Array.from(P).flatMap((p) => [p, 1 - p]));
  kernels.reweight(put(new Float32Array(4).fill(1)), 0, 1, 4, 1, true, pairs, out, P.length);
  for (const [t, p] of P.entries()) {
    const [cos, , , , sin] = heap.floats(out + 32 * t, 8);
    expect(Math.abs(cos - Math.cos((Math.PI / 2) * p))).toBeLessThan(1e-6);
    expect(Math.abs(sin - Math.sin((Math.PI / 2) * p))).toBeLessThan(1e-6);
  }
});

test('the start of a document closes every gate', () => {
  const gates = put([5, 5, 5, 5]);
  const ids = heap.allocate(8);
  heap.words(ids, 2).set([9, 3]);
  kernels.gates(gates, 2, 2, 0, ids, 9, 2);
  expect([...heap.floats(gates, 4)]).toEqual([0, 0, 1, 1]);
});

test('throws an error without SIMD', async () => {
  vi.resetModules();
  const compile = vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new WebAssembly.CompileError('no SIMD'));
  const fresh = await import('./kernels');
  await expect(fresh.loadKernels(heap.memory)).rejects.toMatchObject({ code: 'device' });
  compile.mockRestore();
});
