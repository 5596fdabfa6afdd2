import { padded } from '../../model/core/tensors';
import { TARGETS, type Target } from '../../model/finetuning/adapter';
import type { DeviceWeights } from '../device-weights';
import type { MatrixKind } from '../matrices';
import { ELEMENT_THREADS, type Plan } from '../plan';
import { pack } from '../structs';
import type { LearnerBuffers } from './buffers';
import { type FactorLayout, inputWidths, type Range } from './factors';
import { EPILOGUES } from './kernels';
import type { Step } from './program';

type Epilogue = keyof typeof EPILOGUES;

/** A buffer of activations, from token `first` on. */
type Activations = GPUBuffer | GPUBufferBinding;

/** A matrix as products need it. */
interface Packed {
  readonly kind: MatrixKind;
  readonly base: GPUBuffer;
  readonly vectors: GPUBuffer;
  readonly scaleAt: number;
  readonly rows: number;
  /** Padded, like those of its input. */
  readonly columns: number;
  /** Numbers between tokens of its output. */
  readonly stride: number;
  readonly factors: { readonly A: Range; readonly Bt: Range } | null;
}

const BLOCK_COLUMNS = { float32: 4, float16: 8, int8: 16, int4: 32 } as const;

/** The products with matrices and their transposes, and the gradients of the factors. */
export class Products {
  private readonly plan: Plan;
  private readonly rank: number;
  private readonly buffers: LearnerBuffers;
  private readonly embedding: Packed;
  private readonly layers: readonly Record<Target, Packed>[];

  constructor(
    plan: Plan,
    weights: DeviceWeights,
    layout: FactorLayout,
    rank: number,
    buffers: LearnerBuffers,
  ) {
    this.plan = plan;
    this.rank = rank;
    this.buffers = buffers;
    const { config, paddedWidth: D } = plan;
    const { hiddenSize: d, intermediateSize: f, vocabSize } = config;
    const widths = inputWidths(plan);
    const rows = { qkv: 3 * d, output: d, up: f, down: d };
    const strides = { qkv: 3 * d, output: D, up: widths.down, down: D };
    this.embedding = {
      kind: 'embedding',
      base: weights.embedding,
      vectors: weights.modelVectors,
      scaleAt: plan.modelVectors.at.embeddingScale,
      rows: vocabSize,
      columns: D,
      stride: padded(vocabSize, 4),
      factors: null,
    };
    this.layers = weights.layers.map(({ projection, vectors, ...matrices }, n) => {
      const packed = TARGETS.map((target): [Target, Packed] => [
        target,
        {
          kind: target,
          base: { ...matrices, output: projection }[target],
          vectors,
          scaleAt: plan.vectors.at[`${target}Scale`],
          rows: rows[target],
          columns: widths[target],
          stride: strides[target],
          factors: layout.layers[n][target],
        },
      ]);
      return Object.fromEntries(packed) as Record<Target, Packed>;
    });
  }

  /** y = (W + scale B A) x */
  forward(n: number, target: Target, x: GPUBuffer, y: GPUBuffer, epilogue: Epilogue = 'STORE'): Step[] {
    return this.product(this.layers[n][target], x, y, epilogue);
  }

  /** Dx = (W + scale B A)^T Dy */
  backward(n: number, target: Target, Dy: GPUBuffer, Dx: GPUBuffer, epilogue: Epilogue = 'STORE'): Step[] {
    return this.transposed(this.layers[n][target], Dy, Dx, epilogue);
  }

  /** The gradients of the factors of a matrix, from its input x and the gradient Dy of its output. */
  factors(n: number, target: Target, x: GPUBuffer, Dy: GPUBuffer): Step[] {
    const { factors, gradient, low } = this.buffers;
    const matrix = this.layers[n][target];
    const { A, Bt } = matrix.factors!;
    const rows = padded(matrix.rows, 4);
    return [
      this.multiply(range(factors, A), this.rank, matrix.columns, x, matrix.columns, low, this.lowStride),
      this.outer(Dy, rows, matrix.stride, range(gradient, Bt)),
      this.multiply(range(factors, Bt), this.rank, rows, Dy, matrix.stride, low, this.lowStride),
      this.outer(x, matrix.columns, matrix.columns, range(gradient, A)),
    ];
  }

  /** Logits of tokens from their normalized residuals. */
  logits(x: Activations, logits: GPUBuffer): Step[] {
    return this.product(this.embedding, x, logits, 'STORE');
  }

  /** The gradient of normalized residuals from that of the logits. */
  logitsBackward(Dlogits: GPUBuffer, Dx: Activations): Step[] {
    return this.transposed(this.embedding, Dlogits, Dx, 'STORE');
  }

  private get lowStride(): number {
    return padded(this.rank, 4);
  }

  private product(matrix: Packed, x: Activations, y: Activations, epilogue: Epilogue): Step[] {
    const { rows, columns, stride } = matrix;
    return [
      this.merge(matrix, false),
      this.multiply(this.buffers.matrix, rows, columns, x, columns, y, stride, epilogue),
    ];
  }

  private transposed(matrix: Packed, Dy: Activations, Dx: Activations, epilogue: Epilogue): Step[] {
    const { rows, columns, stride } = matrix;
    return [
      this.merge(matrix, true),
      this.multiply(this.buffers.matrix, columns, padded(rows, 4), Dy, stride, Dx, columns, epilogue),
    ];
  }

  private merge({ kind, base, vectors, scaleAt, rows, columns, factors }: Packed, transposes: boolean): Step {
    const { factors: buffer, matrix: merged } = this.buffers;
    const blocks = columns / BLOCK_COLUMNS[this.plan.packings[kind].precision];
    return {
      kernel: `merge ${kind}`,
      resources: {
        base,
        vectors,
        factor_a: factors ? range(buffer, factors.A) : buffer,
        factor_b: factors ? range(buffer, factors.Bt) : buffer,
        merged,
      },
      shape: pack('Merge', {
        rows,
        columns,
        rank: factors ? this.rank : 0,
        scale_at: scaleAt,
        transposes: Number(transposes),
      }),
      grid: () => [groups(rows), blocks],
    };
  }

  private multiply(
    weights: Activations,
    rows: number,
    columns: number,
    input: Activations,
    x_stride: number,
    output: Activations,
    y_stride: number,
    epilogue: Epilogue = 'STORE',
  ): Step {
    return {
      kernel: 'multiply',
      resources: { weights, input, output },
      shape: pack('Product', { rows, columns, x_stride, y_stride, epilogue: EPILOGUES[epilogue] }),
      grid: (tokens) => [Math.ceil(tokens / 4), groups(rows / 4)],
    };
  }

  private outer(x: GPUBuffer, columns: number, stride: number, gradient: GPUBufferBinding): Step {
    return {
      kernel: 'outer',
      resources: { low: this.buffers.low, x, gradient },
      shape: pack('Outer', { rank: this.rank, columns, stride }),
      grid: () => [groups(columns / 4), this.lowStride / 4],
    };
  }
}

/** Workgroups for a thread of each of `count` elements. */
export function groups(count: number): number {
  return Math.ceil(count / ELEMENT_THREADS);
}

function range(buffer: GPUBuffer, { at, size }: Range): GPUBufferBinding {
  return { buffer, offset: 4 * at, size: 4 * size };
}
