import type { Matrix } from '../model/core/weights';
import type { ModelData } from '../model/runtime/backend';
import type { Machine } from './machine';
import type { MatrixKind } from './matrices';
import { packedBytes, packMatrix } from './pack';
import type { Plan } from './plan';
import { packModelVectors, packVectors } from './vectors';

/** The weights on the device. */
export interface DeviceWeights {
  readonly embedding: GPUBuffer;
  /** Final norm, scales of the embedding, sinusoids. */
  readonly modelVectors: GPUBuffer;
  readonly layers: readonly {
    readonly qkv: GPUBuffer;
    readonly projection: GPUBuffer;
    readonly up: GPUBuffer;
    readonly down: GPUBuffer;
    readonly vectors: GPUBuffer;
  }[];
}

/** Uploads a model's weights. @throws EngineError 'device' if one exceeds the device's limits */
export function uploadWeights(machine: Machine, { weights }: ModelData, plan: Plan): DeviceWeights {
  const { STORAGE } = GPUBufferUsage;
  const matrix = (kind: MatrixKind, values: Matrix) => {
    const packing = plan.packings[kind];
    return machine.buffer('weights', 'a matrix', packedBytes(values, packing), STORAGE, (range) =>
      packMatrix(values, packing, new Uint8Array(range)),
    );
  };
  const vectors = (numbers: number, pack: (out: Float32Array) => void) =>
    machine.buffer('weights', 'small tensors', 4 * numbers, STORAGE, (range) =>
      pack(new Float32Array(range)),
    );
  return {
    embedding: matrix('embedding', weights.embedding),
    modelVectors: vectors(plan.modelVectors.size, (out) => packModelVectors(weights, plan, out)),
    layers: weights.layers.map((layer) => ({
      qkv: matrix('qkv', layer.qkv),
      projection: matrix('output', layer.output),
      up: matrix('up', layer.up),
      down: matrix('down', layer.down),
      vectors: vectors(plan.vectors.size, (out) => packVectors(layer, plan, out)),
    })),
  };
}
