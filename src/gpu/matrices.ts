import type { Config } from '../model/core/config';
import type { LAYER_TENSORS, MatrixOf, MODEL_TENSORS } from '../model/core/tensors';
import type { Matrix, Precision, Weights } from '../model/core/weights';
import { type Packing, packedBytes } from './pack';

export type MatrixKind = MatrixOf<typeof MODEL_TENSORS> | MatrixOf<typeof LAYER_TENSORS>;
export type MatrixPrecisions = Readonly<Record<MatrixKind, Precision>>;
/** How the matrices of each kind lie on the device. */
export type Packings = Readonly<Record<MatrixKind, Packing>>;

/** The precision of each kind; float32 if the layers differ. */
export function precisionsOf(weights: Weights): MatrixPrecisions {
  const precisions = Object.entries(matricesByKind(weights)).map(([kind, [{ precision }, ...others]]) => {
    const isShared = others.every((matrix) => matrix.precision === precision);
    return [kind, isShared ? precision : 'float32'];
  });
  return Object.fromEntries(precisions);
}

/** @param slice hidden units in a slice of the MLP */
export function packingsOf(
  { hiddenSize: d, headWidth: e }: Config,
  precisions: MatrixPrecisions,
  slice: number,
): Packings {
  const groups: Record<MatrixKind, number> = { embedding: d, qkv: d, output: e, up: d, down: slice };
  const packings = Object.entries(groups).map(([kind, group]) => {
    return [kind, { precision: precisions[kind as MatrixKind], group }];
  });
  return Object.fromEntries(packings);
}

/** Bytes of the largest packed matrix. */
export function largestMatrix(weights: Weights, packings: Packings): number {
  const bytes = Object.entries(matricesByKind(weights)).map(([kind, [matrix]]) =>
    packedBytes(matrix, packings[kind as MatrixKind]),
  );
  return Math.max(...bytes);
}

/** The embedding, and the matrices of each layer in order. */
function matricesByKind({ embedding, layers }: Weights): Record<MatrixKind, readonly Matrix[]> {
  return {
    embedding: [embedding],
    qkv: layers.map(({ qkv }) => qkv),
    output: layers.map(({ output }) => output),
    up: layers.map(({ up }) => up),
    down: layers.map(({ down }) => down),
  };
}
