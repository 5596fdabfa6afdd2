// Products with the transpose of a matrix, and the factors of adapters. Panels of four rows, as in src/cpu/kernels/matrix.ts.
//
//   merge        W[r][c] = scale[r] base[r][c] + sum over i of Bt[i][r] A[i][c]
//   transposed   x[t][c] = x[t][c] + sum over r of scale[r] W[r][c] y[t][r]
//   outer        G[i][c] = G[i][c] + sum over t of u[t][i] x[t][c]
//
// Layout    A [rank, columns], Bt [rank, rows] and G in float32 panels, with zeros after the rank. `rank` is a multiple of 4.
// Numerics  float32. transposed scales W, and adds the rows in order; outer adds the tokens in order.
// Tiles     transposed: 4 tokens by 8 columns of x in 8 registers, 6 loads for 8 multiply-adds. Eight columns of W, scaled, are
//           copied to a strip [at most STRIP rows][8 columns], which stays in the L1 cache for all tokens.

import { unpackPanel } from '../../kernels/matrix';
import { GROUP, SCALES, unpackPanel as unpackInt4Panel } from '../../kernels/matrix-int4';
import { multiplyAdd } from '../../kernels/numbers';

/** Rows of a strip: 16 kB. */
const STRIP = 512;

export function mergeFloat32(
  base: usize, scale: usize, rows: i32, columns: i32, A: usize, Bt: usize, BtColumns: i32, rank: i32, W: usize,
): void {
  for (let r = 0; r < rows; r += 4, base += <usize>columns << 4, W += <usize>columns << 4)
    mergePanel(base, scale + (<usize>r << 2), columns, A, Bt + (<usize>r << 4), BtColumns, rank, W);
}

/** Unpacks each panel of `base` in place of the result. */
export function mergeInt8(
  base: usize, scale: usize, rows: i32, columns: i32, A: usize, Bt: usize, BtColumns: i32, rank: i32, W: usize,
): void {
  for (let r = 0; r < rows; r += 4, base += <usize>columns << 2, W += <usize>columns << 4) {
    unpackPanel(base, W, columns);
    mergePanel(W, scale + (<usize>r << 2), columns, A, Bt + (<usize>r << 4), BtColumns, rank, W);
  }
}

/** The same for int4, with the scales of its groups of 32 columns. */
export function mergeInt4(
  base: usize, scale: usize, rows: i32, columns: i32, A: usize, Bt: usize, BtColumns: i32, rank: i32, W: usize,
): void {
  for (let r = 0; r < rows; r += 4, W += <usize>columns << 4) {
    unpackInt4Panel(base, W, columns);
    for (let at: usize = 0; at < <usize>columns << 4; at += 512, base += GROUP)
      for (let i: usize = 0; i < 512; i += 16) {
        const factor = v128.load_splat<f32>(base + SCALES + ((i >> 2) & 12)); // of row i / 16 mod 4
        v128.store(W + at + i, f32x4.mul(v128.load(W + at + i), factor));
      }
    mergePanel(W, scale + (<usize>r << 2), columns, A, Bt + (<usize>r << 4), BtColumns, rank, W);
  }
}

// Bt points to the block of four columns that are the rows of the panel.
function mergePanel(
  base: usize, scale: usize, columns: i32, A: usize, Bt: usize, BtColumns: i32, rank: i32, W: usize,
): void {
  for (let at: usize = 0; at < <usize>columns << 4; at += 64) {
    let w0 = f32x4.mul(v128.load(base + at), v128.load_splat<f32>(scale));
    let w1 = f32x4.mul(v128.load(base + at, 16), v128.load_splat<f32>(scale, 4));
    let w2 = f32x4.mul(v128.load(base + at, 32), v128.load_splat<f32>(scale, 8));
    let w3 = f32x4.mul(v128.load(base + at, 48), v128.load_splat<f32>(scale, 12));
    for (let i = 0; i < rank; i++) {
      const row = <usize>(i & 3) << 4;
      const a = v128.load(A + (<usize>((i >> 2) * columns) << 4) + at + row);
      const b = Bt + (<usize>((i >> 2) * BtColumns) << 4) + row;
      w0 = multiplyAdd(a, v128.load_splat<f32>(b), w0);
      w1 = multiplyAdd(a, v128.load_splat<f32>(b, 4), w1);
      w2 = multiplyAdd(a, v128.load_splat<f32>(b, 8), w2);
      w3 = multiplyAdd(a, v128.load_splat<f32>(b, 12), w3);
    }
    v128.store(W + at, w0);
    v128.store(W + at, w1, 16);
    v128.store(W + at, w2, 32);
    v128.store(W + at, w3, 48);
  }
}

