import type { Config } from '../../model/core/config';
import { padded } from '../../model/core/tensors';
import { SEGMENT } from '../../model/finetuning/learner';
import type { Forward, Step } from '../forward';
import { Blocks, type Heap } from '../heap';
import type { BackwardKernels } from './kernels';

/** A row of numbers per token [SEGMENT, stride]. */
interface Rows {
  readonly stride: number;
  readonly values: number;
}

/** Rows of int16, with a step for each block of numbers. */
interface RoundedRows extends Rows {
  readonly steps: number;
}

const EXACT = ['queryP', 'keyP', 'gates', 'sum'] as const;
const ROUNDED = ['input', 'qkv', 'o', 'middle', 'up'] as const;
type Exact = (typeof EXACT)[number];
type Rounded = (typeof ROUNDED)[number];

/**
 * The activations of a segment that its gradient needs, of each layer. Wide rows are rounded to int16 in blocks, by at most
 * 3.1e-5 of the largest number of a block, which halves the memory of a learner.
 */
export class Records {
  private readonly forward: Forward;
  private readonly heap: Heap;
  private readonly backward: BackwardKernels;
  /** Numbers of a block, which never crosses heads. */
  private readonly block: number;
  private readonly blocks: Blocks;
  private readonly exact: readonly Record<Exact, Rows>[];
  private readonly rounded: readonly Record<Rounded, RoundedRows>[];

  constructor(config: Config, forward: Forward, heap: Heap, backward: BackwardKernels) {
    this.forward = forward;
    this.heap = heap;
    this.backward = backward;
    this.blocks = new Blocks(heap);
    const { hiddenSize: d, heads: h, headWidth: e, intermediateSize: f, layers } = config;
    this.block = [32, 16, 8, 4].find((block) => e % block === 0)!;
    const D = padded(d);
    const exact = { queryP: 2 * h, keyP: 2 * h, gates: padded(h), sum: h };
    const rounded = { input: D, qkv: padded(3 * d), o: D, middle: D, up: padded(f) };
    const rows = (stride: number, bytes: number) => this.blocks.allocate(SEGMENT * stride * bytes);
    const each = <K extends string, T>(names: readonly K[], make: (name: K) => T) =>
      Object.fromEntries(names.map((name) => [name, make(name)])) as Record<K, T>;
    const perLayer = <T>(make: () => T) => Array.from({ length: layers }, make);
    this.exact = perLayer(() =>
      each(EXACT, (name) => ({ stride: exact[name], values: rows(exact[name], 4) })),
    );
    this.rounded = perLayer(() =>
      each(ROUNDED, (name) => ({
        stride: rounded[name],
        values: rows(rounded[name], 2),
        steps: rows(rounded[name] / this.block, 4),
      })),
    );
  }

  get bytes(): number {
    return this.blocks.bytes;
  }

  /** Records a step of a layer for a tile of T rows from row `first` on. */
  record(layer: number, step: Step, first: number, T: number): void {
    const { forward } = this;
    const round = (name: Rounded, from: number) => this.round(this.rounded[layer][name], from, first, T);
    const copy = (name: Exact, from: number) => this.copy(this.exact[layer][name], from, first, T);
    if (step === 'input') round('input', forward.x);
    else if (step === 'attention') round('middle', forward.x);
    else if (step === 'up') round('up', forward.up);
    else {
      round('qkv', forward.qkv);
      round('o', forward.normed);
      copy('queryP', forward.queryP);
      copy('keyP', forward.keyP);
      copy('gates', forward.gates);
      copy('sum', forward.normalizerSum);
    }
  }

  /** Writes T rows from row `first` on to `to` in float32. */
  read(layer: number, name: Rounded, first: number, T: number, to: number): void {
    const { block, backward } = this;
    const { stride, values, steps } = this.rounded[layer][name];
    const at = first * stride;
    backward.fromBlocks(values + 2 * at, steps + (4 * at) / block, T * stride, block, to);
  }

  /** The address of the rows in float32. */
  address(layer: number, name: Exact): number {
    return this.exact[layer][name].values;
  }

  private round({ stride, values, steps }: RoundedRows, from: number, first: number, T: number): void {
    const { block, backward } = this;
    const at = first * stride;
    backward.toBlocks(from, T * stride, block, values + 2 * at, steps + (4 * at) / block);
  }

  private copy({ stride, values }: Rows, from: number, first: number, T: number): void {
    const to = values + 4 * first * stride;
    new Uint8Array(this.heap.memory.buffer).copyWithin(to, from, from + 4 * T * stride);
  }
}
