import { stateLayout } from '../../model/core/tensors';
import { SEGMENT } from '../../model/finetuning/learner';
import type { DeviceWeights } from '../device-weights';
import type { Plan } from '../plan';
import { pack } from '../structs';
import type { LearnerBuffers } from './buffers';
import { columnsOf } from './kernels';
import { groups } from './products';
import type { Step } from './program';

/** The norms of a layer: of the residual before attention or before the MLP, and of the heads. */
type NormName = 'attentionNorm' | 'mlpNorm' | 'outputNorm' | 'finalNorm';

/** The steps of a layer besides its products. */
export class LayerSteps {
  private readonly plan: Plan;
  private readonly weights: DeviceWeights;
  private readonly buffers: LearnerBuffers;

  constructor(plan: Plan, weights: DeviceWeights, buffers: LearnerBuffers) {
    this.plan = plan;
    this.weights = weights;
    this.buffers = buffers;
  }

  /** y = rms(x) * norm of the residual; of the heads by the model's normalizer. */
  norm(n: number, name: NormName, x: GPUBuffer, y: GPUBuffer): Step {
    const { shape, groups: count } = this.normShape(name, false);
    return {
      kernel: 'norm',
      resources: { vectors: this.vectorsOf(n, name), x, y },
      shape,
      grid: (tokens) => [groups(tokens * count), 1],
    };
  }

  /** Dx of a norm, or Dx + that if `adds`. */
  normBackward(n: number, name: NormName, x: GPUBuffer, Dy: GPUBuffer, Dx: GPUBuffer, adds: boolean): Step {
    const { shape, groups: count } = this.normShape(name, adds);
    return {
      kernel: 'normBackward',
      resources: { vectors: this.vectorsOf(n, name), x, Dy, Dx },
      shape,
      grid: (tokens) => [groups(tokens * count), 1],
    };
  }

  /** u of a layer from qkv, and the convolution inputs of the next segment. */
  convolve(n: number): Step[] {
    const { qkv, state, before, records } = this.buffers;
    const { hiddenSize: d, convKernel } = this.plan.config;
    const { u } = records[n];
    const row = 12 * d; // bytes
    if (convKernel === 0)
      return [(tokens) => [{ from: qkv, fromByte: 0, to: u, toByte: 0, bytes: tokens * row }]];
    const { at, layerSize } = stateLayout(this.plan.config);
    const offset = n * layerSize;
    const inputs = 4 * (offset + at.inputs);
    return [
      {
        kernel: 'convolve',
        resources: { vectors: this.weights.layers[n].vectors, qkv, state, u },
        shape: pack('Layer', { state: offset, partials: 0 }),
        grid: (tokens) => [groups(3 * d), tokens],
      },
      (tokens) =>
        [0, 1, 2].map((k) => {
          const i = tokens + k - 3; // the token of the segment, or one before it
          const [from, fromByte] = i >= 0 ? [qkv, i * row] : [before, inputs + (i + 3) * row];
          return { from, fromByte, to: state, toByte: inputs + k * row, bytes: row };
        }),
    ];
  }

  /** q~, k~, v and the decay of a layer. */
  reweight(n: number): Step {
    const { normalized, chunk, tilde, values, decay, records } = this.buffers;
    const { vectors } = this.weights.layers[n];
    return {
      kernel: 'reweight',
      resources: { vectors, u: records[n].u, normalized, chunk, tilde, values, decay },
      grid: (tokens) => [groups(tokens * this.plan.config.heads), 3],
    };
  }

  /** o of a layer, and its state after the segment. */
  recur(n: number): Step {
    const { values: v, state, records } = this.buffers;
    return this.pass('recurColumns', v, this.keys, this.queries, records[n].o, state, {
      state: this.stateOf(n),
      begins: 1,
      keeps: 1,
      reverse: 0,
    });
  }

