import type { Config } from '../model/core/config';
import {
  isPresent,
  LAYER_TENSORS,
  type MatrixOf,
  MODEL_TENSORS,
  type Offsets,
  offsetsOf,
  padded,
  shapeOf,
  stateLayout,
  type Tensor,
  type Tensors,
  tensorEntries,
  type VectorOf,
} from '../model/core/tensors';
import type { LayerWeights, Loaded, Matrix, Weights } from '../model/core/weights';
import type { MatrixKind, Packings } from './matrices';
import { packedScales, packScales } from './pack';

/** The vectors of a table of tensors, and the scales of its matrices. */
type VectorKey<T extends Tensors> = VectorOf<T> | `${MatrixOf<T>}Scale`;

/** Where the small numbers of a model lie in the buffers `vectors` (shaders/vectors.wgsl). */
export interface VectorLayout {
  readonly config: Config;
  readonly packings: Packings;
  /** In the buffer of a layer. */
  readonly vectors: Offsets<VectorKey<typeof LAYER_TENSORS>>;
  /** In the buffer of the tensors outside the layers; `sinusoid` holds one vec4 per frequency. */
  readonly modelVectors: Offsets<VectorKey<typeof MODEL_TENSORS> | 'sinusoid'>;
}

export function layOutVectors(config: Config, packings: Packings): VectorLayout {
  return {
    config,
    packings,
    vectors: offsetsOf(sizesOf(LAYER_TENSORS, config, packings)),
    modelVectors: offsetsOf({
      ...sizesOf(MODEL_TENSORS, config, packings),
      sinusoid: config.position === 'sinusoidal' ? 2 * config.hiddenSize : 0,
    }),
  };
}

/** Numbers of each part; 0 for parts that the model does not have. */
function sizesOf<T extends Tensors>(
  tensors: T,
  config: Config,
  packings: Packings,
): Record<VectorKey<T>, number> {
  const parts = tensorEntries(tensors).map(([key, tensor]) => {
    const { rows, columns, stride } = rowsOf(tensor, config);
    if (tensor.kind === 'matrix')
      return [`${key}Scale`, packedScales(rows, columns, packings[key as MatrixKind])];
    return [key, isPresent(tensor, config) ? rows * stride : 0];
  });
  return Object.fromEntries(parts);
}

/** Rows of a tensor, and the numbers from row to row: kernels read rows of d in blocks of weights. */
function rowsOf(tensor: Tensor, config: Config): { rows: number; columns: number; stride: number } {
  const shape = shapeOf(tensor, config);
  const columns = shape.at(-1)!;
  const rows = shape.length > 1 ? shape[0] : 1;
  return { rows, columns, stride: tensor.shape.at(-1) === 'd' ? padded(columns) : columns };
}

/** Offsets by their names in WGSL: Z_AT of the state's z, ATTENTION_NORM_AT of attentionNorm, QKV_SCALE_AT and so on. */
export function offsetConstants({ config, vectors, modelVectors }: VectorLayout): Record<string, number> {
  const all = Object.entries({ ...stateLayout(config).at, ...vectors.at, ...modelVectors.at });
  const nameOf = (key: string) => `${key.replace(/(?<=[a-z])[A-Z]/g, '_$&').toUpperCase()}_AT`;
  return Object.fromEntries(all.map(([key, at]) => [nameOf(key), at]));
}

export function packVectors(layer: LayerWeights, layout: VectorLayout, out: Float32Array): void {
  pack(LAYER_TENSORS, layer, layout.vectors, layout, out);
}

export function packModelVectors(weights: Weights, layout: VectorLayout, out: Float32Array): void {
  pack(MODEL_TENSORS, weights, layout.modelVectors, layout, out);
  if (layout.config.position === 'sinusoidal')
    out.set(frequencies(layout.config), layout.modelVectors.at.sinusoid);
}

function pack<T extends Tensors>(
  tensors: T,
  loaded: Loaded<T>,
  offsets: Offsets<VectorKey<T>>,
  { config, packings }: VectorLayout,
  out: Float32Array,
): void {
  const at: Readonly<Record<string, number>> = offsets.at;
  for (const [key, tensor] of tensorEntries(tensors)) {
    if (tensor.kind === 'matrix') {
      packScales(loaded[key] as Matrix, packings[key as MatrixKind], out.subarray(at[`${key}Scale`]));
      continue;
    }
    const values = loaded[key] as Float32Array | null;
    if (!values) continue;
    const { rows, columns, stride } = rowsOf(tensor, config);
    for (let row = 0; row < rows; row++)
      out.set(values.subarray(row * columns, (row + 1) * columns), at[key] + row * stride);
  }
}

/** Each frequency of the sinusoids in turns per position: three limbs of 16 bits, as numbers, and a 0. */
function frequencies({ hiddenSize: d }: Config): Float32Array {
  const out = new Float32Array(2 * d);
  for (let i = 0; i < d / 2; i++) {
    let turns = 10000 ** ((-2 * i) / d) / (2 * Math.PI);
    for (let limb = 0; limb < 3; limb++) {
      turns *= 2 ** 16;
      out[4 * i + limb] = Math.floor(turns);
      turns -= out[4 * i + limb];
    }
  }
  return out;
}
