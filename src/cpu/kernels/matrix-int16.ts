// The product of matrix.ts for int8 weights and activations rounded to int16: eight multiply-adds per instruction, without
// unpacking. This is an option, not the canonical arithmetic of int8 weights.
//
//   m_t = max over c of |x[t][c]| / limit        X[t][c] = round(x[t][c] / m_t)
//   y[t][r] = scale[r] * m_t * sum over c of W[r][c] X[t][c]          (+ y[t][r] where `add`)
//
// Layout    as in matrix.ts; X [tokens, columns] int16, steps m [tokens] float32.
// Numerics  Sums are exact in int32: the caller's limit, at most 32767, keeps the columns / 4 products of a lane, each at
//           most 127 * limit, within 31 bits. A row is therefore bitwise the same in any tile. The error of each
//           activation is at most m_t / 2.

import { finish } from './matrix';
import { largest } from './numbers';

/** Rounds x [tokens, n] to X and its steps; n is a multiple of 8. */
export function toInt16(x: usize, n: i32, tokens: i32, limit: f32, X: usize, steps: usize): void {
  for (let t = 0; t < tokens; t++, steps += 4) {
    const end = x + (<usize>n << 2);
    const step = largest(x, end) / limit;
    store<f32>(steps, step);
    // If the step is zero or too small to divide by, the row becomes zeros.
    const inverse = f32x4.splat(step > 1e-37 ? 1 / step : 0);
    for (; x < end; x += 32, X += 16) {
      const low = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x), inverse)));
      const high = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x, 16), inverse)));
      v128.store(X, i16x8.narrow_i32x4_s(low, high));
    }
  }
}

export function multiplyInt16(
  W: usize, scale: usize, rows: i32, columns: i32,
  X: usize, steps: usize, y: usize, yStride: i32, tokens: i32, add: bool,
): void {
  const token = <usize>columns << 1;
  for (let r = 0; r < rows; r += 4) {
    let t = 0;
    for (; t + 2 <= tokens; t += 2) {
      const at = <usize>t;
      const to = y + at * (<usize>yStride << 2);
      twoTokens(W, scale, columns, X + at * token, token, steps + (at << 2), to, to + (<usize>yStride << 2), add);
    }
    if (t < tokens) {
      const at = <usize>t;
      oneToken(W, scale, columns, X + at * token, steps + (at << 2), y + at * (<usize>yStride << 2), add);
    }
    W += <usize>columns << 2;
    scale += 16;
    y += 16;
  }
}

function twoTokens(
  W: usize, scale: usize, columns: i32, X: usize, next: usize, steps: usize, y: usize, y1: usize, add: bool,
): void {
  let a0 = i32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
  let b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  for (const end = W + (<usize>columns << 2); W < end; W += 32, X += 16) {
    const u = v128.load(X), v = v128.load(X + next);
    let w = v128.load_ext<i8>(W);
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(w, u));
    b0 = i32x4.add(b0, i32x4.dot_i16x8_s(w, v));
    w = v128.load_ext<i8>(W, 8);
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(w, u));
    b1 = i32x4.add(b1, i32x4.dot_i16x8_s(w, v));
    w = v128.load_ext<i8>(W, 16);
    a2 = i32x4.add(a2, i32x4.dot_i16x8_s(w, u));
    b2 = i32x4.add(b2, i32x4.dot_i16x8_s(w, v));
    w = v128.load_ext<i8>(W, 24);
    a3 = i32x4.add(a3, i32x4.dot_i16x8_s(w, u));
    b3 = i32x4.add(b3, i32x4.dot_i16x8_s(w, v));
  }
  finishInt(y, scale, load<f32>(steps), a0, a1, a2, a3, add);
  finishInt(y1, scale, load<f32>(steps, 4), b0, b1, b2, b3, add);
}

function oneToken(W: usize, scale: usize, columns: i32, X: usize, steps: usize, y: usize, add: bool): void {
  let a0 = i32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
  for (const end = W + (<usize>columns << 2); W < end; W += 32, X += 16) {
    const u = v128.load(X);
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(v128.load_ext<i8>(W), u));
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(v128.load_ext<i8>(W, 8), u));
    a2 = i32x4.add(a2, i32x4.dot_i16x8_s(v128.load_ext<i8>(W, 16), u));
    a3 = i32x4.add(a3, i32x4.dot_i16x8_s(v128.load_ext<i8>(W, 24), u));
  }
  finishInt(y, scale, load<f32>(steps), a0, a1, a2, a3, add);
}

// @ts-ignore: decorator
@inline
function finishInt(
  y: usize, scale: usize, step: f32, a0: v128, a1: v128, a2: v128, a3: v128, add: bool,
): void {
  const s = f32x4.splat(step);
  finish(y, scale, scaled(a0, s), scaled(a1, s), scaled(a2, s), scaled(a3, s), add);
}

// @ts-ignore: decorator
@inline
function scaled(sums: v128, step: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(sums), step);
}
