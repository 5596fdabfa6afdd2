import type { LayerCapture } from '../model/lens/head-lens';
import { CHUNK, type Plan } from './plan';

/**
 * Copies a chunk's features into captures, from token `first` on.
 * @param values [layer, CHUNK, h, features], the features of a head being q~ k~ v a Pq Pk (chunk.wgsl)
 */
export function unpackFeatures(
  values: Float32Array,
  { config, features }: Plan,
  captures: readonly LayerCapture[],
  first: number,
  count: number,
): void {
  const { heads: h, headWidth: e, stateRows: E } = config;
  for (const [layer, capture] of captures.entries())
    for (let row = 0; row < count * h; row++) {
      const from = (layer * CHUNK * h + row) * features;
      const to = first * h + row;
      const v = from + 2 * E;
      capture.query.set(values.subarray(from, from + E), to * E);
      capture.key.set(values.subarray(from + E, v), to * E);
      capture.value.set(values.subarray(v, v + e), to * e);
      [capture.decay[to], capture.queryProportion[to], capture.keyProportion[to]] = values.subarray(v + e);
    }
}
