import { fileOf, instantiateOn, type Variant } from '../kernels';
import type { instantiate } from './kernels/exports';
import wasm from './kernels/index.ts?assemblyscript';

/** The exports of kernels/index.ts, which documents the parameters. */
export type BackwardKernels = Omit<Awaited<ReturnType<typeof instantiate>>, 'memory'>;

const FILES = {
  shared: () => import('./kernels/index.ts?assemblyscript&shared'),
  relaxed: () => import('./kernels/index.ts?assemblyscript&relaxed'),
  'shared relaxed': () => import('./kernels/index.ts?assemblyscript&shared&relaxed'),
};

/** The kernels on a memory, and their module for threads. @throws EngineError 'device' without WebAssembly or its SIMD. */
export async function loadBackwardKernels(memory: WebAssembly.Memory, variant: Partial<Variant> = {}) {
  const { instance, module } = await instantiateOn(memory, fileOf(variant, FILES, wasm));
  return { kernels: instance.exports as unknown as BackwardKernels, module };
}
