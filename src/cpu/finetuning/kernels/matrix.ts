// Products with the transpose of a matrix, and the factors of adapters. Panels of four rows, as in src/cpu/kernels/matrix.ts.
//
//   merge        W[r][c] = scale[r] base[r][c] + sum over i of Bt[i][r] A[i][c]
//   transposed   x[t][c] = x[t][c] + sum over r of scale[r] W[r][c] y[t][r]
//   outer        G[i][c] = G[i][c] + sum over t of u[t][i] x[t][c]
//
// Layout    A [rank, columns], Bt [rank, rows] and G in float32 panels, with zeros after the rank. `rank` is a multiple of 4.
// Numerics  float32. transposed adds panel by panel, in order; outer adds the tokens in order.
// Tiles     transposed: a panel by 2 tokens, 8 factors and 4 weights in registers, 6 loads and 2 stores for 8 multiply-adds.
//           The panel stays in the L1 cache for a block of tokens, and the x of the block in the L2 cache for all panels.

import { tokensOfBlock, unpackPanel } from '../../kernels/matrix';
import { GROUP, SCALES, unpackPanel as unpackInt4Panel } from '../../kernels/matrix-int4';
import { multiplyAdd } from '../../kernels/numbers';

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

export function transposedFloat32(
  W: usize, scale: usize, rows: i32, columns: i32, y: usize, yStride: i32, x: usize, xStride: i32, tokens: i32,
): void {
  const block = tokensOfBlock(columns);
  for (let t = 0; t < tokens; t += block) {
    const n = min(block, tokens - t);
    for (let r = 0; r < rows; r += 4) {
      const panel = W + (<usize>(r * columns) << 2), at = <usize>r << 2;
      transposedPanel(panel, scale + at, columns, y + at, yStride, x, xStride, n);
    }
    x += <usize>(n * xStride) << 2;
    y += <usize>(n * yStride) << 2;
  }
}

/** Unpacks the panels for each block. `scratch` holds 4 * columns numbers. */
export function transposedInt8(
  W: usize, scale: usize, rows: i32, columns: i32, y: usize, yStride: i32, x: usize, xStride: i32, tokens: i32,
  scratch: usize,
): void {
  const block = tokensOfBlock(columns);
  for (let t = 0; t < tokens; t += block) {
    const n = min(block, tokens - t);
    for (let r = 0; r < rows; r += 4) {
      const at = <usize>r << 2;
      unpackPanel(W + <usize>(r * columns), scratch, columns);
      transposedPanel(scratch, scale + at, columns, y + at, yStride, x, xStride, n);
    }
    x += <usize>(n * xStride) << 2;
    y += <usize>(n * yStride) << 2;
  }
}

function transposedPanel(
  W: usize, scale: usize, columns: i32, y: usize, yStride: i32, x: usize, xStride: i32, tokens: i32,
): void {
  const scales = v128.load(scale);
  const yToken = <usize>yStride << 2, xToken = <usize>xStride << 2;
  let t = 0;
  for (; t + 2 <= tokens; t += 2, y += 2 * yToken, x += 2 * xToken) twoTokens(W, scales, columns, y, y + yToken, x, x + xToken);
  if (t < tokens) oneToken(W, scales, columns, y, x);
}

function twoTokens(W: usize, scales: v128, columns: i32, y: usize, y1: usize, x: usize, x1: usize): void {
  const a = f32x4.mul(scales, v128.load(y)), b = f32x4.mul(scales, v128.load(y1));
  const a0 = v128.shuffle<f32>(a, a, 0, 0, 0, 0), a1 = v128.shuffle<f32>(a, a, 1, 1, 1, 1);
  const a2 = v128.shuffle<f32>(a, a, 2, 2, 2, 2), a3 = v128.shuffle<f32>(a, a, 3, 3, 3, 3);
  const b0 = v128.shuffle<f32>(b, b, 0, 0, 0, 0), b1 = v128.shuffle<f32>(b, b, 1, 1, 1, 1);
  const b2 = v128.shuffle<f32>(b, b, 2, 2, 2, 2), b3 = v128.shuffle<f32>(b, b, 3, 3, 3, 3);
  for (const end = x + (<usize>columns << 2); x < end; x += 16, x1 += 16, W += 64) {
    const w0 = v128.load(W), w1 = v128.load(W, 16), w2 = v128.load(W, 32), w3 = v128.load(W, 48);
    const u = multiplyAdd(w1, a1, multiplyAdd(w0, a0, v128.load(x)));
    v128.store(x, multiplyAdd(w3, a3, multiplyAdd(w2, a2, u)));
    const v = multiplyAdd(w1, b1, multiplyAdd(w0, b0, v128.load(x1)));
    v128.store(x1, multiplyAdd(w3, b3, multiplyAdd(w2, b2, v)));
  }
}

function oneToken(W: usize, scales: v128, columns: i32, y: usize, x: usize): void {
  const a = f32x4.mul(scales, v128.load(y));
  const a0 = v128.shuffle<f32>(a, a, 0, 0, 0, 0), a1 = v128.shuffle<f32>(a, a, 1, 1, 1, 1);
  const a2 = v128.shuffle<f32>(a, a, 2, 2, 2, 2), a3 = v128.shuffle<f32>(a, a, 3, 3, 3, 3);
  for (const end = x + (<usize>columns << 2); x < end; x += 16, W += 64) {
    const u = multiplyAdd(v128.load(W, 16), a1, multiplyAdd(v128.load(W), a0, v128.load(x)));
    v128.store(x, multiplyAdd(v128.load(W, 48), a3, multiplyAdd(v128.load(W, 32), a2, u)));
  }
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
