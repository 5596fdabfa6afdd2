import { EngineError } from '../model/runtime/errors';

const PAGE = 65_536;
const ALIGNMENT = 64;

/** A WebAssembly memory handed out in zeroed blocks. It grows only by allocating; freed blocks serve the next of their size. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  private end = PAGE; // the first page holds the module's own constants
  private readonly freed = new Map<number, number[]>();

  /**
   * @param isShared whether threads may share it, as they may where the page is cross-origin isolated
   * @throws EngineError 'device' when memory is short.
   */
  constructor(isShared = false) {
    const size = isShared ? { initial: 1, maximum: 16384, shared: true } : { initial: 1 };
    this.memory = attempt(1, () => new WebAssembly.Memory(size));
  }

  /** The address of `bytes` bytes. @throws EngineError 'device' when memory is short. */
  allocate(bytes: number): number {
    const size = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const address = this.freed.get(size)?.pop();
    if (address !== undefined) {
      this.bytes(address, size).fill(0);
      return address;
    }
    const missing = this.end + size - this.memory.buffer.byteLength;
    const pages = Math.ceil(missing / PAGE);
    if (pages > 0) attempt(pages, () => this.memory.grow(pages));
    this.end += size;
    return this.end - size;
  }

  free(address: number, bytes: number): void {
    const size = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    this.freed.set(size, [...(this.freed.get(size) ?? []), address]);
  }

  // Views hold until the memory grows: take them anew after allocating.

  floats(address: number, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.memory.buffer, address, length);
  }

  words(address: number, length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.memory.buffer, address, length);
  }

  bytes(address: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.memory.buffer, address, length);
  }
}

/** Takes memory. Browsers throw errors of several kinds where there is none. */
function attempt<T>(pages: number, take: () => T): T {
  try {
    return take();
  } catch (cause) {
    throw new EngineError(
      'device',
      `${Math.ceil((pages * PAGE) / 2 ** 20)} MB more memory were not to be had.`,
      'Close other tabs, or choose a smaller model.',
      { cause },
    );
  }
}
