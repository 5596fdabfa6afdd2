import type { DeviceWeights } from '../device-weights';
import { ELEMENT_THREADS, type Plan } from '../plan';
import { type LearnerBuffers, LOGIT_TILE } from './buffers';
import type { LayerSteps } from './layer-steps';
import type { Products } from './products';
import type { Step } from './program';

/** The forward pass of a segment, which records its activations, and moves the state to its end. */
export function forwardSteps(
  plan: Plan,
  weights: DeviceWeights,
  buffers: LearnerBuffers,
  layer: LayerSteps,
  products: Products,
): Step[] {
  const { chunk, normalized, qkv, attended, records, last, state, before } = buffers;
  const { hiddenSize: d, layers } = plan.config;
  const copyRows =
    (from: GPUBuffer, to: GPUBuffer): Step =>
    (tokens) => [{ from, fromByte: 0, to, toByte: 0, bytes: 4 * tokens * plan.paddedWidth }];
  const layerSteps = (n: number): Step[] => {
    const { input, o, middle, hidden } = records[n];
    const next = n + 1 < layers ? records[n + 1].input : last;
    return [
      layer.norm(n, 'attentionNorm', input, normalized),
      ...products.forward(n, 'qkv', normalized, qkv),
      ...layer.convolve(n),
      layer.reweight(n),
      layer.recur(n),
      layer.norm(n, 'outputNorm', o, attended),
      copyRows(input, middle),
      ...products.forward(n, 'output', attended, middle, 'ADD'),
      layer.norm(n, 'mlpNorm', middle, normalized),
      ...products.forward(n, 'up', normalized, hidden, 'RELU_SQUARED'),
      copyRows(middle, next),
      ...products.forward(n, 'down', hidden, next, 'ADD'),
    ];
  };
  return [
    () => [{ from: state, fromByte: 0, to: before, toByte: 0, bytes: 4 * plan.stateSize }],
    {
      kernel: 'embed',
      resources: {
        embedding: weights.embedding,
        vectors: weights.modelVectors,
        chunk,
        activations: records[0].input,
      },
      grid: (tokens) => [Math.ceil(d / ELEMENT_THREADS), tokens],
    },
    ...records.flatMap((_, n) => layerSteps(n)),
    layer.norm(0, 'finalNorm', last, normalized),
  ];
}

/** The loss of a tile of at most LOGIT_TILE tokens from token `first` on; with its gradient if `learns`. */
export function lossSteps(
  plan: Plan,
  buffers: LearnerBuffers,
  products: Products,
  first: number,
  learns: boolean,
): Step[] {
  const { targets, logits, nats, normalized, Dnormalized } = buffers;
  const tile = (buffer: GPUBuffer, stride: number): GPUBufferBinding => ({
    buffer,
    offset: 4 * first * stride,
    size: 4 * LOGIT_TILE * stride,
  });
  return [
    ...products.logits(tile(normalized, plan.paddedWidth), logits),
    {
      kernel: 'crossEntropy',
      resources: { targets: tile(targets, 1), logits, nats: tile(nats, 1) },
      grid: (tokens) => [tokens, 1],
    },
    ...(learns ? products.logitsBackward(logits, tile(Dnormalized, plan.paddedWidth)) : []),
  ];
}

/** The gradient of the factors, layer by layer from the last, from that of the final norm. */
export function backwardSteps(
  { config }: Plan,
  buffers: LearnerBuffers,
  layer: LayerSteps,
  products: Products,
): Step[] {
  const { normalized, attended, records, last, Dx, Dnormalized, Dattended, Do, Dqkv } = buffers;
  const mlp = (n: number): Step[] => {
    const { middle, hidden } = records[n];
    return [
      ...products.factors(n, 'down', hidden, Dx),
      ...products.backward(n, 'down', Dx, hidden, 'RELU_SQUARED_GRADIENT'),
      layer.norm(n, 'mlpNorm', middle, normalized),
      ...products.factors(n, 'up', normalized, hidden),
      ...products.backward(n, 'up', hidden, Dnormalized),
      layer.normBackward(n, 'mlpNorm', middle, Dnormalized, Dx, true),
    ];
  };
  const attention = (n: number): Step[] => {
    const { input, o } = records[n];
    const below: Step[] = [
      ...products.backward(n, 'qkv', Dqkv, Dnormalized),
      ...layer.gateBackward(n),
      layer.normBackward(n, 'attentionNorm', input, Dnormalized, Dx, true),
    ];
    return [
      layer.norm(n, 'outputNorm', o, attended),
      ...products.factors(n, 'output', attended, Dx),
      ...products.backward(n, 'output', Dx, Dattended),
      layer.normBackward(n, 'outputNorm', o, Dattended, Do, false),
      layer.norm(n, 'attentionNorm', input, normalized),
      layer.reweight(n),
      ...layer.recurBackward(n),
      layer.convolveBackward(n),
      ...products.factors(n, 'qkv', normalized, Dqkv),
      ...(n > 0 ? below : []), // nothing below the first layer has a gradient
    ];
  };
  const layers = Array.from({ length: config.layers }, (_, n) => n).reverse();
  return [
    layer.normBackward(0, 'finalNorm', last, Dnormalized, Dx, false),
    ...layers.flatMap((n) => [...mlp(n), ...attention(n)]),
  ];
}
