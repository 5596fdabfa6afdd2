import { EngineError } from '../model/runtime/errors';
import wasm from './kernels/index.ts?assemblyscript';

type Kernel = (...values: number[]) => void;

/** The exports of kernels/index.ts, which documents the parameters. */
export interface Kernels {
  readonly convolve: Kernel;
  readonly describe: Kernel;
  readonly divideByMass: Kernel;
  readonly draw: (...values: number[]) => number;
  readonly embedFloat32: Kernel;
  readonly embedInt8: Kernel;
  readonly gates: Kernel;
  readonly multiplyFloat32: Kernel;
  readonly multiplyInt16: Kernel;
  readonly multiplyInt8: Kernel;
  readonly normalizeHeads: Kernel;
  readonly proportions: Kernel;
  readonly recur: Kernel;
  readonly reweight: Kernel;
  readonly rms: Kernel;
  readonly squaredRelu: Kernel;
  readonly toInt16: Kernel;
}

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
