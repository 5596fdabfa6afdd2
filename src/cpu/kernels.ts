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
  try {
    const base64 = isShared ? (await import('./kernels/index.ts?assemblyscript&shared')).default : wasm;
    const module = await WebAssembly.compile(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
    const instance = await WebAssembly.instantiate(module, { env: { memory } });
    return { kernels: instance.exports as unknown as Kernels, module };
  } catch (cause) {
    throw new EngineError(
      'device',
      'This browser does not run WebAssembly with SIMD.',
      'Update the browser. Until then the playground runs without it, more slowly.',
      { cause },
    );
  }
}
