import { EngineError } from '../model/runtime/errors';
import type { instantiate } from './kernels/exports';
import wasm from './kernels/index.ts?assemblyscript';

/** The exports of kernels/index.ts, which documents the parameters. */
export type Kernels = Omit<Awaited<ReturnType<typeof instantiate>>, 'memory'>;

/** The kernels on a memory, and their module for threads that share the memory. */
export interface Loaded {
  readonly kernels: Kernels;
  readonly module: WebAssembly.Module;
}

/** @throws EngineError 'device' without WebAssembly or its SIMD. */
export async function loadKernels(memory: WebAssembly.Memory, isShared = false): Promise<Loaded> {
  const shared = () => import('./kernels/index.ts?assemblyscript&shared').then((file) => file.default);
  const { instance, module } = await instantiateOn(memory, isShared ? shared() : wasm);
  return { kernels: instance.exports as unknown as Kernels, module };
}

/** Runs a module of kernels on a memory. @throws EngineError 'device' without WebAssembly or its SIMD. */
export async function instantiateOn(
  memory: WebAssembly.Memory,
  base64: string | Promise<string>,
): Promise<WebAssembly.WebAssemblyInstantiatedSource> {
  try {
    const bytes = Uint8Array.from(atob(await base64), (c) => c.charCodeAt(0));
    const module = await WebAssembly.compile(bytes);
    return { module, instance: await WebAssembly.instantiate(module, { env: { memory } }) };
  } catch (cause) {
    throw new EngineError(
      'device',
      'This browser does not run WebAssembly with SIMD.',
      'Update the browser. Until then the playground runs without it, more slowly.',
      { cause },
    );
  }
}
