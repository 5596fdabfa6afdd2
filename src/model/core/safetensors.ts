import { EngineError } from '../runtime/errors';

/** A tensor as stored: row-major bytes, little-endian. Format: https://huggingface.co/docs/safetensors */
export interface StoredTensor {
  readonly dtype: 'F32' | 'F16' | 'I8' | 'I32';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const BYTES = { F32: 4, F16: 2, I8: 1, I32: 4 } as const;
const MAX_HEADER = 100_000_000; // limit of the format

function fail(message: string): never {
  throw new EngineError(
    'weights',
    `model.safetensors: ${message}`,
    'Load the model again. If the error repeats, the file on the server is damaged or is not a safetensors file.',
  );
}

/**
 * Reads a safetensors file without copying its data.
 * @throws EngineError 'weights' if the file is truncated, corrupted, or has an unsupported type.
 */
export function readSafetensors(file: ArrayBuffer): Map<string, StoredTensor> {
  if (file.byteLength < 8) fail(`only ${file.byteLength} bytes long`);
  const headerLength = Number(new DataView(file).getBigUint64(0, true));
  const dataStart = 8 + headerLength;
  if (headerLength > MAX_HEADER || dataStart > file.byteLength)
    fail(`truncated: its header claims ${headerLength} bytes, the file has ${file.byteLength}`);

  let header: unknown;
  try {
    header = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(file, 8, headerLength)),
    );
  } catch (cause) {
    fail(`unreadable header (${(cause as Error).message})`);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    fail('header is not a JSON object');

  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    tensors.set(name, readEntry(name, entry, file, dataStart));
  }
  return tensors;
}

function readEntry(name: string, entry: unknown, file: ArrayBuffer, dataStart: number): StoredTensor {
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
  if (dataStart + end > file.byteLength)
    fail(`truncated: ${name} ends at byte ${dataStart + end}, the file has ${file.byteLength}`);
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
