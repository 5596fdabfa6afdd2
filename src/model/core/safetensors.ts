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

function fail(message: string): never {
  throw new EngineError(
    'weights',
    `model.safetensors: ${message}`,
    'Load the model again. If the error repeats, the file is damaged or is not a safetensors file.',
  );
}

/**
 * Reads a safetensors file without copying its data.
 * @throws EngineError 'weights' if the file is truncated, corrupted, or has an unsupported type.
 */
export function readSafetensors(file: ArrayBuffer): Map<string, StoredTensor> {
  const end = headerEnd(file, file.byteLength);
  const stored = ([name, { dtype, shape, begin, end }]: [string, Place]) =>
    [name, { dtype, shape, bytes: new Uint8Array(file, begin, end - begin) }] as const;
  return new Map(Array.from(readHeader(file.slice(8, end), file.byteLength), stored));
}

/**
 * The end of the header, in bytes from the beginning of the file.
 * @param start at least the first 8 bytes of the file
 * @param size of the file, in bytes
 * @throws EngineError 'weights'
 */
export function headerEnd(start: ArrayBuffer, size: number): number {
  if (size < 8) fail(`only ${size} bytes long`);
  const length = Number(new DataView(start).getBigUint64(0, true));
  if (length > MAX_HEADER || 8 + length > size)
    fail(`truncated: its header claims ${length} bytes, the file has ${size}`);
  return 8 + length;
}

/**
 * Reads the header, without the data.
 * @param json the bytes of the header from 8 to headerEnd
 * @param size of the file, in bytes
 * @throws EngineError 'weights' if a tensor has an unsupported type or is not inside the file.
 */
export function readHeader(json: ArrayBuffer, size: number): Map<string, Place> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    fail(`unreadable header (${(cause as Error).message})`);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    fail('header is not a JSON object');

  const places = new Map<string, Place>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    places.set(name, readEntry(name, entry, 8 + json.byteLength, size));
  }
  return places;
}

function readEntry(name: string, entry: unknown, dataStart: number, size: number): Place {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'I8' && dtype !== 'I32')
    fail(`${name} is stored as ${JSON.stringify(dtype)}; expected F32, F16, I8 or I32`);
  const isSize = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isSize)) fail(`${name} has the shape ${JSON.stringify(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0] > offsets[1])
    fail(`${name} has the offsets ${JSON.stringify(offsets)}`);
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
