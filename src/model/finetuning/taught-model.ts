import { int8Rows } from '../core/quantize';
import { dequantize, type LayerWeights, type Matrix } from '../core/weights';
import type { ModelData } from '../runtime/backend';
import { cancelled } from '../runtime/errors';
import { sha256 } from '../runtime/folder';
import { Pace } from '../runtime/pace';
import { type Adapter, type Factors, factors, merge, TARGETS, type Target } from './adapter';

/** Numbers that are merged between checks of the clock. */
const SLICE = 2 ** 16;

/**
 * The model with an adapter merged into its weights: the targets are W + scale B A, summed in float64 and rounded to int8
 * rows, the same to the bit on every device. Its digest covers the model, the adapter and the scale. Yields to messages.
 * @throws EngineError 'cancelled' if the signal aborts
 */
export async function taughtModel<M extends ModelData>(
  model: M,
  adapter: Adapter,
  signal?: AbortSignal,
): Promise<M> {
  const { config, weights, digest } = model;
  const { rank, scale, values } = adapter;
  const pace = new Pace();
  const breathe = async () => {
    if (pace.isDue) await pace.yield();
    if (signal?.aborted) throw cancelled();
  };
  const layers: LayerWeights[] = [];
  for (const [n, layer] of factors(config, rank, values).entries()) {
    const merged: Partial<Record<Target, Matrix>> = {};
    for (const target of TARGETS)
      merged[target] = await mergeRows(weights.layers[n][target], layer[target], scale, breathe);
    layers.push({ ...weights.layers[n], ...merged });
  }
  const taught = await taughtDigest(digest, await adapterDigest(adapter), scale);
  return { ...model, weights: { ...weights, layers }, digest: taught, proof: null };
}

/** The merged matrix as int8 rows, some rows at a time. */
async function mergeRows(
  matrix: Matrix,
  { A, B }: Factors,
  scale: number,
  breathe: () => Promise<void>,
): Promise<Matrix> {
  const { rows, columns, span } = matrix;
  const W = dequantize(matrix);
  const rank = B.length / rows;
  const [bytes, scales] = [new Uint8Array(rows * columns), new Float32Array(rows)];
  const most = Math.ceil(SLICE / columns);
  for (let row = 0; row < rows; row += most) {
    await breathe();
    const part = { rows: Math.min(most, rows - row), columns, span };
    const to = row + part.rows;
    const factors = { A, B: B.subarray(row * rank, to * rank) };
    const merged = merge(part, W.subarray(row * columns, to * columns), factors, scale);
    const rounded = int8Rows(merged, part);
    bytes.set(rounded.bytes, row * columns);
    scales.set(rounded.scales!, row);
  }
  return { rows, columns, span, precision: 'int8', bytes, scales };
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
