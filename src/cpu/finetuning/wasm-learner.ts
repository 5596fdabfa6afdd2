import type { Config } from '../../model/core/config';
import { stateLayout } from '../../model/core/tensors';
import type { Adapter } from '../../model/finetuning/adapter';
import {
  checkSegment,
  type Learner,
  type LearnerMemory,
  SEGMENT,
  type SegmentGradient,
  type SegmentLoss,
} from '../../model/finetuning/learner';
import type { ModelData } from '../../model/runtime/backend';
import { cancelled, EngineError } from '../../model/runtime/errors';
import { Pace } from '../../model/runtime/pace';
import { Forward } from '../forward';
import { Heap } from '../heap';
import { type Kernels, loadKernels, runsRelaxedSimd } from '../kernels';
import { PackedWeights } from '../packed';
import { FORWARD_SPLITS, LEAST_WORK, Threads, usableThreads } from '../threads';
import { Backward, scratchBytes } from './backward';
import { type BackwardKernels, loadBackwardKernels } from './kernels';
import { type Breathe, MergedModel } from './merged';
import { BACKWARD_SPLITS } from './splits';

export interface WasmLearnerOptions {
  /** With bit for bit the same results as one; more than one only with shared memory. */
  readonly threads?: number;
  /** Multiply-adds from which a call of a kernel is split among threads. */
  readonly leastWork?: number;
  /** Relaxed SIMD: by default if the browser runs it. */
  readonly isRelaxed?: boolean;
}

/** A learner on WebAssembly, for adapters of one rank. @throws EngineError 'device' without SIMD or memory */
export async function createWasmLearner(
  model: ModelData,
  rank: number,
  {
    threads = usableThreads(),
    leastWork = LEAST_WORK,
    isRelaxed = runsRelaxedSimd(),
  }: WasmLearnerOptions = {},
): Promise<WasmLearner> {
  const start = async (count: number) => {
    const isShared = count > 1;
    const heap = new Heap(isShared);
    const [forward, backward] = await Promise.all([
      loadKernels(heap.memory, { isShared, isRelaxed }),
      loadBackwardKernels(heap.memory, { isShared, isRelaxed }),
    ]);
    const modules = [forward.module, backward.module];
    const options = { count, splits: SPLITS, scratchBytes: scratchBytes(model.config) };
    const threads = isShared ? await Threads.start(modules, heap, options) : null;
    const share = <K extends object>(kernels: K) => threads?.share(kernels, leastWork) ?? kernels;
    try {
      const base = await PackedWeights.pack(model, heap);
      const kernels = share(forward.kernels);
      return new WasmLearner(model.config, base, rank, heap, kernels, share(backward.kernels), threads);
    } catch (error) {
      threads?.end();
      throw error;
    }
  };
  if (threads > 1)
    try {
      return await start(threads);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'device') throw error;
    }
  return start(1);
}

/** Bytes of the activations of a tile. Large tiles start threads seldom. */
const TILE_BYTES = 2 ** 24;

/** Rows of a tile, a power of two. */
function tileRows({ hiddenSize: d, heads: h, stateRows: E, intermediateSize: f }: Config): number {
  const bytes = 4 * (7 * d + 2 * h * E + 3 * f);
  return Math.min(SEGMENT, 2 ** Math.floor(Math.log2(TILE_BYTES / bytes)));
}

const SPLITS = { ...FORWARD_SPLITS, ...BACKWARD_SPLITS };

export class WasmLearner implements Learner {
  private readonly config: Config;
  private readonly heap: Heap;
  private readonly backwardKernels: BackwardKernels;
  private readonly threads: Threads | null;
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
    config: Config,
    base: PackedWeights,
    rank: number,
    heap: Heap,
    kernels: Kernels,
    backwardKernels: BackwardKernels,
    threads: Threads | null,
  ) {
    this.config = config;
    this.heap = heap;
    this.backwardKernels = backwardKernels;
    this.threads = threads;
    this.base = base;
    this.model = new MergedModel(config, this.base, rank, heap, backwardKernels);
    this.forward = new Forward(config, this.model, heap, kernels, 'float32', tileRows(config));
    const count = threads?.count ?? 1;
    this.backward = new Backward(config, this.model, this.forward, heap, kernels, backwardKernels, count);
    this.state = heap.allocate(4 * stateLayout(config).size);
    this.targets = heap.allocate(4 * this.forward.logitRows);
    this.sums = heap.allocate(16 * this.forward.logitRows);
  }

  memory(): LearnerMemory {
    const { base, model, forward, backward, threads } = this;
    const own = 4 * stateLayout(this.config).size + 20 * forward.logitRows + (threads?.bytes ?? 0);
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
    const pace = started(signal);
    await this.model.merge(breathing(pace));
    return { nats: await this.read(tokens, targets, false, pace) };
  }

  async learn(
    tokens: ArrayLike<number>,
    targets: ArrayLike<number>,
    signal?: AbortSignal,
  ): Promise<SegmentGradient> {
    const pace = started(signal);
    const breathe = breathing(pace);
    await this.model.merge(breathe);
    this.backward.begin(this.state);
    const nats = await this.read(tokens, targets, true, pace);
    await this.backward.run(tokens.length, breathe);
    return { nats, gradient: this.model.gradient() };
  }

  destroy(): void {
    this.threads?.end();
  }

  /** Reads a segment tile by tile. Records it and begins its gradient if `learn`. Returns the nats of all targets. */
  private async read(
    tokens: ArrayLike<number>,
    targets: ArrayLike<number>,
    learn: boolean,
    pace: Pace,
  ): Promise<number> {
    const { config, forward, backward } = this;
    checkSegment(tokens, targets, config);
    const breathe = breathing(pace);
    let nats = 0;
    for (let first = 0; first < tokens.length; first += forward.capacity) {
      const T = Math.min(forward.capacity, tokens.length - first);
      const rows = Array.from({ length: T }, (_, i) => this.advance(tokens[first + i]));
      await forward.read(rows, pace, (layer, step) => {
        if (learn) backward.records.record(layer, step, first, T);
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

/** @throws EngineError 'cancelled' when the signal has aborted, now or at a later yield */
function started(signal?: AbortSignal): Pace {
  if (signal?.aborted) throw cancelled();
  return new Pace(signal);
}

/** Yields to messages when it is time. */
function breathing(pace: Pace): Breathe {
  return async () => {
    if (pace.isDue) await pace.yield();
  };
}
