import { EngineError } from '../runtime/errors';

/** A tensor as stored: row-major bytes, little-endian. Format: https://huggingface.co/docs/safetensors */
export interface StoredTensor {
  readonly dtype: 'F32' | 'F16' | 'I8' | 'I32';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
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

/**
 * Reads a safetensors file without copying its data.
 * @param name of the file, for errors
 * @throws EngineError 'weights' if the file is truncated, corrupted, or has an unsupported type.
 */
export function readSafetensors(file: ArrayBuffer, name = 'model.safetensors'): Map<string, StoredTensor> {
  const { header, dataStart } = readHeader(file, name);
  const tensors = new Map<string, StoredTensor>();
  for (const [tensor, entry] of Object.entries(header)) {
    if (tensor === '__metadata__') continue;
    tensors.set(tensor, readEntry(tensor, entry, file, dataStart, name));
  }
  return tensors;
}

/** The value of a key in the metadata of a safetensors file, or null. @throws EngineError 'weights' */
export function readMetadata(file: ArrayBuffer, key: string, name: string): string | null {
  const metadata = readHeader(file, name).header.__metadata__ as Record<string, unknown> | undefined;
  const found = metadata?.[key];
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

function readHeader(file: ArrayBuffer, name: string): { header: Record<string, unknown>; dataStart: number } {
  if (file.byteLength < 8) fail(name, `only ${file.byteLength} bytes long`);
  const headerLength = Number(new DataView(file).getBigUint64(0, true));
  const dataStart = 8 + headerLength;
  if (headerLength > MAX_HEADER || dataStart > file.byteLength)
    fail(name, `truncated: its header claims ${headerLength} bytes, the file has ${file.byteLength}`);
  let header: unknown;
  try {
    header = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(file, 8, headerLength)),
    );
  } catch (cause) {
    fail(name, `unreadable header (${(cause as Error).message})`);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    fail(name, 'header is not a JSON object');
  return { header: header as Record<string, unknown>, dataStart };
}

function readEntry(
  name: string,
  entry: unknown,
  file: ArrayBuffer,
  dataStart: number,
  fileName: string,
): StoredTensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'I8' && dtype !== 'I32')
    fail(fileName, `${name} is stored as ${JSON.stringify(dtype)}; expected F32, F16, I8 or I32`);
  const isSize = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isSize))
    fail(fileName, `${name} has the shape ${JSON.stringify(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0] > offsets[1])
    fail(fileName, `${name} has the offsets ${JSON.stringify(offsets)}`);
  const [begin, end] = offsets as [number, number];
  const expected = shape.reduce((product, n) => product * n, BYTES[dtype]);
  if (end - begin !== expected)
    fail(fileName, `${name} takes ${end - begin} bytes; its shape needs ${expected}`);
  if (dataStart + end > file.byteLength)
    fail(fileName, `truncated: ${name} ends at byte ${dataStart + end}, the file has ${file.byteLength}`);
  return { dtype, shape, bytes: new Uint8Array(file, dataStart + begin, expected) };
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