  /** Du of a layer, and the gradient of its gates, from Do. */
  recurBackward(n: number): Step[] {
    const { values: v, before, Do, Dvalues, Dtilde, Dgates, Du, decay, chunk, records } = this.buffers;
    const { heads, decay: hasDecay } = this.plan.config;
    const { vectors } = this.weights.layers[n];
    const { queries, keys } = this;
    const [Dqueries, Dkeys] = this.sidesOf(Dtilde);
    const again = { state: this.stateOf(n), begins: 1, keeps: 0, reverse: 0 };
    const back = { ...again, begins: 0, reverse: 1 };
    const gates: Step = {
      kernel: 'decayBackward',
      resources: { queries, keys, Dqueries, Dkeys, decay, Dgates },
      grid: () => [heads, 1],
    };
    return [
      this.pass('recurRows', keys, v, Do, Dqueries, before, again),
      this.pass('recurRows', queries, Do, v, Dkeys, before, back),
      this.pass('recurColumns', Do, queries, keys, Dvalues, before, back),
      ...(hasDecay ? [gates] : []),
      {
        kernel: 'reweightBackward',
        resources: { vectors, u: records[n].u, chunk, Dtilde, Dvalues, Du },
        grid: (tokens) => [groups(tokens * heads), 3],
      },
    ];
  }

  /** Dqkv of a layer from Du. */
  convolveBackward(n: number): Step {
    const { Du, Dqkv } = this.buffers;
    const { hiddenSize: d, convKernel } = this.plan.config;
    if (convKernel === 0)
      return (tokens) => [{ from: Du, fromByte: 0, to: Dqkv, toByte: 0, bytes: tokens * 12 * d }];
    return {
      kernel: 'convolveBackward',
      resources: { vectors: this.weights.layers[n].vectors, Du, Dqkv },
      grid: (tokens) => [groups(3 * d), tokens],
    };
  }

  /** Adds the gradient through the gates to that of the normalized residual. */
  gateBackward(n: number): Step[] {
    const { Dgates, Dnormalized } = this.buffers;
    if (!this.plan.config.decay) return [];
    return [
      {
        kernel: 'gateBackward',
        resources: { vectors: this.weights.layers[n].vectors, Dgates, Dnormalized },
        grid: (tokens) => [groups(this.plan.paddedWidth / 4), tokens],
      },
    ];
  }

  private pass(
    kernel: 'recurColumns' | 'recurRows',
    x: GPUBuffer | GPUBufferBinding,
    u: GPUBuffer | GPUBufferBinding,
    y: GPUBuffer | GPUBufferBinding,
    out: GPUBuffer | GPUBufferBinding,
    state: GPUBuffer,
    shape: { state: number; begins: number; keeps: number; reverse: number },
  ): Step {
    const { heads, stateRows } = this.plan.config;
    const items = kernel === 'recurRows' ? stateRows : columnsOf(this.plan);
    return {
      kernel,
      resources: { x, u, y, decay: this.buffers.decay, out, state },
      shape: pack('Pass', shape),
      grid: () => [groups(items), heads],
    };
  }

  private get queries(): GPUBufferBinding {
    return this.sidesOf(this.buffers.tilde)[0];
  }

  private get keys(): GPUBufferBinding {
    return this.sidesOf(this.buffers.tilde)[1];
  }

  /** The parts of queries and keys of [2, SEGMENT, h, E]. */
  private sidesOf(buffer: GPUBuffer): GPUBufferBinding[] {
    const size = 4 * SEGMENT * this.plan.config.heads * this.plan.config.stateRows;
    return [0, size].map((offset) => ({ buffer, offset, size }));
  }

  private stateOf(n: number): number {
    return n * this.plan.layerSize;
  }

  private vectorsOf(n: number, name: NormName): GPUBuffer {
    return name === 'finalNorm' ? this.weights.modelVectors : this.weights.layers[n].vectors;
  }

  private normShape(name: NormName, adds: boolean) {
    const { config, vectors, modelVectors, paddedWidth, paddedHeadWidth } = this.plan;
    const { hiddenSize, heads, headWidth, normalizer, rmsNormEps: eps, denominatorFloor: floor } = config;
    const ofHeads = name === 'outputNorm';
    const groups = ofHeads ? heads : 1;
    const shape = pack('Norm', {
      width: ofHeads ? headWidth : hiddenSize,
      groups,
      x_stride: ofHeads ? columnsOf(this.plan) : paddedWidth,
      y_stride: ofHeads ? paddedHeadWidth : paddedWidth,
      weights_at: name === 'finalNorm' ? modelVectors.at.finalNorm : vectors.at[name],
      divides: Number(ofHeads && normalizer === 'denominator'),
      adds: Number(adds),
      eps,
      floor,
    });
    return { shape, groups };
  }
}
