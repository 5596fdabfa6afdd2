import { EngineError } from '../runtime/errors';
import type { Config } from './config';
import { readSafetensors, type StoredTensor, toFloat32 } from './safetensors';

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

/** sigmoid(output . relu(hidden x + hiddenBias) + outputBias): the paper's LeaP module, shared by the heads of a layer. */
export interface ProportionModule {
  /** [proportionHidden, e] */
  readonly hidden: Float32Array | Float64Array;
  readonly hiddenBias: Float32Array | Float64Array;
  /** [proportionHidden] */
  readonly output: Float32Array | Float64Array;
  readonly outputBias: number;
}

export interface LayerWeights {
  readonly attentionNorm: Float32Array;
  /** [3d, d]: all heads' queries, then keys, then values. */
  readonly qkv: Matrix;
  /** [3d, 4]; the last tap is for the current token. */
  readonly convolution: Float32Array | null;
  readonly queryProportion: ProportionModule | null;
  readonly keyProportion: ProportionModule | null;
  /** weight [h, d], bias [h] */
  readonly decay: { readonly weight: Float32Array; readonly bias: Float32Array } | null;
  /** [d], applied after each head's rms. */
  readonly outputNorm: Float32Array | null;
  /** [d, d] */
  readonly output: Matrix;
  readonly mlpNorm: Float32Array;
  /** [f, d] */
  readonly up: Matrix;
  /** [d, f] */
  readonly down: Matrix;
}

export interface Weights {
  /** [vocab, d]; also the output matrix. */
  readonly embedding: Matrix;
  readonly layers: readonly LayerWeights[];
  readonly finalNorm: Float32Array;
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
  const tensors = new TensorReader(readSafetensors(file));
  const { hiddenSize: d, heads: h, headWidth: e, intermediateSize: f, vocabSize } = config;

  const proportion = (name: string): ProportionModule | null =>
    config.reweighting !== 'leap'
      ? null
      : {
          hidden: tensors.vector(`${name}.hidden.weight`, config.proportionHidden, e),
          hiddenBias: tensors.vector(`${name}.hidden.bias`, config.proportionHidden),
          output: tensors.vector(`${name}.output.weight`, 1, config.proportionHidden),
          outputBias: tensors.vector(`${name}.output.bias`, 1)[0],
        };

  const layer = (n: number): LayerWeights => {
    const attention = `layers.${n}.attention`;
    return {
      attentionNorm: tensors.vector(`layers.${n}.attention_norm.weight`, d),
      qkv: tensors.matrix(`${attention}.qkv.weight`, 3 * d, d),
      convolution: config.convKernel ? tensors.vector(`${attention}.convolution.weight`, 3 * d, 4) : null,
      queryProportion: proportion(`${attention}.query_proportion`),
      keyProportion: proportion(`${attention}.key_proportion`),
      decay: config.decay
        ? {
            weight: tensors.vector(`${attention}.decay.weight`, h, d),
            bias: tensors.vector(`${attention}.decay.bias`, h),
          }
        : null,
      outputNorm: config.normalizer === 'rms' ? tensors.vector(`${attention}.output_norm.weight`, d) : null,
      output: tensors.matrix(`${attention}.output.weight`, d, d),
      mlpNorm: tensors.vector(`layers.${n}.mlp_norm.weight`, d),
      up: tensors.matrix(`layers.${n}.mlp.up.weight`, f, d),
      down: tensors.matrix(`layers.${n}.mlp.down.weight`, d, f),
    };
  };

  const weights: Weights = {
    embedding: tensors.matrix('embedding.weight', vocabSize, d),
    layers: Array.from({ length: config.layers }, (_, n) => layer(n)),
    finalNorm: tensors.vector('final_norm.weight', d),
  };
  tensors.expectAllRead();
  return weights;
}

/** Number of parameters, without scales. */
export function countParameters(config: Config): number {
  const { hiddenSize: d, heads: h, headWidth: e, intermediateSize: f, layers, proportionHidden: p } = config;
  const proportions = config.reweighting === 'leap' ? 2 * (p * e + p + p + 1) : 0;
  const attention =
    4 * d * d +
    proportions +
    3 * d * config.convKernel +
    (config.decay ? h * d + h : 0) +
    (config.normalizer === 'rms' ? d : 0);
  return config.vocabSize * d + d + layers * (attention + 2 * d + 2 * d * f);
}

const PRECISION = { F32: 'float32', F16: 'float16', I8: 'int8' } as const;

class TensorReader {
  private readonly tensors: Map<string, StoredTensor>;
  private readonly unread: Set<string>;

  constructor(tensors: Map<string, StoredTensor>) {
    this.tensors = tensors;
    this.unread = new Set(tensors.keys());
  }

  /** A small tensor, as float32. */
  vector(name: string, ...shape: number[]): Float32Array {
    const tensor = this.take(name, shape);
    if (tensor.dtype === 'I8')
      mismatch(`${name} is int8, but only the five matrices of the model may be int8`);
    const values = toFloat32(tensor);
    if (!values.every(Number.isFinite)) mismatch(`${name} holds a value that is not finite`);
    return values;
  }

  matrix(name: string, rows: number, columns: number): Matrix {
    const { dtype, bytes } = this.take(name, [rows, columns]);
    const scales = dtype === 'I8' ? this.vector(`${name}_scale`, rows) : null;
    if (dtype !== 'I8' && !isFinite16or32(bytes, dtype)) mismatch(`${name} holds a value that is not finite`);
    return { rows, columns, precision: PRECISION[dtype], bytes, scales };
  }

  expectAllRead(): void {
    const [name] = this.unread;
    if (name !== undefined) mismatch(`has ${name}, which this configuration does not use`);
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
