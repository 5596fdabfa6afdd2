import { EngineError } from '../runtime/errors';
import type { Config } from './config';
import { readSafetensors, type StoredTensor, toFloat32 } from './safetensors';
import {
  isPresent,
  LAYER_TENSORS,
  layerPrefix,
  MODEL_TENSORS,
  shapeOf,
  type Tensors,
  tensorEntries,
} from './tensors';

/** A matrix [rows, columns] in its stored precision. An int8 row's value is int8 * scales[row]. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly precision: Precision;
  /** Row-major, little-endian. */
  readonly bytes: Uint8Array;
  /** One float32 scale per row; only for int8. */
  readonly scales: Float32Array | null;
}

export type Precision = 'float32' | 'float16' | 'int8';

/** The loaded tensors of a table; null if the configuration does not have the tensor. */
export type Loaded<T extends Tensors> = {
  readonly [K in keyof T]:
    | (T[K]['kind'] extends 'matrix' ? Matrix : Float32Array)
    | (T[K] extends { when: unknown } ? null : never);
};

export type LayerWeights = Loaded<typeof LAYER_TENSORS>;

export interface Weights extends Loaded<typeof MODEL_TENSORS> {
  readonly layers: readonly LayerWeights[];
}

/** Every matrix of a model. */
export function matricesOf(weights: Weights): Matrix[] {
  const found: Matrix[] = [];
  mapMatrices(weights, (matrix) => {
    found.push(matrix);
    return matrix;
  });
  return found;
}

/** The same weights with other matrices. */
export function mapMatrices(weights: Weights, change: (matrix: Matrix) => Matrix): Weights {
  const map = <T extends Tensors>(tensors: T, loaded: Loaded<T>): Loaded<T> => {
    const matrices = tensorEntries(tensors).filter(([, { kind }]) => kind === 'matrix');
    const changed = matrices.map(([key]) => [key, change(loaded[key] as Matrix)]);
    return { ...loaded, ...Object.fromEntries(changed) };
  };
  return {
    ...map(MODEL_TENSORS, weights),
    layers: weights.layers.map((layer) => map(LAYER_TENSORS, layer)),
  };
}

/** A matrix as float32 [rows * columns]: the canonical values that every backend computes with. */
export function dequantize(matrix: Matrix): Float32Array {
  const dtype = ({ float32: 'F32', float16: 'F16', int8: 'I8' } as const)[matrix.precision];
  const values = toFloat32({ dtype, shape: [matrix.rows, matrix.columns], bytes: matrix.bytes });
  if (matrix.scales)
    for (let row = 0, i = 0; row < matrix.rows; row++)
      for (let column = 0; column < matrix.columns; column++, i++) values[i] *= matrix.scales[row];
  return values;
}

/**
 * Reads a model's weights from its safetensors file, and checks them against its configuration.
 * @throws EngineError 'weights' with the tensor that is missing, misshapen, unexpected or not finite.
 */
export function readWeights(file: ArrayBuffer, config: Config): Weights {
  const reader = new TensorReader(readSafetensors(file));
  const weights = loadWeights(config, reader);
  reader.expectAllRead();
  return weights;
}

/** Gives tensors by their names in model.safetensors. */
export interface TensorSource {
  matrix(name: string, shape: readonly number[]): Matrix;
  vector(name: string, shape: readonly number[]): Float32Array;
}

/** The tensors that a configuration has, from a source. */
export function loadWeights(config: Config, source: TensorSource): Weights {
  const load = <T extends Tensors>(tensors: T, prefix: string): Loaded<T> => {
    const loaded = tensorEntries(tensors).map(([key, tensor]) => {
      const { kind, name } = tensor;
      return [key, isPresent(tensor, config) ? source[kind](prefix + name, shapeOf(tensor, config)) : null];
    });
    return Object.fromEntries(loaded);
  };
  const layers = Array.from({ length: config.layers }, (_, n) => load(LAYER_TENSORS, layerPrefix(n)));
  return { ...load(MODEL_TENSORS, ''), layers };
}

const PRECISION = { F32: 'float32', F16: 'float16', I8: 'int8' } as const;

class TensorReader implements TensorSource {
  private readonly tensors: Map<string, StoredTensor>;
  private readonly unread: Set<string>;

  constructor(tensors: Map<string, StoredTensor>) {
    this.tensors = tensors;
    this.unread = new Set(tensors.keys());
  }

  vector(name: string, shape: readonly number[]): Float32Array {
    const tensor = this.take(name, shape);
    if (tensor.dtype === 'I8') mismatch(`${name} is int8; only matrices can be`);
    const values = toFloat32(tensor);
    if (!values.every(Number.isFinite)) mismatch(`${name} holds a value that is not finite`);
    return values;
  }

  matrix(name: string, shape: readonly number[]): Matrix {
    const [rows, columns] = shape;
    const { dtype, bytes } = this.take(name, shape);
    const scales = dtype === 'I8' ? this.vector(`${name}_scale`, [rows]) : null;
    if (dtype !== 'I8' && !isFinite16or32(bytes, dtype)) mismatch(`${name} holds a value that is not finite`);
    return { rows, columns, precision: PRECISION[dtype], bytes, scales };
  }

  expectAllRead(): void {
    const [name] = this.unread;
    if (name !== undefined) mismatch(`contains ${name}, which is not a tensor of config.json`);
  }

  private take(name: string, shape: readonly number[]): StoredTensor {
    const tensor = this.tensors.get(name);
    if (!tensor) mismatch(`lacks ${name}`);
    if (tensor.shape.join() !== shape.join())
      mismatch(`${name} has the shape [${tensor.shape}]; config.json requires [${shape}]`);
    this.unread.delete(name);
    return tensor;
  }
}

/** Whether no exponent has all bits set, read from the high byte of each little-endian value. */
function isFinite16or32(bytes: Uint8Array, dtype: 'F32' | 'F16'): boolean {
  if (dtype === 'F16') {
    for (let i = 1; i < bytes.length; i += 2) if ((bytes[i] & 0x7c) === 0x7c) return false;
  } else {
    for (let i = 3; i < bytes.length; i += 4)
      if ((bytes[i] & 0x7f) === 0x7f && bytes[i - 1] & 0x80) return false;
  }
  return true;
}

function mismatch(message: string): never {
  throw new EngineError(
    'weights',
    `model.safetensors ${message}`,
    'The weights do not belong to this config.json. Use the two files of one published model folder.',
  );
}
