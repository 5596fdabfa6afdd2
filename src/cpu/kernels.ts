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

/** The variant of a module. */
export interface Variant {
  /** For a shared memory. */
  readonly isShared: boolean;
  /** With relaxed SIMD: faster, and rounded as the processor does it, so results differ between devices. */
  readonly isRelaxed: boolean;
}

type ModuleFile = Promise<{ readonly default: string }>;
const FILES: Readonly<Record<string, () => ModuleFile>> = {
  shared: () => import('./kernels/index.ts?assemblyscript&shared'),
  relaxed: () => import('./kernels/index.ts?assemblyscript&relaxed'),
  'shared relaxed': () => import('./kernels/index.ts?assemblyscript&shared&relaxed'),
};

/** @throws EngineError 'device' without WebAssembly or its SIMD. */
export async function loadKernels(
  memory: WebAssembly.Memory,
  variant: Partial<Variant> = {},
): Promise<Loaded> {
  const { instance, module } = await instantiateOn(memory, fileOf(variant, FILES, wasm));
  return { kernels: instance.exports as unknown as Kernels, module };
}

/** The module of a variant. @param plain the one without shared memory and relaxed SIMD */
export async function fileOf(
  { isShared, isRelaxed }: Partial<Variant>,
  files: Readonly<Record<string, () => ModuleFile>>,
  plain: string,
): Promise<string> {
  const name = [isShared && 'shared', isRelaxed && 'relaxed'].filter(Boolean).join(' ');
  return name ? (await files[name]()).default : plain;
}

/** A function that returns relaxed_madd(x, x, x) with x = 0. */
const RELAXED_PROBE = [
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0],
  ...[65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11],
];

/** Whether the browser runs relaxed SIMD. */
export const runsRelaxedSimd = () => WebAssembly.validate(Uint8Array.from(RELAXED_PROBE));

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
