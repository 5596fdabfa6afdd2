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

const MODEL_FILE = 'model.safetensors';

function fail(file: string, message: string): never {
  throw new EngineError(
    'weights',
    `${file}: ${message}`,
    'Load it again. If the error repeats, the file is damaged or is not a safetensors file.',
  );
}

/**
 * Reads a safetensors file without copying its data.
 * @param file its name, for errors
 * @throws EngineError 'weights' if the file is truncated, corrupted, or has an unsupported type.
 */
export function readSafetensors(bytes: ArrayBuffer, file = MODEL_FILE): Map<string, StoredTensor> {
  const end = headerEnd(bytes, bytes.byteLength, file);
  const stored = ([name, { dtype, shape, begin, end }]: [string, Place]) =>
    [name, { dtype, shape, bytes: new Uint8Array(bytes, begin, end - begin) }] as const;
  return new Map(Array.from(readHeader(bytes.slice(8, end), bytes.byteLength, file), stored));
}

/** The value of a key in the metadata of a file, or null. @throws EngineError 'weights' */
export function readMetadata(bytes: ArrayBuffer, key: string, file: string): string | null {
  const header = parseHeader(bytes.slice(8, headerEnd(bytes, bytes.byteLength, file)), file);
  const found = (header.__metadata__ as Record<string, unknown> | undefined)?.[key];
  return typeof found === 'string' ? found : null;
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
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const header = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8)); // aligns the data
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
 * @throws EngineError 'weights'
 */
export function headerEnd(start: ArrayBuffer, size: number, file = MODEL_FILE): number {
  if (size < 8) fail(file, `only ${size} bytes long`);
  const length = Number(new DataView(start).getBigUint64(0, true));
  if (length > MAX_HEADER || 8 + length > size)
    fail(file, `truncated: its header claims ${length} bytes, the file has ${size}`);
  return 8 + length;
}

/**
 * Reads the header, without the data.
 * @param json the bytes of the header from 8 to headerEnd
 * @param size of the file, in bytes
 * @throws EngineError 'weights' if a tensor has an unsupported type or is not inside the file.
 */
export function readHeader(json: ArrayBuffer, size: number, file = MODEL_FILE): Map<string, Place> {
  const header = parseHeader(json, file);
  const places = new Map<string, Place>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    places.set(name, readEntry(name, entry, 8 + json.byteLength, size, file));
  }
  return places;
}

function parseHeader(json: ArrayBuffer, file: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    fail(file, `unreadable header (${(cause as Error).message})`);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    fail(file, 'header is not a JSON object');
  return header as Record<string, unknown>;
}

function readEntry(name: string, entry: unknown, dataStart: number, size: number, file: string): Place {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'I8' && dtype !== 'I32')
    fail(file, `${name} is stored as ${JSON.stringify(dtype)}; expected F32, F16, I8 or I32`);
  const isSize = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isSize))
    fail(file, `${name} has the shape ${JSON.stringify(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0] > offsets[1])
    fail(file, `${name} has the offsets ${JSON.stringify(offsets)}`);
  const [begin, end] = offsets as [number, number];
  const expected = shape.reduce((product, n) => product * n, BYTES[dtype]);
  if (end - begin !== expected) fail(file, `${name} takes ${end - begin} bytes; its shape needs ${expected}`);
  if (dataStart + end > size)
    fail(file, `truncated: ${name} ends at byte ${dataStart + end}, the file has ${size}`);
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
