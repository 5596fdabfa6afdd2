// The product of matrix.ts for int4 weights in groups of 32 columns, each with a scale s:
//
//   y[t][r] = scale[r] * sum over groups g of s[r][g] * sum over c in g of 2^28 W[r][c] x[t][c]      (+ y[t][r] where `add`)
//
// Layout    W [rows / 4][columns / 32] in blocks of 80 bytes: 16 bytes of each of 4 rows, then their 4 scales in float32.
//           Column 4i + l of a group is in bits 4i to 4i + 3 of word l, as in model.safetensors. columns is a multiple of
//           32, the caller's scale is 2^-28, and the rest is as in matrix.ts.
// Numerics  A weight stays in the top bits of a word, which makes it 2^28 times its value, exact in float32. Lane l of a
//           group's sum adds the columns 4i + l in order. Lane l of the row's accumulator adds s times these sums in the
//           order of groups; then as in matrix.ts. So a token is bitwise the same alone and in a batch.
// Tiles     As in matrix.ts. For more than one token, a panel is unpacked once into `scratch`, without its scales. Eight
//           sums and eight accumulators do not fit in 16 registers, so the accumulators are in memory, after the panel:
//           `scratch` has 4 * columns + 32 floats.

import { finish } from './matrix';

const GROUP: usize = 80;
const SCALES: usize = 64;

export function multiplyInt4(
  W: usize, scale: usize, rows: i32, columns: i32,
  x: usize, xStride: i32, y: usize, yStride: i32, tokens: i32, add: bool, scratch: usize,
): void {
  const xToken = <usize>xStride << 2, yToken = <usize>yStride << 2;
  for (let r = 0; r < rows; r += 4) {
    if (tokens > 1) unpackPanel(W, scratch, columns);
    let t = 0, u = x, to = y;
    for (; t + 2 <= tokens; t += 2, u += 2 * xToken, to += 2 * yToken)
      twoTokens(W, scale, columns, u, u + xToken, to, to + yToken, add, scratch);
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
  group = f32x4.add(group, f32x4.mul(unpack(w, 1), v128.load(x, 16)));
  group = f32x4.add(group, f32x4.mul(unpack(w, 2), v128.load(x, 32)));
  group = f32x4.add(group, f32x4.mul(unpack(w, 3), v128.load(x, 48)));
  group = f32x4.add(group, f32x4.mul(unpack(w, 4), v128.load(x, 64)));
  group = f32x4.add(group, f32x4.mul(unpack(w, 5), v128.load(x, 80)));
  group = f32x4.add(group, f32x4.mul(unpack(w, 6), v128.load(x, 96)));
  group = f32x4.add(group, f32x4.mul(unpack(w, 7), v128.load(x, 112)));
  return f32x4.add(sum, f32x4.mul(group, v128.load32_splat(s)));
}

// Columns 4i to 4i + 3 of a group, times 2^28. A shift and a mask are faster than two shifts (docs/decisions.md).
// @ts-ignore: decorator
@inline
function unpack(w: v128, i: i32): v128 {
  const shifted = i < 7 ? i32x4.shl(w, 28 - 4 * i) : w;
  return f32x4.convert_i32x4_s(i > 0 ? v128.and(shifted, i32x4.splat(0xf0000000)) : shifted);
}

// Unpacks a panel to float32 [columns / 4][4 rows][4 columns], times 2^28.
function unpackPanel(W: usize, to: usize, columns: i32): void {
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

// W has the scales, and scratch the unpacked weights with room for the accumulators after them.
function twoTokens(
  W: usize, scale: usize, columns: i32, x: usize, x1: usize, y: usize, y1: usize, add: bool, scratch: usize,
): void {
  const a = scratch + (<usize>columns << 4), b = a + 64;
  for (let i: usize = 0; i < 128; i += 16) v128.store(a + i, f32x4.splat(0));
  for (const end = x + (<usize>columns << 2); x < end; x += 16, x1 += 16, scratch += 64, W += GROUP) {
    let u = v128.load(x), v = v128.load(x1);
    let w = v128.load(scratch);
    let a0 = f32x4.mul(w, u), b0 = f32x4.mul(w, v);
    w = v128.load(scratch, 16);
    let a1 = f32x4.mul(w, u), b1 = f32x4.mul(w, v);
    w = v128.load(scratch, 32);
    let a2 = f32x4.mul(w, u), b2 = f32x4.mul(w, v);
    w = v128.load(scratch, 48);
    let a3 = f32x4.mul(w, u), b3 = f32x4.mul(w, v);
    for (let i = 1; i < 8; i++) {
      x += 16;
      x1 += 16;
      scratch += 64;
      u = v128.load(x);
      v = v128.load(x1);
      w = v128.load(scratch);
      a0 = f32x4.add(a0, f32x4.mul(w, u));
      b0 = f32x4.add(b0, f32x4.mul(w, v));
      w = v128.load(scratch, 16);
      a1 = f32x4.add(a1, f32x4.mul(w, u));
      b1 = f32x4.add(b1, f32x4.mul(w, v));
      w = v128.load(scratch, 32);
      a2 = f32x4.add(a2, f32x4.mul(w, u));
      b2 = f32x4.add(b2, f32x4.mul(w, v));
      w = v128.load(scratch, 48);
      a3 = f32x4.add(a3, f32x4.mul(w, u));
      b3 = f32x4.add(b3, f32x4.mul(w, v));
    }
    const s = W + SCALES;
    accumulate(a, b, a0, b0, s);
    accumulate(a + 16, b + 16, a1, b1, s + 4);
    accumulate(a + 32, b + 32, a2, b2, s + 8);
    accumulate(a + 48, b + 48, a3, b3, s + 12);
  }
  finish(y, scale, v128.load(a), v128.load(a, 16), v128.load(a, 32), v128.load(a, 48), add);
  finish(y1, scale, v128.load(b), v128.load(b, 16), v128.load(b, 32), v128.load(b, 48), add);
}

// a += s * groupA and b += s * groupB, for the group sums of a row and two tokens.
// @ts-ignore: decorator
@inline
function accumulate(a: usize, b: usize, groupA: v128, groupB: v128, s: usize): void {
  const factor = v128.load32_splat(s);
  v128.store(a, f32x4.add(v128.load(a), f32x4.mul(groupA, factor)));
  v128.store(b, f32x4.add(v128.load(b), f32x4.mul(groupB, factor)));
}
