import type { Backend, Memory, ModelData, Streams } from '../model/backend';
import { type Activations, Forward } from './forward';
import { Heap } from './heap';
import { type Kernels, loadKernels } from './kernels';
import { PackedWeights } from './packed';
import { WasmStreams } from './streams';

export interface WasmOptions {
  /**
   * What int8 weights are multiplied with. 'int16' is an optimisation outside the canonical arithmetic: logits agree to
   * 1e-3 of their rms instead of 1e-4. Other weights are always multiplied in float32.
   */
  readonly activations?: Activations;
}

/** @throws EngineError 'device' without WebAssembly SIMD, or when memory is short. */
export async function createWasmBackend(model: ModelData, options: WasmOptions = {}): Promise<Backend> {
  const heap = new Heap();
  return new WasmBackend(model, heap, await loadKernels(heap.memory), options.activations ?? 'float32');
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
  private readonly opened = new Set<WasmStreams>();

  constructor(model: ModelData, heap: Heap, kernels: Kernels, activations: Activations) {
    this.device = `WebAssembly SIMD, one thread, ${activations}`;
    this.activations = activations;
    this.model = model;
    this.heap = heap;
    this.kernels = kernels;
    this.weights = new PackedWeights(model, heap);
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
  }
}
