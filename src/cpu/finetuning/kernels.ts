import { instantiateOn } from '../kernels';
import type { instantiate } from './kernels/exports';
import wasm from './kernels/index.ts?assemblyscript';

/** The exports of kernels/index.ts, which documents the parameters. */
export type BackwardKernels = Omit<Awaited<ReturnType<typeof instantiate>>, 'memory'>;

/** The kernels on a memory, and their module for threads. @throws EngineError 'device' without WebAssembly or its SIMD. */
export async function loadBackwardKernels(memory: WebAssembly.Memory, isShared = false) {
  const shared = () => import('./kernels/index.ts?assemblyscript&shared').then((file) => file.default);
  const { instance, module } = await instantiateOn(memory, isShared ? shared() : wasm);
  return { kernels: instance.exports as unknown as BackwardKernels, module };
}
