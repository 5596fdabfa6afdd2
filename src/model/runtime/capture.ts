import type { Config } from '../core/config';
import { stateLayout } from '../core/tensors';
import type { LayerCapture } from '../lens/head-lens';
import type { Snapshot } from './snapshot';

/** Empty captures of `count` tokens for a backend to fill, one per layer, in the precision of the state before them. */
export function newCaptures(config: Config, count: number, before: Snapshot): LayerCapture[] {
  const { heads: h, headWidth: e, stateRows: E } = config;
  const { at, layerSize } = stateLayout(config);
  const { state } = before;
  const numbers = (size: number) =>
    state instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);
  return Array.from({ length: config.layers }, (_, n) => {
    const layer = state.subarray(n * layerSize, (n + 1) * layerSize);
    return {
      query: numbers(count * h * E),
      key: numbers(count * h * E),
      value: numbers(count * h * e),
      queryProportion: numbers(count * h),
      keyProportion: numbers(count * h),
      decay: numbers(count * h),
      S: layer.subarray(at.S, at.S + h * E * e),
      z: layer.subarray(at.z, at.z + h * E),
    };
  });
}
