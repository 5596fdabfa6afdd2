import type { Config } from '../../model/core/config';
import { stateLayout } from '../../model/core/tensors';
import type { Adapter } from '../../model/finetuning/adapter';
import {
  checkSegment,
  type Learner,
  type LearnerMemory,
  type SegmentGradient,
  type SegmentLoss,
} from '../../model/finetuning/learner';
import type { ModelData } from '../../model/runtime/backend';
import { cancelled } from '../../model/runtime/errors';
import { Pace } from '../../model/runtime/pace';
import { Forward } from '../forward';
import { Heap } from '../heap';
import { type Kernels, loadKernels } from '../kernels';
import { PackedWeights } from '../packed';
import { Backward } from './backward';
import { type BackwardKernels, loadBackwardKernels } from './kernels';
import { MergedModel } from './merged';

/** A learner on WebAssembly, for adapters of one rank. @throws EngineError 'device' without SIMD or memory */
export async function createWasmLearner(model: ModelData, rank: number): Promise<WasmLearner> {
  const heap = new Heap();
  const { kernels } = await loadKernels(heap.memory);
  return new WasmLearner(model, rank, heap, kernels, await loadBackwardKernels(heap.memory));
}

export class WasmLearner implements Learner {
  private readonly config: Config;
  private readonly heap: Heap;
  private readonly backwardKernels: BackwardKernels;
  private readonly base: PackedWeights;
  private readonly model: MergedModel;
  private readonly forward: Forward;
  private readonly backward: Backward;
  /** Address of the state. */
  private readonly state: number;
  private readonly targets: number; // uint32 [logitRows]
  private readonly sums: number; // float64 [logitRows, 2]
  private position = 0;

  constructor(
    model: ModelData,
    rank: number,
    heap: Heap,
    kernels: Kernels,
    backwardKernels: BackwardKernels,
  ) {
    const { config } = model;
    this.config = config;
    this.heap = heap;
    this.backwardKernels = backwardKernels;
    this.base = new PackedWeights(model, heap);
    this.model = new MergedModel(config, this.base, rank, heap, backwardKernels);
    this.forward = new Forward(config, this.model, heap, kernels, 'float32');
    this.backward = new Backward(config, this.model, this.forward, heap, kernels, backwardKernels);
    this.state = heap.allocate(4 * stateLayout(config).size);
    this.targets = heap.allocate(4 * this.forward.logitRows);
    this.sums = heap.allocate(16 * this.forward.logitRows);
  }

  memory(): LearnerMemory {
    const { base, model, forward, backward } = this;
    const own = 4 * stateLayout(this.config).size + 20 * forward.logitRows;
    const scratch = model.factorBytes + forward.bytes + backward.bytes + own;
    return { base: base.bytes, merged: model.bytes, scratch };
  }

  use(adapter: Adapter): void {
    this.model.use(adapter);
  }

  restart(): void {
    this.position = 0;
    this.heap.floats(this.state, stateLayout(this.config).size).fill(0);
  }

  async score(
    tokens: ArrayLike<number>,
    targets: ArrayLike<number>,
    signal?: AbortSignal,
  ): Promise<SegmentLoss> {
    return { nats: await this.read(tokens, targets, false, breathing(signal)) };
  }

  async learn(
    tokens: ArrayLike<number>,
    targets: ArrayLike<number>,
    signal?: AbortSignal,
  ): Promise<SegmentGradient> {
    const breathe = breathing(signal);
    this.backward.begin(this.state);
    const nats = await this.read(tokens, targets, true, breathe);
    await this.backward.run(tokens.length, breathe);
    return { nats, gradient: this.model.gradient() };
  }

  destroy(): void {}

  /** Reads a segment tile by tile. Records it and begins its gradient if `learn`. Returns the nats of all targets. */
  private async read(
    tokens: ArrayLike<number>,
    targets: ArrayLike<number>,
    learn: boolean,
    breathe: () => Promise<void>,
  ): Promise<number> {
    const { config, forward, backward } = this;
    checkSegment(tokens, targets, config);
    const pace = new Pace();
    let nats = 0;
    for (let first = 0; first < tokens.length; first += forward.capacity) {
      const T = Math.min(forward.capacity, tokens.length - first);
      const rows = Array.from({ length: T }, (_, i) => this.advance(tokens[first + i]));
      await forward.read(rows, pace, (layer, step) => {
        if (learn) backward.record(layer, step, first, T);
      });
      if (learn) backward.beginTile(T);
      for (let row = 0; row < T; row += forward.logitRows) {
        const count = Math.min(forward.logitRows, T - row);
        await forward.computeLogits(row, count, pace);
        nats += this.crossEntropy(targets, first + row, count, 1 / tokens.length);
        if (learn) await backward.fromLogits(row, count, breathe);
        await breathe();
      }
      if (learn) backward.finishTile(first, T);
    }
    return nats;
  }

  /** Replaces the logits by their gradient. Returns the nats of `count` targets. */
  private crossEntropy(targets: ArrayLike<number>, first: number, count: number, weight: number): number {
    const { heap, forward, config, sums } = this;
    const ids = heap.words(this.targets, count);
    for (let i = 0; i < count; i++) ids[i] = targets[first + i];
    const { logits, logitStride } = forward;
    const { vocabSize } = config;
    this.backwardKernels.crossEntropy(logits, logitStride, vocabSize, this.targets, weight, sums, count);
    let nats = 0;
    const pairs = new Float64Array(heap.memory.buffer, sums, 2 * count);
    for (let i = 0; i < count; i++) nats += Math.log(pairs[2 * i]) + pairs[2 * i + 1];
    return nats;
  }

  private advance(id: number) {
    if (id === this.config.bosTokenId) this.position = 0;
    return { id, position: this.position++, memory: this.state };
  }
}

/** Yields to messages when it is time. Throws when the signal has aborted. */
function breathing(signal?: AbortSignal): () => Promise<void> {
  const pace = new Pace();
  return async () => {
    if (pace.isDue) await pace.yield();
    if (signal?.aborted) throw cancelled();
  };
}
