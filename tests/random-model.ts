import { parseConfig } from '../src/model/core/config';
import { loadWeights } from '../src/model/core/weights';
import type { ModelData } from '../src/model/runtime/backend';
import { hash, mix } from '../src/model/sampling/random';

/** Mean and spread of a vector: the first entry that matches its name. */
const RANGES: readonly (readonly [RegExp, mean: number, spread: number])[] = [
  [/norm\.weight$/, 1, 0.5],
  [/proportion\.output\.weight$/, 0, 3],
  [/decay\.bias$/, 2, 1],
  [/./, 0, 1],
];

/**
 * A model with random float32 weights: by default the smallest that has every part. A tensor depends only on the seed,
 * its name and its shape. `scale` is a factor of the matrices.
 */
export function randomModel(options: Record<string, unknown> = {}, seed = 1, scale = 1): ModelData {
  const sizes = { vocab_size: 40, hidden_size: 8, num_attention_heads: 2, num_hidden_layers: 1, ...options };
  const config = parseConfig({
    model_type: 'leapformer',
    hidden_act: 'relu2',
    tie_word_embeddings: true,
    bos_token_id: 0,
    intermediate_size: 20,
    rms_norm_eps: 1e-6,
    embedding_scale: 2,
    position: 'none',
    reweighting: 'leap',
    static_length: 16,
    proportion_hidden_size: 1,
    normalizer: 'rms',
    denominator_floor: 0.1,
    decay: true,
    conv_kernel: 4,
    ...sizes,
  });
  const draw = (name: string, shape: readonly number[], mean: number, spread: number) => {
    const number = Array.from(name).reduce((sum, letter) => mix(sum + letter.charCodeAt(0)), 0);
    const length = shape.reduce((a, b) => a * b);
    return Float32Array.from({ length }, (_, i) => mean + spread * (hash(seed, number, i) / 2 ** 31 - 1));
  };
  const weights = loadWeights(config, {
    matrix(name, [rows, columns], span) {
      const values = draw(name, [rows, columns], 0, scale * Math.sqrt(3 / columns));
      const bytes = new Uint8Array(values.buffer);
      return { rows, columns, span, precision: 'float32', bytes, scales: null };
    },
    vector(name, shape) {
      const [, mean, spread] = RANGES.find(([pattern]) => pattern.test(name))!;
      return draw(name, shape, mean, spread);
    },
  });
  return { config, weights, digest: 'random' };
}
