import { int8Rows } from '../core/quantize';
import { dequantize } from '../core/weights';
import type { ModelData } from '../runtime/backend';
import { sha256 } from '../runtime/folder';
import { type Adapter, factors, merge, TARGETS } from './adapter';

/**
 * The model with an adapter merged into its weights: the targets are W + scale B A, summed in float64 and rounded to int8
 * rows, the same to the bit on every device. Its digest covers the model, the adapter and the scale.
 */
export async function taughtModel<M extends ModelData>(model: M, adapter: Adapter): Promise<M> {
  const { config, weights, digest } = model;
  const { rank, scale, values } = adapter;
  const layers = factors(config, rank, values).map((layer, n) => {
    const merged = TARGETS.map((target) => {
      const matrix = weights.layers[n][target];
      return [target, int8Rows(merge(matrix, dequantize(matrix), layer[target], scale), matrix)];
    });
    return { ...weights.layers[n], ...Object.fromEntries(merged) };
  });
  const taught = await taughtDigest(digest, await adapterDigest(adapter), scale);
  return { ...model, weights: { ...weights, layers }, digest: taught, proof: null };
}

/** The digest of an adapter without its scale: SHA-256 of its rank and numbers, in hex. */
export async function adapterDigest({ rank, values }: Pick<Adapter, 'rank' | 'values'>): Promise<string> {
  const bytes = new Uint8Array(4 + values.byteLength);
  new DataView(bytes.buffer).setUint32(0, rank, true);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 4);
  return sha256(bytes.buffer);
}

/** The digest of a taught model, from those of its base and its adapter: SHA-256 of the three in JSON, in hex. */
export async function taughtDigest(base: string, adapter: string, scale: number): Promise<string> {
  return sha256(new TextEncoder().encode(JSON.stringify([base, adapter, scale])).buffer);
}
