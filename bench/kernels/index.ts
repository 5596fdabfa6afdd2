// WebAssembly kernels of the roofline and of the softmax twin. Addresses and sizes are in bytes unless noted.

import { exp4, sum4 } from '../../src/cpu/kernels/numbers';

export { heapBase, multiplyAdd, multiplyAddInt8, sum } from './roofline';

/** 64 int16 multiply-adds per round, only on registers. */
export function multiplyAddInt16(rounds: i32, factor: i32): i32 {
  const x = i16x8.splat(<i16>factor);
  let a = i32x4.splat(1), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  for (; rounds > 0; rounds--) {
    a = i32x4.add(a, i32x4.dot_i16x8_s(a, x));
    b = i32x4.add(b, i32x4.dot_i16x8_s(b, x));
    c = i32x4.add(c, i32x4.dot_i16x8_s(c, x));
    d = i32x4.add(d, i32x4.dot_i16x8_s(d, x));
    e = i32x4.add(e, i32x4.dot_i16x8_s(e, x));
    f = i32x4.add(f, i32x4.dot_i16x8_s(f, x));
    g = i32x4.add(g, i32x4.dot_i16x8_s(g, x));
    h = i32x4.add(h, i32x4.dot_i16x8_s(h, x));
  }
  const sum = i32x4.add(i32x4.add(i32x4.add(a, b), i32x4.add(c, d)), i32x4.add(i32x4.add(e, f), i32x4.add(g, h)));
  return i32x4.extract_lane(sum, 0);
}

/**
 * Softmax attention of one new token over a key-value cache, for one head of width 64: o = sum over t of
 * softmax(q . k_t) v_t, with scaled q. keys and values [length, 64], query and output [64], scores [length], all float32.
 */
export function attend(keys: usize, values: usize, query: usize, scores: usize, output: usize, length: i32): void {
  let largest: f32 = -Infinity;
  for (let t = 0; t < length; t++) {
    const row = keys + (<usize>t << 8);
    let a = f32x4.splat(0), b = a;
    for (let c: usize = 0; c < 256; c += 32) {
      a = f32x4.add(a, f32x4.mul(v128.load(row + c), v128.load(query + c)));
      b = f32x4.add(b, f32x4.mul(v128.load(row + c, 16), v128.load(query + c, 16)));
    }
    const score = sum4(f32x4.add(a, b));
    f32.store(scores + (<usize>t << 2), score);
    largest = max(largest, score);
  }
  let mass = f32x4.splat(0);
  const top = f32x4.splat(largest);
  for (let t = 0; t < length; t += 4) {
    const at = scores + (<usize>t << 2);
    const weight = exp4(f32x4.sub(v128.load(at), top));
    v128.store(at, weight);
    mass = f32x4.add(mass, weight);
  }
  // Four passes over all tokens, one per quarter of the width, each in four registers.
  for (let c: usize = 0; c < 256; c += 64) {
    let a = f32x4.splat(0), b = a, d = a, e = a;
    for (let t = 0; t < length; t++) {
      const weight = f32x4.splat(f32.load(scores + (<usize>t << 2)));
      const row = values + (<usize>t << 8) + c;
      a = f32x4.add(a, f32x4.mul(weight, v128.load(row)));
      b = f32x4.add(b, f32x4.mul(weight, v128.load(row, 16)));
      d = f32x4.add(d, f32x4.mul(weight, v128.load(row, 32)));
      e = f32x4.add(e, f32x4.mul(weight, v128.load(row, 48)));
    }
    const scale = f32x4.splat(1 / sum4(mass));
    v128.store(output + c, f32x4.mul(a, scale));
    v128.store(output + c, f32x4.mul(b, scale), 16);
    v128.store(output + c, f32x4.mul(d, scale), 32);
    v128.store(output + c, f32x4.mul(e, scale), 48);
  }
}
