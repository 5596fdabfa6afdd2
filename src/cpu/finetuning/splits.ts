import { WEIGHT_BYTES } from '../panels';
import type { Split } from '../threads';

/** W^T y: threads share the tokens. */
const transposed: Split = {
  work: ([, , rows, columns, , , , , tokens]) => rows * columns * tokens,
  units: ([, , , , , , , , tokens]) => tokens,
  part: ([W, scale, rows, columns, y, yStride, x, xStride, , scratch], from, to) => {
    const rowsOf = [y + 4 * from * yStride, yStride, x + 4 * from * xStride, xStride, to - from];
    return [W, scale, rows, columns, ...rowsOf, scratch];
  },
  scratch: 9,
};

/** The merge of an adapter: threads share the panels of a matrix. @param bytes of a weight of the base */
const merge = (bytes: number): Split => ({
  work: ([, , rows, columns, , , , rank]) => rows * columns * rank,
  units: ([, , rows]) => rows / 4,
  part: ([base, scale, , columns, A, Bt, BtColumns, rank, W], from, to) => {
    const row = 4 * from;
    const of = [base + row * columns * bytes, scale + 4 * row, 4 * (to - from), columns];
    return [...of, A, Bt + 16 * row, BtColumns, rank, W + 4 * row * columns];
  },
});

/** How threads share the kernels of fine-tuning (kernels/). */
export const BACKWARD_SPLITS: Readonly<Record<string, Split>> = {
  transposedFloat32: transposed,
  transposedInt8: transposed,
  mergeFloat32: merge(WEIGHT_BYTES.float32),
  mergeInt8: merge(WEIGHT_BYTES.int8),
  mergeInt4: merge(WEIGHT_BYTES.int4),
  /** Threads share the blocks. */
  toBlocks: {
    work: ([, n]) => 8 * n,
    units: ([, n, block]) => n / block,
    part: ([x, , block, X, steps], from, to) => {
      const at = from * block;
      return [x + 4 * at, (to - from) * block, block, X + 2 * at, steps + 4 * from];
    },
  },
  fromBlocks: {
    work: ([, , n]) => 8 * n,
    units: ([, , n, block]) => n / block,
    part: ([X, steps, , block, x], from, to) => {
      const at = from * block;
      return [X + 2 * at, steps + 4 * from, (to - from) * block, block, x + 4 * at];
    },
  },
  /** Threads share blocks of eight columns. */
  outer: {
    work: ([, rank, , , columns, , , tokens]) => rank * columns * tokens,
    units: ([, , , , columns]) => columns / 8,
    part: ([u, rank, x, xStride, , G, GColumns, tokens], from, to) => {
      const column = 8 * from;
      return [u, rank, x + 4 * column, xStride, 8 * (to - from), G + 16 * column, GColumns, tokens];
    },
  },
  /** Threads share the heads. */
  attentionBackward: {
    work: ([first, last, , e, split, tokens]) => (last - first) * tokens * e * e * (split ? 8 : 4),
    units: ([first, last]) => last - first,
    part: ([first, , ...rest], from, to) => [first + from, first + to, ...rest],
    scratch: 21,
  },
  /** Threads share the tokens. */
  crossEntropy: {
    work: ([, , n, , , , tokens]) => 8 * n * tokens,
    units: ([, , , , , , tokens]) => tokens,
    part: ([logits, stride, n, targets, weight, sums], from, to) => {
      const row = logits + 4 * from * stride;
      return [row, stride, n, targets + 4 * from, weight, sums + 16 * from, to - from];
    },
  },
};
