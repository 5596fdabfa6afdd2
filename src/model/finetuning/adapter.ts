import type { Config } from '../core/config';
import { LAYER_TENSORS, type MatrixOf, shapeOf } from '../core/tensors';
import type { Matrix } from '../core/weights';
import { EngineError } from '../runtime/errors';
import { hash } from '../sampling/random';

/** The matrices of a layer that an adapter changes. Their order is that of an adapter's numbers. */
export const TARGETS = ['qkv', 'output', 'up', 'down'] as const satisfies MatrixOf<typeof LAYER_TENSORS>[];
export type Target = (typeof TARGETS)[number];

export const MAX_RANK = 64;

type Numbers = Float32Array | Float64Array;

/**
 * A low-rank adapter (LoRA, arXiv 2106.09685): each matrix W of TARGETS becomes W + scale B A. `values` holds the factors of
 * each layer in the order of TARGETS, A [rank, in] before B [out, rank]; `factors` gives them by matrix.
 */
export interface Adapter<T extends Numbers = Float32Array> {
  readonly rank: number;
  readonly scale: number;
  readonly values: T;
}

/** The two factors of the change of one matrix, as views. */
export interface Factors<T extends Numbers = Numbers> {
  /** [rank, in] */
  readonly A: T;
  /** [out, rank] */
  readonly B: T;
}

/** The factors of every target of every layer in `values`, which has the layout of `Adapter`. */
export function factors<T extends Numbers>(
  config: Config,
  rank: number,
  values: T,
): Record<Target, Factors<T>>[] {
  let at = 0;
  const take = (length: number) => {
    at += length;
    return values.subarray(at - length, at) as T;
  };
  return Array.from({ length: config.layers }, () => {
    const layer = TARGETS.map((target) => {
      const [rows, columns] = shapeOf(LAYER_TENSORS[target], config);
      return [target, { A: take(rank * columns), B: take(rows * rank) }];
    });
    return Object.fromEntries(layer);
  });
}

/** Numbers in an adapter of this rank. */
export function adapterSize(config: Config, rank: number): number {
  const sides = TARGETS.flatMap((target) => shapeOf(LAYER_TENSORS[target], config));
  return config.layers * rank * sides.reduce((a, b) => a + b);
}

/**
 * An adapter that does not change the model yet: B is 0, and A is uniform with variance 1 / in. The same on every device.
 * @throws EngineError 'input' if the rank is not a whole number from 1 to MAX_RANK
 */
export function newAdapter(config: Config, rank: number, seed: number): Adapter {
  if (!Number.isInteger(rank) || rank < 1 || rank > MAX_RANK)
    throw new EngineError('input', `The rank is ${rank}.`, `Choose a whole number from 1 to ${MAX_RANK}.`);
  const values = new Float32Array(adapterSize(config, rank));
  for (const [n, layer] of factors(config, rank, values).entries())
    for (const [t, target] of TARGETS.entries()) {
      const { A } = layer[target];
      const spread = Math.sqrt((3 * rank) / A.length);
      for (let i = 0; i < A.length; i++)
        A[i] = spread * (hash(seed, TARGETS.length * n + t, i) / 2 ** 31 - 1);
    }
  return { rank, scale: 1, values };
}

/** Whether B is 0 everywhere, so that the adapter does not change the model. */
export function isUntrained(config: Config, { rank, values }: Adapter): boolean {
  return factors(config, rank, values).every((layer) =>
    TARGETS.every((target) => !layer[target].B.some(Boolean)),
  );
}

/** W + scale B A in float64 [rows, columns]. @param W dequantized */
export function merge(
  { rows, columns }: Pick<Matrix, 'rows' | 'columns'>,
  W: Float32Array,
  { A, B }: Factors,
  scale: number,
): Float64Array {
  const merged = new Float64Array(W);
  const rank = A.length / columns;
  for (let row = 0; row < rows; row++)
    for (let r = 0; r < rank; r++) {
      const factor = scale * B[row * rank + r];
      for (let c = 0; c < columns; c++) merged[row * columns + c] += factor * A[r * columns + c];
    }
  return merged;
}
