// y[t][r] = scale[r] * sum over c of W[r][c] x[t][c]          (+ y[t][r] where `add`)
//
// Layout    x [tokens, xStride] and y [tokens, yStride] in float32, strides in numbers. W is stored in panels of four
//           rows, so that memory access is sequential: float32 [rows / 4][columns / 4][4 rows][4 columns], int8
//           [rows / 4][columns / 8][4 rows][8 columns]. rows is a multiple of 4, columns of 8. Padding is zero in W
//           and in x, so the padding of y becomes zero. A caller computes a range of panels by offsetting W, scale, y.
// Numerics  Lane l of a row's accumulator adds the columns 4i + l in order; then (l0 + l2) + (l1 + l3), times scale.
//           This order does not depend on the number of tokens, so a token is bitwise the same alone and in a batch.
//           int8 is exact in float32, so unpacking in registers and through memory agree bitwise too.
// Tiles     A panel by 2 tokens: 8 accumulators, 6 loads for 8 multiply-adds, within 16 vector registers. The panel
//           stays in the L1 cache for all tokens. An int8 panel for more than one token is unpacked once, into `scratch`
//           for 4 * columns floats. Float32 products take the tokens in blocks whose x stays in the L2 cache for all panels.

import { multiplyAdd } from './numbers';

/** Numbers of a block of x: 128 kB. */
const BLOCK = 1 << 15;

/** An even number of tokens. */
function tokensOfBlock(columns: i32): i32 {
  return max(2, (BLOCK / columns) & ~1);
}

export function multiplyFloat32(
  W: usize, scale: usize, rows: i32, columns: i32,
  x: usize, xStride: i32, y: usize, yStride: i32, tokens: i32, add: bool,
): void {
  const block = tokensOfBlock(columns);
  for (let t = 0; t < tokens; t += block) {
    const n = min(block, tokens - t);
    for (let r = 0; r < rows; r += 4) {
      const panel = W + (<usize>(r * columns) << 2), to = y + (<usize>r << 2);
      multiplyPanel(panel, scale + (<usize>r << 2), columns, x, xStride, to, yStride, n, add);
    }
    x += <usize>(n * xStride) << 2;
    y += <usize>(n * yStride) << 2;
  }
}

export function multiplyInt8(
  W: usize, scale: usize, rows: i32, columns: i32,
  x: usize, xStride: i32, y: usize, yStride: i32, tokens: i32, add: bool, scratch: usize,
): void {
  for (let r = 0; r < rows; r += 4) {
    if (tokens === 1) oneTokenInt8(W, scale, columns, x, y, add);
    else {
      unpackPanel(W, scratch, columns);
      multiplyPanel(scratch, scale, columns, x, xStride, y, yStride, tokens, add);
    }
    W += <usize>columns << 2;
    scale += 16;
    y += 16;
  }
}

// @ts-ignore: decorator
@inline
function multiplyPanel(
  W: usize, scale: usize, columns: i32,
  x: usize, xStride: i32, y: usize, yStride: i32, tokens: i32, add: bool,
): void {
  let t = 0;
  for (; t + 2 <= tokens; t += 2) {
    twoTokens(W, scale, columns, x, x + (<usize>xStride << 2), y, y + (<usize>yStride << 2), add);
    x += <usize>xStride << 3;
    y += <usize>yStride << 3;
  }
  if (t < tokens) oneToken(W, scale, columns, x, y, add);
}

function twoTokens(
  W: usize, scale: usize, columns: i32, x: usize, x1: usize, y: usize, y1: usize, add: bool,
): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
  let b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  for (const end = x + (<usize>columns << 2); x < end; x += 16, x1 += 16, W += 64) {
    const u = v128.load(x), v = v128.load(x1);
    let w = v128.load(W);
    a0 = multiplyAdd(w, u, a0);
    b0 = multiplyAdd(w, v, b0);
    w = v128.load(W, 16);
    a1 = multiplyAdd(w, u, a1);
    b1 = multiplyAdd(w, v, b1);
    w = v128.load(W, 32);
    a2 = multiplyAdd(w, u, a2);
    b2 = multiplyAdd(w, v, b2);
    w = v128.load(W, 48);
    a3 = multiplyAdd(w, u, a3);
    b3 = multiplyAdd(w, v, b3);
  }
  finish(y, scale, a0, a1, a2, a3, add);
  finish(y1, scale, b0, b1, b2, b3, add);
}

function oneToken(W: usize, scale: usize, columns: i32, x: usize, y: usize, add: bool): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
  for (const end = x + (<usize>columns << 2); x < end; x += 16, W += 64) {
    const u = v128.load(x);
    a0 = multiplyAdd(v128.load(W), u, a0);
    a1 = multiplyAdd(v128.load(W, 16), u, a1);
    a2 = multiplyAdd(v128.load(W, 32), u, a2);
    a3 = multiplyAdd(v128.load(W, 48), u, a3);
  }
  finish(y, scale, a0, a1, a2, a3, add);
}

function oneTokenInt8(W: usize, scale: usize, columns: i32, x: usize, y: usize, add: bool): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
  for (const end = x + (<usize>columns << 2); x < end; x += 32, W += 32) {
    const u = v128.load(x), v = v128.load(x, 16);
    a0 = addEight(a0, v128.load_ext<i8>(W), u, v);
    a1 = addEight(a1, v128.load_ext<i8>(W, 8), u, v);
    a2 = addEight(a2, v128.load_ext<i8>(W, 16), u, v);
    a3 = addEight(a3, v128.load_ext<i8>(W, 24), u, v);
  }
  finish(y, scale, a0, a1, a2, a3, add);
}

// sum + (first four int16 weights) * u + (last four) * v
// @ts-ignore: decorator
@inline
function addEight(sum: v128, weights: v128, u: v128, v: v128): v128 {
  const first = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(weights)), u);
  const last = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(weights)), v);
  return f32x4.add(f32x4.add(sum, first), last);
}

/** Unpacks an int8 panel to float32, unscaled. */
export function unpackPanel(from: usize, to: usize, columns: i32): void {
  for (const end = from + (<usize>columns << 2); from < end; from += 32, to += 128)
    for (let row: usize = 0; row < 4; row++) {
      const weights = v128.load_ext<i8>(from + (row << 3));
      v128.store(to + (row << 4), f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(weights)));
      v128.store(to + (row << 4), f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(weights)), 64);
    }
}

/** y = scale * (sums of the lanes of four rows) (+ y). */
// @ts-ignore: decorator
@inline
export function finish(y: usize, scale: usize, a0: v128, a1: v128, a2: v128, a3: v128, add: bool): void {
  const a = f32x4.add(v128.shuffle<f32>(a0, a1, 0, 1, 4, 5), v128.shuffle<f32>(a0, a1, 2, 3, 6, 7));
  const b = f32x4.add(v128.shuffle<f32>(a2, a3, 0, 1, 4, 5), v128.shuffle<f32>(a2, a3, 2, 3, 6, 7));
  const sums = f32x4.add(v128.shuffle<f32>(a, b, 0, 2, 4, 6), v128.shuffle<f32>(a, b, 1, 3, 5, 7));
  const scaled = f32x4.mul(sums, v128.load(scale));
  v128.store(y, add ? f32x4.add(v128.load(y), scaled) : scaled);
}
