import { instantiateOn } from '../kernels';
import type { instantiate } from './kernels/exports';
import wasm from './kernels/index.ts?assemblyscript';

/** The exports of kernels/index.ts, which documents the parameters. */
export type BackwardKernels = Omit<Awaited<ReturnType<typeof instantiate>>, 'memory'>;

/** @throws EngineError 'device' without WebAssembly or its SIMD. */
export async function loadBackwardKernels(memory: WebAssembly.Memory): Promise<BackwardKernels> {
  const { instance } = await instantiateOn(memory, wasm);
  return instance.exports as unknown as BackwardKernels;
}
