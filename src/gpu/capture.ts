import type { LayerCapture } from '../model/lens/head-lens';
import { CHUNK, featureOffsets, type Plan } from './plan';

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
  const at = featureOffsets(config);
  for (const [layer, capture] of captures.entries())
    for (let row = 0; row < count * h; row++) {
      const from = (layer * CHUNK * h + row) * features;
      const to = first * h + row;
      const part = (offset: number, size: number) => values.subarray(from + offset, from + offset + size);
      capture.query.set(part(at.query, E), to * E);
      capture.key.set(part(at.key, E), to * E);
      capture.value.set(part(at.value, e), to * e);
      capture.decay[to] = values[from + at.decay];
      [capture.queryProportion[to], capture.keyProportion[to]] = part(at.proportions, 2);
    }
}
