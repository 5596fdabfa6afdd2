import { parseConfig } from '../src/model/core/config';
import { dequantize, type LayerWeights, type Matrix, type Weights } from '../src/model/core/weights';
import type { ModelData } from '../src/model/runtime/backend';
import { hash } from '../src/model/sampling/random';

/** A model with random float32 weights of any shape; by default the smallest one with every part. */
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
  const { hiddenSize: d, heads: h, headWidth: e, intermediateSize: f, proportionHidden: p } = config;
  let draw = 0;
  const vector = (length: number, mean = 0, spread = 1) => {
    draw++;
    return Float32Array.from({ length }, (_, i) => mean + spread * (hash(seed, draw, i) / 2 ** 31 - 1));
  };
  const matrix = (rows: number, columns: number): Matrix => {
    const values = vector(rows * columns, 0, scale * Math.sqrt(3 / columns));
    const bytes = new Uint8Array(values.buffer);
    return { rows, columns, precision: 'float32', bytes, scales: null };
  };
  const proportion = () => ({
    hidden: vector(p * e),
    hiddenBias: vector(p),
    output: vector(p, 0, 3),
    outputBias: vector(1)[0],
  });
  const isLeap = config.reweighting === 'leap';
  const layer = (): LayerWeights => ({
    attentionNorm: vector(d, 1, 0.5),
    mlpNorm: vector(d, 1, 0.5),
    qkv: matrix(3 * d, d),
    output: matrix(d, d),
    up: matrix(f, d),
    down: matrix(d, f),
    convolution: config.convKernel ? vector(12 * d) : null,
    queryProportion: isLeap ? proportion() : null,
    keyProportion: isLeap ? proportion() : null,
    decay: config.decay ? { weight: vector(h * d), bias: vector(h, 2) } : null,
    outputNorm: config.normalizer === 'rms' ? vector(d, 1, 0.5) : null,
  });
  const weights: Weights = {
    embedding: matrix(config.vocabSize, d),
    layers: Array.from({ length: config.layers }, layer),
    finalNorm: vector(d, 1, 0.5),
  };
  return { config, weights, digest: 'random' };
}

/** The same model with its matrices rounded to another precision. The reference computes with the rounded values. */
export function inPrecision(model: ModelData, precision: 'float16' | 'int8'): ModelData {
  const convert = precision === 'int8' ? toInt8 : toFloat16;
  const layers = model.weights.layers.map((layer) => ({
    ...layer,
    qkv: convert(layer.qkv),
    output: convert(layer.output),
    up: convert(layer.up),
    down: convert(layer.down),
  }));
  return { ...model, weights: { ...model.weights, embedding: convert(model.weights.embedding), layers } };
}

function toInt8(matrix: Matrix): Matrix {
  const { rows, columns } = matrix;
  const values = dequantize(matrix);
  const bytes = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const part = values.subarray(row * columns, (row + 1) * columns);
    scales[row] = part.reduce((max, v) => Math.max(max, Math.abs(v)), 0) / 127 || 1;
    for (const [i, v] of part.entries()) bytes[row * columns + i] = Math.round(v / scales[row]);
  }
  return { rows, columns, precision: 'int8', bytes: new Uint8Array(bytes.buffer), scales };
}

function toFloat16(matrix: Matrix): Matrix {
  const halves = Uint16Array.from(dequantize(matrix), (value) => {
    // Rounded to 11 bits; small values become multiples of 2^-24.
    const step = 2 ** Math.max(Math.floor(Math.log2(Math.abs(value) || 1)) - 10, -24);
    const rounded = Math.round(Math.abs(value) / step) * step;
    const exponent = Math.max(Math.floor(Math.log2(rounded || 2 ** -15)), -15);
    const bits =
      exponent < -14 ? rounded * 2 ** 24 : (exponent + 15) * 1024 + (rounded / 2 ** exponent - 1) * 1024;
    return (value < 0 ? 0x8000 : 0) | bits;
  });
  return { ...matrix, precision: 'float16', bytes: new Uint8Array(halves.buffer) };
}
