// The product of matrix.ts for int4 weights in groups of 32 columns, each with a scale s:
//
//   y[t][r] = scale[r] * sum over groups g of s[r][g] * sum over c in g of 2^28 W[r][c] x[t][c]      (+ y[t][r] where `add`)
//
// Layout    W [rows / 4][columns / 32] in blocks of 80 bytes: 16 bytes of each of 4 rows, then their 4 scales in float32.
//           Column 4i + l of a group is in bits 4i to 4i + 3 of word l, as in model.safetensors. columns is a multiple of
//           32, the caller's scale is 2^-28, and the rest is as in matrix.ts.
// Numerics  A weight stays in the top bits of a word, which makes it 2^28 times its value, exact in float32. Lane l of a
//           group's sum adds the columns 4i + l in order. Lane l of the row's accumulator adds s times these sums in the
//           order of groups; then as in matrix.ts. So a token is bitwise the same alone and in a batch. Sums overflow
//           from 2^100 instead of 2^128.
// Tiles     As in matrix.ts. For more than one token, a panel is unpacked once into `scratch`, for 4 * columns floats.

import { finish } from './matrix';
import { multiplyAdd } from './numbers';

export const GROUP: usize = 80;
export const SCALES: usize = 64;

export function multiplyInt4(
  W: usize, scale: usize, rows: i32, columns: i32,
  x: usize, xStride: i32, y: usize, yStride: i32, tokens: i32, add: bool, scratch: usize,
): void {
  const xToken = <usize>xStride << 2, yToken = <usize>yStride << 2;
  for (let r = 0; r < rows; r += 4) {
    if (tokens > 1) unpackPanel(W, scratch, columns);
    let t = 0, u = x, to = y;
    for (; t + 2 <= tokens; t += 2, u += 2 * xToken, to += 2 * yToken)
      twoTokens(W, scratch, scale, columns, u, u + xToken, to, to + yToken, add);
    if (t < tokens) oneToken(W, scale, columns, u, to, add);
    W += <usize>(columns >> 5) * GROUP;
    scale += 16;
    y += 16;
  }
}

function oneToken(W: usize, scale: usize, columns: i32, x: usize, y: usize, add: bool): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
  for (const end = x + (<usize>columns << 2); x < end; x += 128, W += GROUP) {
    a0 = addGroup(a0, W, x, W + SCALES);
    a1 = addGroup(a1, W + 16, x, W + SCALES + 4);
    a2 = addGroup(a2, W + 32, x, W + SCALES + 8);
    a3 = addGroup(a3, W + 48, x, W + SCALES + 12);
  }
  finish(y, scale, a0, a1, a2, a3, add);
}

// sum + s * (sum of a row's group * x)
// @ts-ignore: decorator
@inline
function addGroup(sum: v128, W: usize, x: usize, s: usize): v128 {
  const w = v128.load(W);
  let group = f32x4.mul(unpack(w, 0), v128.load(x));
  group = multiplyAdd(unpack(w, 1), v128.load(x, 16), group);
  group = multiplyAdd(unpack(w, 2), v128.load(x, 32), group);
  group = multiplyAdd(unpack(w, 3), v128.load(x, 48), group);
  group = multiplyAdd(unpack(w, 4), v128.load(x, 64), group);
  group = multiplyAdd(unpack(w, 5), v128.load(x, 80), group);
  group = multiplyAdd(unpack(w, 6), v128.load(x, 96), group);
  group = multiplyAdd(unpack(w, 7), v128.load(x, 112), group);
  return multiplyAdd(group, v128.load32_splat(s), sum);
}

// Columns 4i to 4i + 3 of a group, times 2^28. A shift and a mask are faster than two shifts (docs/decisions.md).
// @ts-ignore: decorator
@inline
function unpack(w: v128, i: i32): v128 {
  const shifted = i < 7 ? i32x4.shl(w, 28 - 4 * i) : w;
  return f32x4.convert_i32x4_s(i > 0 ? v128.and(shifted, i32x4.splat(0xf0000000)) : shifted);
}

/** Unpacks a panel to float32 [columns / 4][4 rows][4 columns], times 2^28 and without the scales of the groups. */
export function unpackPanel(W: usize, to: usize, columns: i32): void {
  for (const end = to + (<usize>columns << 4); to < end; to += 512, W += GROUP)
    for (let row: usize = 0; row < 64; row += 16) {
      const w = v128.load(W + row);
      const at = to + row;
      v128.store(at, unpack(w, 0));
      v128.store(at, unpack(w, 1), 64);
      v128.store(at, unpack(w, 2), 128);
      v128.store(at, unpack(w, 3), 192);
      v128.store(at, unpack(w, 4), 256);
      v128.store(at, unpack(w, 5), 320);
      v128.store(at, unpack(w, 6), 384);
      v128.store(at, unpack(w, 7), 448);
    }
}

// W has the scales, and `panel` the unpacked weights.
function twoTokens(
  W: usize, panel: usize, scale: usize, columns: i32, x: usize, x1: usize, y: usize, y1: usize, add: bool,
): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
  let b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  for (const end = x + (<usize>columns << 2); x < end; W += GROUP) {
    let u = v128.load(x), v = v128.load(x1);
    let w = v128.load(panel);
    let c0 = f32x4.mul(w, u), d0 = f32x4.mul(w, v);
    w = v128.load(panel, 16);
    let c1 = f32x4.mul(w, u), d1 = f32x4.mul(w, v);
    w = v128.load(panel, 32);
    let c2 = f32x4.mul(w, u), d2 = f32x4.mul(w, v);
    w = v128.load(panel, 48);
    let c3 = f32x4.mul(w, u), d3 = f32x4.mul(w, v);
    const next = x + 128;
    for (x += 16, x1 += 16, panel += 64; x < next; x += 16, x1 += 16, panel += 64) {
      u = v128.load(x);
      v = v128.load(x1);
      w = v128.load(panel);
      c0 = multiplyAdd(w, u, c0);
      d0 = multiplyAdd(w, v, d0);
      w = v128.load(panel, 16);
      c1 = multiplyAdd(w, u, c1);
      d1 = multiplyAdd(w, v, d1);
      w = v128.load(panel, 32);
      c2 = multiplyAdd(w, u, c2);
      d2 = multiplyAdd(w, v, d2);
      w = v128.load(panel, 48);
      c3 = multiplyAdd(w, u, c3);
      d3 = multiplyAdd(w, v, d3);
    }
    let s = v128.load32_splat(W, SCALES);
    a0 = multiplyAdd(c0, s, a0);
    b0 = multiplyAdd(d0, s, b0);
    s = v128.load32_splat(W, SCALES + 4);
    a1 = multiplyAdd(c1, s, a1);
    b1 = multiplyAdd(d1, s, b1);
    s = v128.load32_splat(W, SCALES + 8);
    a2 = multiplyAdd(c2, s, a2);
    b2 = multiplyAdd(d2, s, b2);
    s = v128.load32_splat(W, SCALES + 12);
    a3 = multiplyAdd(c3, s, a3);
    b3 = multiplyAdd(d3, s, b3);
  }
  finish(y, scale, a0, a1, a2, a3, add);
  finish(y1, scale, b0, b1, b2, b3, add);
}
