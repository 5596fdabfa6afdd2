import type { Config } from '../../src/model/core/config';

/** URL of onnxruntime-web's files on the bench's server. */
export const ONNX_RUNTIME_FILES = '/node_modules/onnxruntime-web/dist/';

export interface StateShape {
  readonly name: string;
  readonly shape: readonly number[];
  /** Number of values. */
  readonly size: number;
}

/** Names and shapes of the graph's states, as training/leapformer/onnx_export.py defines them; the output is `next_NAME`. */
export function stateShapes({ layers, heads, headWidth, stateRows, hiddenSize }: Config): StateShape[] {
  return Array.from({ length: layers }, (_, layer) => [
    { name: `state.${layer}`, shape: [1, heads, stateRows, headWidth], size: heads * stateRows * headWidth },
    { name: `convolution.${layer}`, shape: [1, 3 * hiddenSize, 3], size: 9 * hiddenSize },
  ]).flat();
}

export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
