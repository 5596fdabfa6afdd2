import type { Config } from '../model/core/config';
import { LAYER_TENSORS, type MatrixOf, offsetsOf, tensorEntries, type VectorOf } from '../model/core/tensors';
import { dequantize, type LayerWeights, type Matrix } from '../model/core/weights';
import type { ModelData } from '../model/runtime/backend';
import { cancelled } from '../model/runtime/errors';
import { Pace } from '../model/runtime/pace';
import type { Heap } from './heap';
import { type PackedMatrix, packFloats, packMatrix } from './panels';

type Layer = typeof LAYER_TENSORS;

/** A layer's tensors in the heap. */
export type PackedLayer = {
  readonly [K in MatrixOf<Layer>]: PackedMatrix;
} & {
  /** Addresses of float32 numbers, each a multiple of 64, in the order of LAYER_TENSORS; 0 for absent tensors. */
  readonly [K in Exclude<VectorOf<Layer>, 'decay'>]: number;
} & {
  /** The decay, which is multiplied like a matrix. */
  readonly decay: PackedMatrix | null;
};

/** A model's weights in the heap, in the layout of the kernels. */
export interface PackedModel {
  readonly embedding: PackedMatrix;
  readonly layers: readonly PackedLayer[];
  readonly finalNorm: number;
}

export class PackedWeights implements PackedModel {
  readonly embedding: PackedMatrix;
  readonly layers: PackedLayer[] = [];
  readonly finalNorm: number;
  /** Bytes in the heap. */
  bytes = 0;
  private readonly heap: Heap;

  /** Yields to messages between layers. @throws EngineError 'cancelled' if the signal aborts */
  static async pack(model: ModelData, heap: Heap, signal?: AbortSignal): Promise<PackedWeights> {
    const packed = new PackedWeights(model, heap);
    const pace = new Pace();
    for (const layer of model.weights.layers) {
      if (pace.isDue) await pace.yield();
      if (signal?.aborted) throw cancelled();
      packed.layers.push(packed.layer(layer, model.config));
    }
    return packed;
  }

  private constructor({ weights }: ModelData, heap: Heap) {
    this.heap = heap;
    const { rows, columns, precision } = weights.embedding;
    this.embedding = this.count(
      precision === 'int4' // no kernel reads rows of it
        ? packFloats(dequantize(weights.embedding), rows, columns, heap)
        : packMatrix(weights.embedding, heap),
    );
    this.finalNorm = this.vectors({ finalNorm: weights.finalNorm }).finalNorm;
  }

  private layer(layer: LayerWeights, { heads, hiddenSize, convKernel }: Config): PackedLayer {
    const vectors: Record<string, Float32Array | null> = {};
    const matrices: Record<string, PackedMatrix> = {};
    for (const [key, { kind }] of tensorEntries(LAYER_TENSORS))
      if (kind === 'matrix') matrices[key] = this.count(packMatrix(layer[key] as Matrix, this.heap));
      else vectors[key] = layer[key] as Float32Array | null;
    const { convolution, decay, ...others } = vectors;
    const transposed = convolution && transpose(convolution, convKernel); // [taps, 3d]
    return {
      ...matrices,
      ...this.vectors({ ...others, convolution: transposed }),
      decay: decay && this.count(packFloats(decay, heads, hiddenSize, this.heap)),
    } as PackedLayer;
  }

  /** Copies vectors into one block. */
  private vectors<Key extends string>(vectors: Record<Key, Float32Array | null>): Record<Key, number> {
    const entries = Object.entries(vectors) as [Key, Float32Array | null][];
    const sizes = entries.map(([key, values]) => [key, values?.length ?? 0]);
    const { at, size } = offsetsOf<Key>(Object.fromEntries(sizes));
    const block = this.heap.allocate(4 * size);
    this.bytes += 4 * size;
    const addresses = entries.map(([key, values]) => {
      if (!values) return [key, 0];
      const address = block + 4 * at[key];
      this.heap.floats(address, values.length).set(values);
      return [key, address];
    });
    return Object.fromEntries(addresses);
  }

  private count(matrix: PackedMatrix): PackedMatrix {
    this.bytes += matrix.bytes;
    return matrix;
  }
}

/** [rows, n] from [n, rows]. */
function transpose(values: Float32Array, rows: number): Float32Array {
  const n = values.length / rows;
  return values.map((_, i) => values[(i % n) * rows + Math.floor(i / n)]);
}
