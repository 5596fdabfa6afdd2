import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { relativeError } from '../../tests/golden';
import { recur } from '../model/core/reference';
import { padded } from '../model/core/tensors';
import { gumbel } from '../model/sampling/random';
import { Heap } from './heap';
import { loadKernels } from './kernels';
import { intoPanels } from './packed';

const heap = new Heap();
const { kernels } = await loadKernels(heap.memory);
const noise = (length: number, seed: number, scale = 1) =>
  Float32Array.from({ length }, (_, i) => scale * (gumbel(seed, 0, i) - 0.577));

function put(values: ArrayLike<number>): number {
  const address = heap.allocate(4 * values.length);
  heap.floats(address, values.length).set(values);
  return address;
}

const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 50 }),
  columns: fc.integer({ min: 1, max: 100 }),
  tokens: fc.integer({ min: 1, max: 9 }),
  int8: fc.boolean(),
  scale: fc.constantFrom(1e-30, 1, 1e15),
  add: fc.boolean(),
});

test('a matrix product gives bitwise the same row for any number of tokens', () => {
  fc.assert(
    fc.property(shapes, ({ rows, columns, tokens, int8, scale, add }) => {
      const [R, C, Y] = [Math.ceil(rows / 4) * 4, padded(columns), padded(rows)];
      const weights = noise(rows * columns, 1, 30);
      const W = int8 ? Int8Array.from(weights) : weights;
      const scales = noise(rows, 2, 0.01);
      const x = Array.from({ length: tokens }, (_, t) => noise(columns, 3 + t, scale));
      const before = noise(rows, 99, scale);

      const bytes = heap.allocate(R * C * 4);
      if (int8) intoPanels(new Uint8Array(W.buffer), rows, columns, heap.bytes(bytes, R * C), C, 8);
      else intoPanels(weights, rows, columns, heap.floats(bytes, R * C), C, 4);
      const scaleAddress = put([...scales, 0, 0, 0]);
      const xAddress = put(x.flatMap((row) => [...row, ...new Array(C - columns).fill(0)]));
      const yAddress = heap.allocate(4 * tokens * Y);
      const scratch = heap.allocate(16 * C);
      const multiply = (token: number, count: number) => {
        const y = heap.floats(yAddress, tokens * Y).fill(0);
        for (let t = 0; t < tokens; t++) y.set(before, t * Y);
        const from = xAddress + 4 * token * C;
        if (int8) kernels.multiplyInt8(bytes, scaleAddress, R, C, from, C, yAddress, Y, count, add, scratch);
        else kernels.multiplyFloat32(bytes, scaleAddress, R, C, from, C, yAddress, Y, count, add);
        return Array.from({ length: count }, (_, t) => y.slice(t * Y, (t + 1) * Y));
      };

      const together = multiply(0, tokens);
      for (let t = 0; t < tokens; t++) {
        expect(multiply(t, 1)[0]).toEqual(together[t]);
        for (let r = 0; r < rows; r++) {
          const terms = Array.from(x[t], (value, c) => W[r * columns + c] * value * scales[r]);
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
