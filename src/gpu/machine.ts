import type { Memory } from '../model/runtime/backend';
import { EngineError } from '../model/runtime/errors';
import { insufficient } from './device';
import { keepPolling } from './workarounds/slow-polls';

/** A device with two promises kept: every byte is accounted for, and nothing waits for a device that is gone. */
export class Machine {
  readonly device: GPUDevice;
  /** Resolves once, if the device goes away before `destroy`. */
  readonly lost: Promise<EngineError>;
  private error: EngineError | null = null;
  private closed = false;
  private readonly waiting = new Set<(error: EngineError) => void>();
  private readonly held = new Map<GPUBuffer, keyof Memory>();
  private readonly poll: () => void;

  constructor(device: GPUDevice) {
    this.device = device;
    this.poll = keepPolling(device.queue, () => this.waiting.size > 0);
    let resolve: (error: EngineError) => void;
    this.lost = new Promise((r) => {
      resolve = r;
    });
    device.lost.then(({ message }) => {
      if (!this.closed) resolve(this.fail(lostError(message)));
    });
    device.onuncapturederror = ({ error }) =>
      this.fail(error instanceof GPUOutOfMemoryError ? outOfMemory(error) : defect(error));
  }

  /** @throws EngineError once the device is gone. */
  check(): void {
    if (this.error) throw this.error;
  }

  /** Waits for the device; rejects at once when it goes away. */
  wait<T>(promise: Promise<T>): Promise<T> {
    const result = new Promise<T>((resolve, reject) => {
      this.waiting.add(reject);
      this.poll();
      if (this.error) reject(this.error);
      const settle = (then: () => void) => {
        this.waiting.delete(reject);
        then();
      };
      promise.then(
        (value) => settle(() => resolve(value)),
        // A map is refused just before the loss is told: let that tell the cause, if it comes.
        (cause) => setTimeout(() => settle(() => reject(this.error ?? EngineError.from(cause))), 100),
      );
    });
    result.catch(() => {}); // may be awaited only later
    return result;
  }

  get memory(): Memory {
    const bytes = { weights: 0, state: 0, scratch: 0, transfer: 0 };
    for (const [buffer, purpose] of this.held) bytes[purpose] += buffer.size;
    return bytes;
  }

  /** A zeroed buffer, or one that `fill` writes. @throws EngineError 'device' where the limits do not allow it. */
  buffer(
    purpose: keyof Memory,
    label: string,
    bytes: number,
    usage: number,
    fill?: (range: ArrayBuffer) => void,
  ): GPUBuffer {
    this.check();
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    const largest = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    if (size > largest) throw insufficient(label, size, largest);
    const buffer = this.device.createBuffer({ label, size, usage, mappedAtCreation: fill !== undefined });
    this.held.set(buffer, purpose);
    if (fill) {
      fill(this.contents(buffer));
      buffer.unmap();
    }
    return buffer;
  }

  /** Maps the first `bytes` of a readback buffer for `take`, once the work submitted so far is done. */
  async readBack<T>(buffer: GPUBuffer, bytes: number, take: (range: ArrayBuffer) => T): Promise<T> {
    await this.wait(buffer.mapAsync(GPUMapMode.READ, 0, bytes));
    const taken = take(this.contents(buffer, bytes));
    buffer.unmap();
    return taken;
  }

  /**
   * The first `bytes` of a mapped buffer, or all of it.
   * @throws EngineError 'device-lost' if the device was lost since it was mapped
   */
  contents(buffer: GPUBuffer, bytes = buffer.size): ArrayBuffer {
    this.check();
    try {
      return buffer.getMappedRange(0, bytes);
    } catch {
      throw this.fail(lostError('')); // its loss is told only after its buffers are gone
    }
  }

  release(buffers: Iterable<GPUBuffer>): void {
    for (const buffer of buffers) {
      buffer.destroy();
      this.held.delete(buffer);
    }
  }

  /** Creates things and reports what the device has to say against them. */
  async checked<T>(create: () => T): Promise<T> {
    this.check();
    const filters = ['internal', 'out-of-memory', 'validation'] as const;
    for (const filter of filters) this.device.pushErrorScope(filter);
    let pending: Promise<(GPUError | null)[]>;
    let created: T;
    try {
      created = create();
    } finally {
      pending = this.wait(Promise.all(filters.map(() => this.device.popErrorScope())));
    }
    const [validation, memory, internal] = await pending;
    if (memory) throw outOfMemory(memory);
    const error = validation ?? internal;
    if (error) throw defect(error);
    return created;
  }

  destroy(): void {
    this.closed = true;
    this.fail(lostError('it was closed'));
    this.device.destroy();
    this.held.clear();
  }

  private fail(error: EngineError): EngineError {
    this.error ??= error;
    for (const reject of this.waiting) reject(this.error);
    this.waiting.clear();
    return this.error;
  }
}

function lostError(message: string): EngineError {
  return new EngineError(
    'device-lost',
    `The graphics device went away${message ? `: ${message}` : '.'}`,
    'Nothing is lost: the text goes on from its tokens on a new device, or on the processor.',
  );
}

function outOfMemory(cause: GPUError): EngineError {
  return new EngineError(
    'device',
    'The graphics device has too little memory for this model.',
    'Close other tabs, choose a smaller model, or run on the processor.',
    { cause },
  );
}

/** A GPUError is no Error. */
function defect(cause: GPUError): EngineError {
  return EngineError.from(new Error(cause.message, { cause }));
}
