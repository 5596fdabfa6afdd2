import { EngineError } from '../model/runtime/errors';

const PAGE = 65_536;
const ALIGNMENT = 64;

/** Allocates zeroed blocks in a WebAssembly memory. Only `allocate` grows it; freed blocks are reused for the same size. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  private end = PAGE; // the first page holds the module's constants
  private readonly freed = new Map<number, number[]>();

  /**
   * @param isShared whether threads share it, which needs a cross-origin isolated page
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

  // Views are valid until the memory grows. Create them again after allocating.

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

/** Blocks of a heap that are freed together. */
export class Blocks {
  private readonly heap: Heap;
  private readonly blocks: { address: number; bytes: number }[] = [];

  constructor(heap: Heap) {
    this.heap = heap;
  }

  get bytes(): number {
    return this.blocks.reduce((sum, block) => sum + block.bytes, 0);
  }

  /** The address of `bytes` zeroed bytes. @throws EngineError 'device' when memory is short, after freeing all blocks */
  allocate(bytes: number): number {
    try {
      const address = this.heap.allocate(bytes);
      this.blocks.push({ address, bytes });
      return address;
    } catch (error) {
      this.free(); // frees the memory of a set that does not fit
      throw error;
    }
  }

  free(): void {
    for (const { address, bytes } of this.blocks.splice(0)) this.heap.free(address, bytes);
  }
}

/** Allocates pages. If there is no memory, browsers throw errors of several kinds. */
function attempt<T>(pages: number, take: () => T): T {
  try {
    return take();
  } catch (cause) {
    throw new EngineError(
      'device',
      `Could not allocate ${Math.ceil((pages * PAGE) / 2 ** 20)} MB of memory.`,
      'Close other tabs, or choose a smaller model.',
      { cause },
    );
  }
}