/** `scratch` holds a strip. */
export function transposedFloat32(
  W: usize, scale: usize, rows: i32, columns: i32, y: usize, yStride: i32, x: usize, xStride: i32, tokens: i32,
  scratch: usize,
): void {
  for (let r = 0; r < rows; r += STRIP) {
    const n = min(STRIP, rows - r), at = <usize>r << 2;
    for (let c = 0; c < columns; c += 8) {
      const panel = W + (<usize>(r * columns) << 2) + (<usize>c << 4);
      stripFloat32(panel, scale + at, columns, n, scratch);
      addStrip(scratch, n, y + at, yStride, x + (<usize>c << 2), xStride, tokens);
    }
  }
}

/** `scratch` holds a strip. */
export function transposedInt8(
  W: usize, scale: usize, rows: i32, columns: i32, y: usize, yStride: i32, x: usize, xStride: i32, tokens: i32,
  scratch: usize,
): void {
  for (let r = 0; r < rows; r += STRIP) {
    const n = min(STRIP, rows - r), at = <usize>r << 2;
    for (let c = 0; c < columns; c += 8) {
      const panel = W + <usize>(r * columns) + (<usize>c << 2);
      stripInt8(panel, scale + at, columns, n, scratch);
      addStrip(scratch, n, y + at, yStride, x + (<usize>c << 2), xStride, tokens);
    }
  }
}

/** Copies eight columns of float32 panels to [rows][8 columns], scaled. */
function stripFloat32(W: usize, scale: usize, columns: i32, rows: i32, strip: usize): void {
  for (let r = 0; r < rows; r += 4, W += <usize>columns << 4)
    for (let row: usize = 0; row < 4; row++, scale += 4, strip += 32) {
      const factor = v128.load_splat<f32>(scale), from = W + (row << 4);
      v128.store(strip, f32x4.mul(factor, v128.load(from)));
      v128.store(strip, f32x4.mul(factor, v128.load(from, 64)), 16);
    }
}

/** The same for int8. */
function stripInt8(W: usize, scale: usize, columns: i32, rows: i32, strip: usize): void {
  for (let r = 0; r < rows; r += 4, W += <usize>columns << 2)
    for (let row: usize = 0; row < 4; row++, scale += 4, strip += 32) {
      const factor = v128.load_splat<f32>(scale), weights = v128.load_ext<i8>(W + (row << 3));
      v128.store(strip, f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(weights))));
      v128.store(strip, f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(weights))), 16);
    }
}

/** Adds the product of y with a strip to eight columns of x. */
function addStrip(strip: usize, rows: i32, y: usize, yStride: i32, x: usize, xStride: i32, tokens: i32): void {
  const yToken = <usize>yStride << 2, xToken = <usize>xStride << 2;
  let t = 0;
  for (; t + 4 <= tokens; t += 4, y += 4 * yToken, x += 4 * xToken) fourTokens(strip, rows, y, yToken, x, xToken);
  for (; t < tokens; t++, y += yToken, x += xToken) oneToken(strip, rows, y, x);
}

