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
  const taught = await digestOf(digest, adapter);
  return { ...model, weights: { ...weights, layers }, digest: taught, proof: null };
}

async function digestOf(base: string, { rank, scale, values }: Adapter): Promise<string> {
  const facts = new TextEncoder().encode(JSON.stringify([base, rank, scale]));
  const bytes = new Uint8Array(facts.length + values.byteLength);
  bytes.set(facts);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), facts.length);
  return sha256(bytes.buffer);
}
