import { padded } from '../model/core/tensors';
import { matricesOf } from '../model/core/weights';
import type { Backend, Memory, ModelData, Streams } from '../model/runtime/backend';
import { EngineError } from '../model/runtime/errors';
import { type Activations, Forward } from './forward';
import { Heap } from './heap';
import { type Kernels, loadKernels } from './kernels';
import { PackedWeights } from './packed';
import { WasmStreams } from './streams';
import { FORWARD_SPLITS, LEAST_WORK, Threads, usableThreads } from './threads';

export interface WasmOptions {
  /**
   * Activations for int8 weights. 'int16' is an optimization outside the canonical arithmetic: logits agree to 1e-3 of
   * their rms instead of 1e-4. Other weights always use float32.
   */
  readonly activations?: Activations;
  /** Threads for large products, with bit for bit the same results as one; more than one only with shared memory. */
  readonly threads?: number;
  /** Multiply-adds from which a product is split among threads. */
  readonly leastWork?: number;
  /** Ends the start. */
  readonly signal?: AbortSignal;
}

/** @throws EngineError 'device' without WebAssembly SIMD, or when memory is short; 'cancelled' if the signal aborts. */
export async function createWasmBackend(model: ModelData, options: WasmOptions = {}): Promise<Backend> {
  const { activations = 'float32', threads = usableThreads(), leastWork = LEAST_WORK, signal } = options;
  if (threads > 1)
    try {
      return await createWithThreads(model, activations, threads, leastWork, signal);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'device') throw error;
    }
  const heap = new Heap();
  const { kernels } = await loadKernels(heap.memory);
  const weights = await PackedWeights.pack(model, heap, signal);
  return new WasmBackend(model, weights, heap, kernels, activations, null);
}

async function createWithThreads(
  model: ModelData,
  activations: Activations,
  count: number,
  leastWork: number,
  signal: AbortSignal | undefined,
): Promise<Backend> {
  const heap = new Heap(true);
  const { kernels, module } = await loadKernels(heap.memory, { isShared: true });
  const { hiddenSize, intermediateSize } = model.config;
  const scratchBytes = 16 * padded(Math.max(hiddenSize, intermediateSize));
  const threads = await Threads.start([module], heap, { count, splits: FORWARD_SPLITS, scratchBytes });
  try {
    const weights = await PackedWeights.pack(model, heap, signal);
    return new WasmBackend(model, weights, heap, threads.share(kernels, leastWork), activations, threads);
  } catch (error) {
    threads.end();
    throw error;
  }
}

class WasmBackend implements Backend {
  readonly kind = 'cpu';
  readonly device: string;
  readonly lost = new Promise<never>(() => {});
  private readonly model: ModelData;
  private readonly heap: Heap;
  private readonly kernels: Kernels;
  private readonly weights: PackedWeights;
  private readonly activations: Activations;
  private readonly threads: Threads | null;
  private readonly opened = new Set<WasmStreams>();

  constructor(
    model: ModelData,
    weights: PackedWeights,
    heap: Heap,
    kernels: Kernels,
    activations: Activations,
    threads: Threads | null,
  ) {
    this.threads = threads;
    const hasInt8 = matricesOf(model.weights).some(({ precision }) => precision === 'int8');
    this.device = `WebAssembly SIMD, ${threads ? `${threads.count} threads` : 'one thread'}, ${hasInt8 ? activations : 'float32'}`;
    this.activations = activations;
    this.model = model;
    this.heap = heap;
    this.kernels = kernels;
    this.weights = weights;
  }

  async open(count: number): Promise<Streams> {
    const { model, weights, heap, kernels, activations } = this;
    const forward = new Forward(model.config, weights, heap, kernels, activations);
    try {
      const streams: WasmStreams = new WasmStreams(model, forward, heap, kernels, count, () =>
        this.opened.delete(streams),
      );
      this.opened.add(streams);
      return streams;
    } catch (error) {
      forward.free();
      throw error;
    }
  }

  memory(): Memory {
    const opened = [...this.opened];
    const state = opened.reduce((sum, { stateBytes }) => sum + stateBytes, 0);
    const scratch = opened.reduce((sum, { scratchBytes }) => sum + scratchBytes, 0);
    return { weights: this.weights.bytes, state, scratch, transfer: 0 };
  }

  destroy(): void {
    for (const streams of this.opened) streams.close();
    this.threads?.end();
  }
}
