import type { instantiate } from '../kernels/exports';
import wasm from '../kernels/index.ts?assemblyscript';

/** The exports of bench/kernels/index.ts, where their parameters are described. */
type Kernels = Awaited<ReturnType<typeof instantiate>>;

/** The bench's kernels with their own heap, filled with small numbers. */
export interface Wasm {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  /** First free address, a multiple of 64. */
  readonly base: number;
}

/** @param bytes free bytes from `base` */
export async function loadWasm(bytes: number): Promise<Wasm> {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) + 2 });
  const module = await WebAssembly.compile(Uint8Array.from(atob(wasm), (c) => c.charCodeAt(0)));
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const kernels = instance.exports as unknown as Kernels;
  const base = Math.ceil(kernels.heapBase() / 64) * 64;
  const numbers = new Float32Array(memory.buffer, base);
  for (let i = 0, x = 1; i < numbers.length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) | 0;
    numbers[i] = x * 2 ** -31;
  }
  return { kernels, memory, base };
}
