import type { LayerCapture } from '../model/lens/head-lens';

/** What a layer's attention works with on a tile of T rows, as views of the heap that hold until it goes on. */
export interface TileFeatures {
  /** q~ and k~ [T, h, E] */
  readonly query: Float32Array;
  readonly key: Float32Array;
  /** [T, valueStride], of which the first d are the heads' values. */
  readonly value: Float32Array;
  readonly valueStride: number;
  /** a [T, decayStride], of which the first h count. */
  readonly decay: Float32Array;
  readonly decayStride: number;
  /** [T, h] */
  readonly queryProportion: Float32Array;
  readonly keyProportion: Float32Array;
}

/** Copies a tile into a capture, from token `first` on. */
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
