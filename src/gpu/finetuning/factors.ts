import { padded } from '../../model/core/tensors';
import { type Adapter, adapterSize, factors, TARGETS, type Target } from '../../model/finetuning/adapter';
import type { Plan } from '../plan';

/** Bindings begin at multiples of 256 bytes. */
const ALIGNMENT = 64; // numbers

/** The range of a factor in numbers. */
export interface Range {
  readonly at: number;
  readonly size: number;
}

/**
 * Where the factors of an adapter, or their gradients, lie in a buffer: A [rank, columns] and scale B^T [rank, rows] of each
 * matrix, in the layout of multiply.wgsl, with the columns of the packed matrix.
 */
export class FactorLayout {
  /** Numbers of the buffer. */
  readonly size: number;
  readonly layers: readonly Record<Target, { readonly A: Range; readonly Bt: Range }>[];
  /** The place in the buffer of each number of an adapter. */
  private readonly places: Uint32Array;
  private readonly isB: Uint8Array;

  constructor(plan: Plan, rank: number) {
    const { config, packings } = plan;
    const index = Float64Array.from({ length: adapterSize(config, rank) }, (_, i) => i);
    this.places = new Uint32Array(index.length);
    this.isB = new Uint8Array(index.length);
    const widths = inputWidths(plan);
    let size = 0;
    const take = (numbers: number): Range => {
      const at = size;
      size += padded(numbers, ALIGNMENT);
      return { at, size: numbers };
    };
    const place = (i: number, range: Range, r: number, column: number) => {
      this.places[i] = range.at + 4 * (Math.floor(column / 4) * rank + r) + (column % 4);
    };
    this.layers = factors(config, rank, index).map((layer) => {
      const ranges = TARGETS.map((target) => {
        const { A, B } = layer[target];
        const { group } = packings[target];
        const [columns, rows] = [A.length / rank, B.length / rank];
        const [ofA, ofB] = [take(rank * widths[target]), take(rank * padded(rows, 4))];
        for (const [j, i] of A.entries()) {
          const c = j % columns;
          place(i, ofA, Math.floor(j / columns), Math.floor(c / group) * padded(group) + (c % group));
        }
        for (const [j, i] of B.entries()) {
          place(i, ofB, j % rank, Math.floor(j / rank));
          this.isB[i] = 1;
        }
        return [target, { A: ofA, Bt: ofB }];
      });
      return Object.fromEntries(ranges);
    });
    this.size = size;
  }

  pack({ values, scale }: Adapter): Float32Array<ArrayBuffer> {
    const packed = new Float32Array(this.size);
    for (let i = 0; i < values.length; i++) packed[this.places[i]] = values[i] * (this.isB[i] ? scale : 1);
    return packed;
  }

  /** The gradient in the layout of an adapter, from those of A and scale B^T. */
  unpack(packed: Float32Array, scale: number): Float32Array {
    return Float32Array.from(this.places, (at, i) => packed[at] * (this.isB[i] ? scale : 1));
  }
}

/** Columns of each packed matrix, which are those of its input. */
export function inputWidths(plan: Plan): Record<Target, number> {
  const { config, paddedWidth: D } = plan;
  return { qkv: D, output: config.heads * plan.paddedHeadWidth, up: D, down: plan.slices * plan.slice };
}
