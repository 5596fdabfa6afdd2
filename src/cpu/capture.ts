import type { LayerCapture } from '../model/lens/head-lens';

/** The attention inputs of a layer for a tile of T rows. Views of the heap, valid until the next layer. */
export interface TileFeatures {
  /** q~ and k~ [T, h, E] */
  readonly query: Float32Array;
  readonly key: Float32Array;
  /** [T, valueStride]; the first d columns are the heads' values. */
  readonly value: Float32Array;
  readonly valueStride: number;
  /** a [T, decayStride]; the first h columns are used. */
  readonly decay: Float32Array;
  readonly decayStride: number;
  /** [T, h] */
  readonly queryProportion: Float32Array;
  readonly keyProportion: Float32Array;
}

/** Copies a tile into a capture, starting at token `first`. */
export function copyTile(tile: TileFeatures, capture: LayerCapture, heads: number, first: number): void {
  const rows = tile.queryProportion.length / heads;
  capture.query.set(tile.query, first * (tile.query.length / rows));
  capture.key.set(tile.key, first * (tile.key.length / rows));
  capture.queryProportion.set(tile.queryProportion, first * heads);
  capture.keyProportion.set(tile.keyProportion, first * heads);
  const width = (capture.value.length / capture.decay.length) * heads; // d
  for (let t = 0; t < rows; t++) {
    const value = t * tile.valueStride;
    capture.value.set(tile.value.subarray(value, value + width), (first + t) * width);
    const decay = t * tile.decayStride;
    capture.decay.set(tile.decay.subarray(decay, decay + heads), (first + t) * heads);
  }
}
