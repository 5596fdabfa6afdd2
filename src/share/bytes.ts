import { EngineError } from '../model/runtime/errors';

export type Bytes = Uint8Array<ArrayBuffer>;

export function damaged(cause?: unknown): EngineError {
  return new EngineError('input', 'This link is incomplete or damaged.', 'Copy all of it again.', { cause });
}

/** Writes numbers and bytes into a byte array. */
export class Writer {
  private readonly bytes: number[] = [];

  /** A whole number below 2^28 as a varint: 7 bits per byte, lowest first; the high bit is set on all bytes but the last. */
  number(value: number): void {
    for (; value > 127; value >>>= 7) this.bytes.push((value & 127) | 128);
    this.bytes.push(value);
  }

  raw(bytes: Uint8Array): void {
    for (const byte of bytes) this.bytes.push(byte);
  }

  /** Bytes, preceded by their number. */
  block(bytes: Uint8Array): void {
    this.number(bytes.length);
    this.raw(bytes);
  }

  finish(): Bytes {
    return Uint8Array.from(this.bytes);
  }
}

/** Reads the output of a Writer. @throws EngineError 'input' if it ends too early. */
export class Reader {
  private readonly bytes: Bytes;
  private at = 0;

  constructor(bytes: Bytes) {
    this.bytes = bytes;
  }

  number(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.bytes[this.at++]; // undefined past the end, which never counts as the last byte
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw damaged();
  }

  raw(length: number): Bytes {
    const end = this.at + length;
    if (end > this.bytes.length) throw damaged();
    const bytes = this.bytes.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  block(): Bytes {
    return this.raw(this.number());
  }

  rest(): Bytes {
    return this.raw(this.bytes.length - this.at);
  }
}

/** @throws EngineError 'input' */
export function decodeUtf8(bytes: Bytes): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw damaged(cause);
  }
}

export function deflate(bytes: Bytes): Promise<Bytes> {
  return through(new CompressionStream('deflate-raw'), bytes, Number.POSITIVE_INFINITY);
}

/** @throws EngineError 'input' if the bytes are not deflated, or inflate to more than `limit` bytes. */
export async function inflate(bytes: Bytes, limit: number): Promise<Bytes> {
  try {
    return await through(new DecompressionStream('deflate-raw'), bytes, limit);
  } catch (cause) {
    throw damaged(cause);
  }
}

/** Stops at the first chunk beyond the limit, so that a short link cannot fill the memory. */
async function through(
  transform: CompressionStream | DecompressionStream,
  bytes: Bytes,
  limit: number,
): Promise<Bytes> {
  const reader = new Blob([bytes]).stream().pipeThrough(transform).getReader();
  const chunks: Bytes[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(chunks).arrayBuffer());
    chunks.push(value);
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      throw new Error(`more than ${limit} bytes`);
    }
  }
}

/** CRC-32 as in gzip and PNG. It detects every change within five neighbouring characters of a link. */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

export function toBase64url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** @throws EngineError 'input' unless toBase64url can return this text. */
export function fromBase64url(text: string): Bytes {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) throw damaged();
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const tail = bytes.length % 3; // bytes of an incomplete last group, whose spare bits must be 0
  if (tail && !text.endsWith(toBase64url(bytes.subarray(-tail)))) throw damaged();
  return bytes;
}
