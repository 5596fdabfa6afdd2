import type { Config } from '../../src/model/core/config';
import { stateLayout } from '../../src/model/core/tensors';
import { relativeError } from '../../tests/golden';
import type { SoftmaxTwin } from './measurements';
import type { Wasm } from './wasm';

export const POSITIONS = [64, 1024, 8192, 65536] as const;
const HEAD_WIDTH = 64; // the only width that the kernel supports

/** Bytes of keys and values in float32. */
export function softmaxCacheBytes(config: Config, position: number): number {
  return position * config.layers * 2 * config.hiddenSize * 4;
}

/** Bytes that the twin needs in addition to the largest cache. */
export const SOFTMAX_SCRATCH = 4 * (POSITIONS[3] + 2 * HEAD_WIDTH);

/**
 * The cost of softmax attention per token in a model of the same shape: one new token's queries over the keys and values
 * of all earlier tokens, in every layer and head. The rest of a layer costs the same as in a LeaPformer.
 */
export function measureSoftmax(config: Config, wasm: Wasm, rounds: number): SoftmaxTwin {
  if (config.headWidth !== HEAD_WIDTH)
    throw new Error(`The softmax kernel supports only heads of width ${HEAD_WIDTH}.`);
  const places = POSITIONS.map((position) => ({
    position,
    bytes: softmaxCacheBytes(config, position),
    ms: [] as number[],
  }));
  for (let round = -1; round < rounds; round++)
    for (const { position, bytes, ms } of places) {
      const repeats = Math.max(1, Math.round(2048 / position));
      const started = performance.now();
      for (let i = 0; i < repeats; i++) attendEverywhere(config, wasm, position, bytes);
      if (round >= 0) ms.push((performance.now() - started) / repeats); // the first round warms up
    }
  return { error: checkKernel(wasm), places, stateBytes: 4 * stateLayout(config).size };
}

function attendEverywhere(config: Config, { kernels, base }: Wasm, position: number, bytes: number): void {
  const query = base + bytes;
  const output = query + 4 * HEAD_WIDTH;
  const scores = output + 4 * HEAD_WIDTH;
  const half = 4 * position * HEAD_WIDTH;
  for (let head = 0; head < config.layers * config.heads; head++) {
    const keys = base + 2 * half * head;
    kernels.attend(keys, keys + half, query, scores, output, position);
  }
}

/** Compares the kernel with float64. */
function checkKernel({ kernels, memory, base }: Wasm): number {
  const length = 128;
  const size = 4 * length * HEAD_WIDTH;
  const [keys, values, query] = [base, base + size, base + 2 * size];
  const [output, scores] = [query + 4 * HEAD_WIDTH, query + 8 * HEAD_WIDTH];
  kernels.attend(keys, values, query, scores, output, length);
  const at = (address: number, count: number) => Array.from(new Float32Array(memory.buffer, address, count));
  const row = (address: number, t: number) => at(address + 4 * HEAD_WIDTH * t, HEAD_WIDTH);
  const q = at(query, HEAD_WIDTH);
  const weights = Array.from({ length }, (_, t) =>
    Math.exp(row(keys, t).reduce((sum, k, c) => sum + k * q[c], 0)),
  );
  const mass = weights.reduce((sum, weight) => sum + weight, 0);
  const expected = q.map(
    (_, c) => weights.reduce((sum, weight, t) => sum + weight * row(values, t)[c], 0) / mass,
  );
  return relativeError(at(output, HEAD_WIDTH), expected);
}
