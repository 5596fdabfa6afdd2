import { EngineError } from '../model/runtime/errors';

const FIRST_SIZE = 65_536; // bytes allocated first for a file of unknown size

/** The bytes of a file, as they arrive. */
export class Body {
  length = 0;
  /** Called after each part. */
  onPart = () => {};
  private bytes: Uint8Array<ArrayBuffer>;
  private readonly onBytes: (count: number) => void;

  /** @throws EngineError 'device' */
  constructor(onBytes: (count: number) => void, size = FIRST_SIZE) {
    this.onBytes = onBytes;
    this.bytes = take(size);
  }

  add(part: Uint8Array): void {
    const length = this.length + part.length;
    if (length > this.bytes.length) {
      const larger = take(Math.max(length, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(part, this.length);
    this.length = length;
    this.onBytes(part.length);
    this.onPart();
  }

  clear(): void {
    this.onBytes(-this.length);
    this.length = 0;
  }

  slice(from: number, to: number): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(from, Math.min(to, this.length));
  }

  finish(): ArrayBuffer {
    const { bytes, length } = this;
    return length === bytes.length ? bytes.buffer : bytes.buffer.slice(0, length);
  }
}

/** @throws EngineError 'device' if the allocation fails, for which browsers throw errors of several kinds */
function take(size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new EngineError(
      'device',
      `Could not allocate ${Math.ceil(size / 2 ** 20)} MB of memory for the model.`,
      'Close other tabs, or choose a smaller model.',
      { cause },
    );
  }
}
