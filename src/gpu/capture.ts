import type { LayerCapture } from '../model/lens/head-lens';
import type { Machine } from './machine';
import { CHUNK, type Plan } from './plan';

/** Readback buffer for the `features` output of every layer for a chunk: [layer, CHUNK, h, features]. */
export function captureBuffer(machine: Machine, { config, features }: Plan): GPUBuffer {
  const bytes = 4 * config.layers * CHUNK * config.heads * features;
  return machine.buffer('transfer', 'the lens', bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
}

/** Copies a chunk's features, q~ k~ v a Pq Pk per head (chunk.wgsl), into captures from token `first`. */
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
