import type { LayerCapture } from '../model/lens/head-lens';
import type { Machine } from './machine';
import { CHUNK, featureOffsets, type Plan } from './plan';

/** Brings home what the features kernel of every layer made of a chunk: [layer, CHUNK, h, features]. */
export function captureBuffer(machine: Machine, { config, features }: Plan): GPUBuffer {
  const bytes = 4 * config.layers * CHUNK * config.heads * features;
  return machine.buffer('transfer', 'the lens', bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
}

/** Sorts a chunk's features, q~ k~ v a Pq Pk a head (chunk.wgsl), into captures from token `first` on. */
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
