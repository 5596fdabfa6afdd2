import type { Memory } from '../model/runtime/backend';
import { EngineError } from '../model/runtime/errors';
import { insufficient } from './device';
import { keepPolling } from './workarounds/slow-polls';

/** Wraps GPUDevice: accounts for every byte, and rejects all pending waits when the device is lost. */
export class Machine {
  readonly device: GPUDevice;
  /** Resolves if the device is lost before `destroy`. */
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

  /** @throws EngineError after the device is lost. */
  check(): void {
    if (this.error) throw this.error;
  }

  /** Waits for the device, and rejects at once when it is lost. */
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
        // A map is rejected just before the loss is reported, so wait for the loss, which has the cause.
        (cause) => setTimeout(() => settle(() => reject(this.error ?? EngineError.from(cause))), 100),
      );
    });
    result.catch(() => {}); // the caller may await it later
    return result;
  }

  get memory(): Memory {
    const bytes = { weights: 0, state: 0, scratch: 0, transfer: 0 };
    for (const [buffer, purpose] of this.held) bytes[purpose] += buffer.size;
    return bytes;
  }

  /** Creates a buffer, zeroed or written by `fill`. @throws EngineError 'device' if it exceeds the limits. */
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
      throw this.fail(lostError('')); // the browser detaches buffers before it reports the loss
    }
  }

  release(buffers: Iterable<GPUBuffer>): void {
    for (const buffer of buffers) {
      buffer.destroy();
      this.held.delete(buffer);
    }
  }

  /** Creates objects in error scopes, and throws the device's errors. */
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
    this.device.onuncapturederror = null; // in Node, a device with a listener and its pipelines are never collected
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
    `The GPU was lost${message ? `: ${message}` : '.'}`,
    'No text is lost. Writing resumes on a new device or on the CPU.',
  );
}

function outOfMemory(cause: GPUError): EngineError {
  return new EngineError(
    'device',
    'The GPU has too little memory for this model.',
    'Close other tabs, choose a smaller model, or run on the CPU.',
    { cause },
  );
}

/** Converts a GPUError, which is not an Error. */
function defect(cause: GPUError): EngineError {
  return EngineError.from(new Error(cause.message, { cause }));
}