function fourTokens(strip: usize, rows: i32, y: usize, yToken: usize, x: usize, xToken: usize): void {
  let y1 = y + yToken, y2 = y1 + yToken, y3 = y2 + yToken;
  const x1 = x + xToken, x2 = x1 + xToken, x3 = x2 + xToken;
  let a0 = v128.load(x), a1 = v128.load(x1), a2 = v128.load(x2), a3 = v128.load(x3);
  let b0 = v128.load(x, 16), b1 = v128.load(x1, 16), b2 = v128.load(x2, 16), b3 = v128.load(x3, 16);
  for (const end = y + (<usize>rows << 2); y < end; y += 4, y1 += 4, y2 += 4, y3 += 4, strip += 32) {
    const first = v128.load(strip), last = v128.load(strip, 16);
    let f = v128.load_splat<f32>(y);
    a0 = multiplyAdd(f, first, a0);
    b0 = multiplyAdd(f, last, b0);
    f = v128.load_splat<f32>(y1);
    a1 = multiplyAdd(f, first, a1);
    b1 = multiplyAdd(f, last, b1);
    f = v128.load_splat<f32>(y2);
    a2 = multiplyAdd(f, first, a2);
    b2 = multiplyAdd(f, last, b2);
    f = v128.load_splat<f32>(y3);
    a3 = multiplyAdd(f, first, a3);
    b3 = multiplyAdd(f, last, b3);
  }
  v128.store(x, a0);
  v128.store(x1, a1);
  v128.store(x2, a2);
  v128.store(x3, a3);
  v128.store(x, b0, 16);
  v128.store(x1, b1, 16);
  v128.store(x2, b2, 16);
  v128.store(x3, b3, 16);
}

function oneToken(strip: usize, rows: i32, y: usize, x: usize): void {
  let a = v128.load(x), b = v128.load(x, 16);
  for (const end = y + (<usize>rows << 2); y < end; y += 4, strip += 32) {
    const f = v128.load_splat<f32>(y);
    a = multiplyAdd(f, v128.load(strip), a);
    b = multiplyAdd(f, v128.load(strip, 16), b);
  }
  v128.store(x, a);
  v128.store(x, b, 16);
}

/** u [tokens, rank], x [tokens, xStride] with `columns` columns, a multiple of 8; G of `GColumns` columns from its first one. */
export function outer(
  u: usize, rank: i32, x: usize, xStride: i32, columns: i32, G: usize, GColumns: i32, tokens: i32,
): void {
  const uToken = <usize>rank << 2, xToken = <usize>xStride << 2, rest = <usize>(GColumns - columns) << 4;
  for (let i = 0; i < rank; i += 4, u += 16, G += rest)
    for (let c: usize = 0; c < <usize>columns << 2; c += 32, G += 128) {
      let a0 = v128.load(G), a1 = v128.load(G, 16), a2 = v128.load(G, 32), a3 = v128.load(G, 48);
      let b0 = v128.load(G, 64), b1 = v128.load(G, 80), b2 = v128.load(G, 96), b3 = v128.load(G, 112);
      let from = x + c, factor = u;
      for (let t = 0; t < tokens; t++, from += xToken, factor += uToken) {
        const first = v128.load(from), last = v128.load(from, 16);
        let f = v128.load_splat<f32>(factor);
        a0 = multiplyAdd(f, first, a0);
        b0 = multiplyAdd(f, last, b0);
        f = v128.load_splat<f32>(factor, 4);
        a1 = multiplyAdd(f, first, a1);
        b1 = multiplyAdd(f, last, b1);
        f = v128.load_splat<f32>(factor, 8);
        a2 = multiplyAdd(f, first, a2);
        b2 = multiplyAdd(f, last, b2);
        f = v128.load_splat<f32>(factor, 12);
        a3 = multiplyAdd(f, first, a3);
        b3 = multiplyAdd(f, last, b3);
      }
      v128.store(G, a0);
      v128.store(G, a1, 16);
      v128.store(G, a2, 32);
      v128.store(G, a3, 48);
      v128.store(G, b0, 64);
      v128.store(G, b1, 80);
      v128.store(G, b2, 96);
      v128.store(G, b3, 112);
    }
}
