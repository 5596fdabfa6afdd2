import type { Config } from '../../model/core/config';
import { type Adapter, adapterSize, factors, TARGETS, type Target } from '../../model/finetuning/adapter';
import { EngineError } from '../../model/runtime/errors';
import type { Heap } from '../heap';
import type { PackedLayer, PackedModel, PackedWeights } from '../packed';
import { emptyFloats, type PackedMatrix, readFloats, writeFloats } from '../panels';
import type { BackwardKernels } from './kernels';

/** The factors of a target and their gradients in the heap. B is transposed and includes the scale. */
export interface PackedFactors {
  /** [rank, in] */
  readonly A: PackedMatrix;
  /** scale B^T [rank, out] */
  readonly Bt: PackedMatrix;
  readonly DA: PackedMatrix;
  readonly DBt: PackedMatrix;
}

/** Throws to stop the work, or yields to messages. */
export type Breathe = () => Promise<void>;

const MERGE = { float32: 'mergeFloat32', int8: 'mergeInt8', int4: 'mergeInt4' } as const;

/** A model whose targets are W + scale B A in float32. It shares the other tensors with the base. */
export class MergedModel implements PackedModel {
  readonly embedding: PackedMatrix;
  readonly finalNorm: number;
  readonly layers: readonly PackedLayer[];
  readonly factors: readonly Record<Target, PackedFactors>[];
  private readonly config: Config;
  private readonly base: PackedWeights;
  private readonly rank: number;
  private readonly heap: Heap;
  private readonly kernels: BackwardKernels;
  private scale = 0;
  private isMerged = false;

  constructor(config: Config, base: PackedWeights, rank: number, heap: Heap, kernels: BackwardKernels) {
    this.config = config;
    this.base = base;
    this.rank = rank;
    this.heap = heap;
    this.kernels = kernels;
    this.embedding = base.embedding;
    this.finalNorm = base.finalNorm;
    const perTarget = <T>(make: (target: Target) => T) =>
      Object.fromEntries(TARGETS.map((target) => [target, make(target)])) as Record<Target, T>;
    this.layers = base.layers.map((layer) => ({
      ...layer,
      ...perTarget((target) => emptyFloats(layer[target].rows, layer[target].columns, heap)),
    }));
    this.factors = base.layers.map((layer) =>
      perTarget((target) => {
        const [A, DA] = [0, 0].map(() => emptyFloats(rank, layer[target].columns, heap));
        const [Bt, DBt] = [0, 0].map(() => emptyFloats(rank, layer[target].rows, heap));
        return { A, Bt, DA, DBt };
      }),
    );
  }

  /** Bytes of the merged matrices. */
  get bytes(): number {
    return this.layers.reduce((sum, layer) => sum + total(TARGETS.map((target) => layer[target])), 0);
  }

  /** Bytes of the factors and their gradients. */
  get factorBytes(): number {
    const packed = this.factors.flatMap((layer) => TARGETS.flatMap((target) => Object.values(layer[target])));
    return total(packed);
  }

  /** Takes over an adapter, which `merge` merges. @throws EngineError 'internal' if it has another rank */
  use({ rank, scale, values }: Adapter): void {
    if (rank !== this.rank)
      throw new EngineError('internal', `The adapter has rank ${rank}, not ${this.rank}.`, 'Start again.');
    this.scale = scale;
    for (const [n, layer] of factors(this.config, rank, values).entries())
      for (const target of TARGETS) {
        const { A, Bt } = this.factors[n][target];
        writeFloats(layer[target].A, rank, A, this.heap);
        writeFloats(transposed(layer[target].B, rank, scale), rank, Bt, this.heap);
      }
    this.isMerged = false;
  }

  /** Merges the adapter if that is not done yet. */
  async merge(breathe: Breathe): Promise<void> {
    if (this.isMerged) return;
    for (const [n, layer] of this.factors.entries())
      for (const target of TARGETS) {
        const { A, Bt } = layer[target];
        const base = this.base.layers[n][target];
        const merge = this.kernels[MERGE[base.precision]];
        const to = this.layers[n][target].values;
        merge(base.values, base.scales, base.rows, base.columns, A.values, Bt.values, Bt.columns, A.rows, to);
        await breathe();
      }
    this.isMerged = true;
  }

  clearGradient(): void {
    for (const layer of this.factors)
      for (const target of TARGETS)
        for (const { values, rows, columns } of [layer[target].DA, layer[target].DBt])
          this.heap.floats(values, rows * columns).fill(0);
  }

  /** The gradient in the layout of an adapter. */
  gradient(): Float32Array {
    const { config, rank, scale, heap } = this;
    const values = new Float32Array(adapterSize(config, rank));
    for (const [n, layer] of factors(config, rank, values).entries())
      for (const target of TARGETS) {
        const [{ A, B }, { DA, DBt }] = [layer[target], this.factors[n][target]];
        A.set(readFloats(DA, rank, A.length / rank, heap));
        const rows = B.length / rank;
        B.set(transposed(readFloats(DBt, rank, rows, heap), rows, scale));
      }
    return values;
  }
}

/** scale times the transpose [columns, rows] of values [rows, columns]. */
function transposed(values: Float32Array, columns: number, scale: number): Float32Array {
  const rows = values.length / columns;
  return values.map((_, i) => scale * values[(i % rows) * columns + Math.floor(i / rows)]);
}

function total(matrices: readonly PackedMatrix[]): number {
  return matrices.reduce((sum, { bytes }) => sum + bytes, 0);
}
