import { EngineError } from '../runtime/errors';

/** A tensor as stored: row-major bytes, little-endian. Format: https://huggingface.co/docs/safetensors */
export interface StoredTensor {
  readonly dtype: 'F32' | 'F16' | 'I8' | 'I32';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** The place of a tensor in the file, in bytes. */
interface Place {
  readonly dtype: StoredTensor['dtype'];
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const BYTES = { F32: 4, F16: 2, I8: 1, I32: 4 } as const;
const MAX_HEADER = 100_000_000; // limit of the format

function fail(file: string, message: string): never {
  throw new EngineError(
    'weights',
    `${file}: ${message}`,
    'Load it again. If the error repeats, the file is damaged or is not a safetensors file.',
  );
}

/** The header of a safetensors file. */
interface Header {
  /** By the name of a tensor. */
  readonly places: ReadonlyMap<string, Place>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const WEIGHTS_FILE = 'model.safetensors';

/**
 * Reads a safetensors file without copying its data.
 * @param name of the file, for errors
 * @throws EngineError 'weights' if the file is truncated, corrupted, or has an unsupported type.
 */
export function readSafetensors(file: ArrayBuffer, name = WEIGHTS_FILE): Map<string, StoredTensor> {
  const stored = ([tensor, { dtype, shape, begin, end }]: [string, Place]) =>
    [tensor, { dtype, shape, bytes: new Uint8Array(file, begin, end - begin) }] as const;
  return new Map(Array.from(headerOf(file, name).places, stored));
}

/** The value of a key in the metadata of a safetensors file, or null. @throws EngineError 'weights' */
export function readMetadata(file: ArrayBuffer, key: string, name: string): string | null {
  const found = headerOf(file, name).metadata[key];
  return typeof found === 'string' ? found : null;
}

function headerOf(file: ArrayBuffer, name: string): Header {
  return readHeader(file.slice(8, headerEnd(file, file.byteLength, name)), file.byteLength, name);
}

/** A safetensors file of these tensors, in their order. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  let end = 0;
  const entries = [...tensors].map(([name, { dtype, shape, bytes }]) => {
    end += bytes.length;
    return [name, { dtype, shape, data_offsets: [end - bytes.length, end] }];
  });
  const text = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const header = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8)); // data begins at a multiple of 8
  const file = new Uint8Array(8 + header.length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  let at = 8 + header.length;
  for (const { bytes } of tensors.values()) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/**
 * The end of the header, in bytes from the beginning of the file.
 * @param start at least the first 8 bytes of the file
 * @param size of the file, in bytes
 * @param name of the file, for errors
 * @throws EngineError 'weights'
 */
export function headerEnd(start: ArrayBuffer, size: number, name = WEIGHTS_FILE): number {
  if (size < 8) fail(name, `only ${size} bytes long`);
  const length = Number(new DataView(start).getBigUint64(0, true));
  if (length > MAX_HEADER || 8 + length > size)
    fail(name, `truncated: its header claims ${length} bytes, the file has ${size}`);
  return 8 + length;
}

/**
 * Reads the header, without the data.
 * @param json the bytes of the header from 8 to headerEnd
 * @param size of the file, in bytes
 * @param name of the file, for errors
 * @throws EngineError 'weights' if a tensor has an unsupported type or is not inside the file.
 */
export function readHeader(json: ArrayBuffer, size: number, name = WEIGHTS_FILE): Header {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    fail(name, `unreadable header (${(cause as Error).message})`);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    fail(name, 'header is not a JSON object');

  const { __metadata__: metadata, ...tensors } = header as Record<string, unknown>;
  const places = new Map<string, Place>();
  for (const [tensor, entry] of Object.entries(tensors)) {
    const wrong = (message: string) => fail(name, message);
    places.set(tensor, readEntry(tensor, entry, 8 + json.byteLength, size, wrong));
  }
  return { places, metadata: Object(metadata ?? {}) };
}

function readEntry(
  name: string,
  entry: unknown,
  dataStart: number,
  size: number,
  fail: (message: string) => never,
): Place {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'I8' && dtype !== 'I32')
    return fail(`${name} is stored as ${JSON.stringify(dtype)}; expected F32, F16, I8 or I32`);
  const isSize = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isSize))
    return fail(`${name} has the shape ${JSON.stringify(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0] > offsets[1])
    return fail(`${name} has the offsets ${JSON.stringify(offsets)}`);
  const [begin, end] = offsets as [number, number];
  const expected = shape.reduce((product, n) => product * n, BYTES[dtype]);
  if (end - begin !== expected) fail(`${name} takes ${end - begin} bytes; its shape needs ${expected}`);
  if (dataStart + end > size)
    fail(`truncated: ${name} ends at byte ${dataStart + end}, the file has ${size}`);
  return { dtype, shape, begin: dataStart + begin, end: dataStart + end };
}

/** Values of a stored tensor as float32; int8 values are not yet scaled. */
export function toFloat32(tensor: StoredTensor): Float32Array {
  const { dtype, bytes } = tensor;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.byteLength / BYTES[dtype]);
  if (dtype === 'I8') values.set(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  else if (dtype === 'F16')
    for (let i = 0; i < values.length; i++) values[i] = float16(view.getUint16(2 * i, true));
  else for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(4 * i, true);
  return values;
}

/** IEEE 754 binary16 bits to a number. */
export function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
