import { EngineError } from '../runtime/errors';
import type { Config } from './config';
import { readSafetensors, type StoredTensor, toFloat32 } from './safetensors';
import {
  isPresent,
  LAYER_TENSORS,
  layerPrefix,
  MODEL_TENSORS,
  shapeOf,
  spanOf,
  type Tensors,
  tensorEntries,
} from './tensors';

/** Weights in a group of an int4 row, which has one scale and takes 16 bytes. A shorter group at the end of a span too. */
export const INT4_GROUP = 32;
const GROUP_BYTES = INT4_GROUP / 2;

/**
 * A matrix [rows, columns] in its stored precision, row-major and little-endian. A value in int8 is the integer times the
 * scale of its row, in int4 the integer times the scale of its group.
 */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Columns of a span (core/tensors.ts), a divisor of `columns`. Groups of int4 end with it. */
  readonly span: number;
  readonly precision: Precision;
  /** In int4, groups of 16 bytes [rows, groups]: weight c of a group is in the bits 4 floor(c / 4).. of 32-bit word c mod 4. */
  readonly bytes: Uint8Array;
  /** int8: [rows]; int4: [rows, groups]; otherwise null. */
  readonly scales: Float32Array | null;
}

export type Precision = 'float32' | 'float16' | 'int8' | 'int4';

/** The precisions of a published model, as its manifest states them. */
export interface Precisions {
  readonly embedding: Precision;
  /** Of all matrices of the layers. */
  readonly layers: Precision;
}

/** Groups of int4 in each row. */
export function groupsOf({ columns, span }: Pick<Matrix, 'columns' | 'span'>): number {
  return (columns / span) * Math.ceil(span / INT4_GROUP);
}

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
  if (matrix.precision === 'int4') return dequantizeGroups(matrix);
  const dtype = ({ float32: 'F32', float16: 'F16', int8: 'I8' } as const)[matrix.precision];
  const values = toFloat32({ dtype, shape: [matrix.rows, matrix.columns], bytes: matrix.bytes });
  if (matrix.scales)
    for (let row = 0, i = 0; row < matrix.rows; row++)
      for (let column = 0; column < matrix.columns; column++, i++) values[i] *= matrix.scales[row];
  return values;
}

function dequantizeGroups({ rows, columns, span, bytes, scales }: Matrix): Float32Array {
  const values = new Float32Array(rows * columns);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0, group = 0; start < values.length; start += span)
    for (let first = start; first < start + span; first += INT4_GROUP, group++)
      for (let i = first; i < Math.min(first + INT4_GROUP, start + span); i++) {
        const column = i - first;
        const word = view.getInt32(GROUP_BYTES * group + 4 * (column % 4), true);
        values[i] = ((word << (28 - 4 * (column >> 2))) >> 28) * scales![group];
      }
  return values;
}

/**
 * Reads a model's weights from its safetensors file, and checks them against its configuration.
 * @throws EngineError 'weights' with the tensor that is missing, misshapen, unexpected or not finite.
 */
export function readWeights(file: ArrayBuffer, config: Config): Weights {
  return assembleWeights(readSafetensors(file), config);
}

/** The same from tensors by their names. Without bytes, it checks names, types and shapes alone. */
export function assembleWeights(tensors: Map<string, StoredTensor>, config: Config): Weights {
  const reader = new TensorReader(tensors);
  const weights = loadWeights(config, reader);
  reader.expectAllRead();
  return weights;
}

/** Gives tensors by their names in model.safetensors. */
export interface TensorSource {
  matrix(name: string, shape: readonly number[], span: number): Matrix;
  vector(name: string, shape: readonly number[]): Float32Array;
}

/** The tensors that a configuration has, from a source. */
export function loadWeights(config: Config, source: TensorSource): Weights {
  const load = <T extends Tensors>(tensors: T, prefix: string): Loaded<T> => {
    const loaded = tensorEntries(tensors).map(([key, tensor]) => {
      const { kind, name } = tensor;
      const args = [prefix + name, shapeOf(tensor, config), spanOf(tensor, config)] as const;
      return [key, isPresent(tensor, config) ? source[kind](...args) : null];
    });
    return Object.fromEntries(loaded);
  };
  const layers = Array.from({ length: config.layers }, (_, n) => load(LAYER_TENSORS, layerPrefix(n)));
  return { ...load(MODEL_TENSORS, ''), layers };
}

const PRECISION = { F32: 'float32', F16: 'float16', I8: 'int8', I32: 'int4' } as const;

class TensorReader implements TensorSource {
  private readonly tensors: Map<string, StoredTensor>;
  private readonly unread: Set<string>;

  constructor(tensors: Map<string, StoredTensor>) {
    this.tensors = tensors;
    this.unread = new Set(tensors.keys());
  }

  vector(name: string, shape: readonly number[]): Float32Array {
    const tensor = this.take(name, shape);
    if (tensor.dtype === 'I8' || tensor.dtype === 'I32')
      mismatch(`${name} is ${PRECISION[tensor.dtype]}; only matrices can be`);
    const values = toFloat32(tensor);
    if (!values.every(Number.isFinite)) mismatch(`${name} holds a value that is not finite`);
    return values;
  }

  matrix(name: string, [rows, columns]: readonly number[], span: number): Matrix {
    const groups = groupsOf({ columns, span });
    const isInt4 = this.tensors.get(name)?.dtype === 'I32';
    const { dtype, bytes } = this.take(name, isInt4 ? [rows, groups, 4] : [rows, columns]);
    if ((dtype === 'F16' || dtype === 'F32') && !isFinite16or32(bytes, dtype))
      mismatch(`${name} holds a value that is not finite`);
    const scaled = { F32: null, F16: null, I8: [rows], I32: [rows, groups] }[dtype];
    const scales = scaled && this.vector(`${name}_scale`, scaled);
    return { rows, columns, span, precision: PRECISION[dtype], bytes, scales };
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
    'The weights do not belong to this config.json. Use the two files of one model folder.',
  );
}
