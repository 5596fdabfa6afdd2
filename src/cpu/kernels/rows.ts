// Elementwise and per-row steps. Rows are [tokens, stride] in float32, stride in numbers. The padding stays zero.

import { dot, sigmoid } from './numbers';

/** x[t] = factor * E[ids[t]], E float32 in panels (matrix.ts). */
export function embedFloat32(
  E: usize, columns: i32, ids: usize, x: usize, stride: i32, tokens: i32, factor: f32,
): void {
  const scale = f32x4.splat(factor);
  for (let t = 0; t < tokens; t++) {
    const id = <usize>load<u32>(ids + (<usize>t << 2));
    const row = E + ((id & ~3) * columns << 2) + ((id & 3) << 4);
    const to = x + (<usize>(t * stride) << 2);
    for (let i: usize = 0; i < <usize>columns << 2; i += 16)
      v128.store(to + i, f32x4.mul(v128.load(row + (i << 2)), scale));
  }
}

/** x[t] = factor * (scale[ids[t]] * E[ids[t]]), E int8 in panels (matrix.ts). */
export function embedInt8(
  E: usize, scale: usize, columns: i32, ids: usize, x: usize, stride: i32, tokens: i32, factor: f32,
): void {
  for (let t = 0; t < tokens; t++) {
    const id = <usize>load<u32>(ids + (<usize>t << 2));
    const row = E + (id & ~3) * columns + ((id & 3) << 3);
    const to = x + (<usize>(t * stride) << 2);
    const step = load<f32>(scale + (id << 2));
    for (let i: usize = 0; i < <usize>columns << 2; i += 32) {
      const weights = v128.load_ext<i8>(row + i);
      const first = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(weights));
      const last = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(weights));
      v128.store(to + i, f32x4.mul(f32x4.mul(first, f32x4.splat(step)), f32x4.splat(factor)));
      v128.store(to + i, f32x4.mul(f32x4.mul(last, f32x4.splat(step)), f32x4.splat(factor)), 16);
    }
  }
}

/** y[t] = x[t] / sqrt(mean(x[t]^2) + eps) * weight; n is a multiple of 4. */
export function rms(x: usize, y: usize, stride: i32, weight: usize, n: i32, tokens: i32, eps: f32): void {
  for (let t = 0; t < tokens; t++) {
    const from = x + (<usize>(t * stride) << 2);
    const to = y + (<usize>(t * stride) << 2);
    const factor = f32x4.splat(1 / sqrt<f32>(dot(from, from, n) / <f32>n + eps));
    for (let i: usize = 0; i < <usize>n << 2; i += 16)
      v128.store(to + i, f32x4.mul(f32x4.mul(v128.load(from + i), factor), v128.load(weight + i)));
  }
}

/** u = max(u, 0)^2 over n numbers, a multiple of 4. */
export function squaredRelu(u: usize, n: i32): void {
  for (const end = u + (<usize>n << 2); u < end; u += 16) {
    const positive = f32x4.pmax(v128.load(u), f32x4.splat(0));
    v128.store(u, f32x4.mul(positive, positive));
  }
}

/**
 * The causal depthwise convolution, in place over u [tokens, stride], n channels, a multiple of 4:
 *   u[t] = taps[0] in[0] + taps[1] in[1] + taps[2] in[2] + taps[3] u[t]
 * taps [4, n]; in [3, n], oldest first, are the last inputs of the token's stream, which then shift by one. They are at
 * inputs[t] + offset bytes; tokens of one stream share them and are in order.
 */
export function convolve(
  u: usize, stride: i32, n: i32, taps: usize, inputs: usize, offset: usize, tokens: i32,
): void {
  const row = <usize>n << 2;
  for (let t = 0; t < tokens; t++) {
    let now = u + (<usize>(t * stride) << 2);
    let old = <usize>load<u32>(inputs + (<usize>t << 2)) + offset;
    let tap = taps;
    for (const end = now + row; now < end; now += 16, old += 16, tap += 16) {
      const in0 = v128.load(old), in1 = v128.load(old + row), in2 = v128.load(old + 2 * row);
      const in3 = v128.load(now);
      let sum = f32x4.mul(v128.load(tap), in0);
      sum = f32x4.add(sum, f32x4.mul(v128.load(tap + row), in1));
      sum = f32x4.add(sum, f32x4.mul(v128.load(tap + 2 * row), in2));
      v128.store(now, f32x4.add(sum, f32x4.mul(v128.load(tap + 3 * row), in3)));
      v128.store(old, in1);
      v128.store(old + row, in2);
      v128.store(old + 2 * row, in3);
    }
  }
}

/**
 * The decay gates a [tokens, stride], in place: sigmoid(a + bias[h]), or 1 without a bias (address 0); 0 if the token
 * starts a document.
 */
export function gates(a: usize, stride: i32, heads: i32, bias: usize, ids: usize, opening: u32, tokens: i32): void {
  for (let t = 0; t < tokens; t++) {
    const opens = load<u32>(ids + (<usize>t << 2)) === opening;
    const row = a + (<usize>(t * stride) << 2);
    for (let h: usize = 0; h < <usize>heads << 2; h += 4)
      store<f32>(row + h, opens ? 0 : bias ? sigmoid(load<f32>(row + h) + load<f32>(bias + h)) : 1);
  }
}
