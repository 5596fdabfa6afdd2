import type { Config } from '../core/config';
import { stateLayout } from '../core/tensors';
import { REACH, seenWords } from '../sampling/seen';
import { EngineError } from './errors';
import { sha256 } from './folder';
import type { Snapshot } from './snapshot';

/**
 * A snapshot as a file, little-endian:
 *   magic   8 bytes, "LEAPSNAP"
 *   header  its length in bytes as uint32, then JSON in UTF-8, padded with spaces to a multiple of 4
 *   state   float32, in the order of stateLayout
 *   logits  float32 [vocab]
 *   seen    uint32, the words of SeenTokens
 *   check   32 bytes, the SHA-256 of everything before
 */
interface Header {
  readonly format: 1;
  /** SHA-256 of the weights, in hex. */
  readonly digest: string;
  /** The id and the name of the model, for a page or an error that asks for it. */
  readonly id: string;
  readonly model: string;
  readonly length: number;
  readonly position: number;
  /** The day, as in 2026-01-31 (UTC). */
  readonly made: string;
}

/** The facts about a file that need no model. */
export interface SnapshotDescription {
  /** SHA-256 of the file without its check, in hex: it identifies the file. */
  readonly digest: string;
  readonly model: { readonly id: string; readonly digest: string; readonly name: string };
  /** Tokens that the stream has read, including the initial `<|endoftext|>`. */
  readonly length: number;
  readonly made: string;
}

const MAGIC = 'LEAPSNAP';
const HEAD = 12; // bytes of magic and header length
const CHECK = 32;
const MOST_HEADER = 4096;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** @throws EngineError 'browser' on insecure origins, which have no SHA-256 */
export async function encodeSnapshot(
  snapshot: Snapshot,
  { id, name: model }: { readonly id: string; readonly name: string },
  date = new Date(),
): Promise<Uint8Array<ArrayBuffer>> {
  const { digest, length, position, state, logits, seen } = snapshot;
  const made = date.toISOString().slice(0, 10);
  const header = JSON.stringify({ format: 1, digest, id, model, length, position, made } satisfies Header);
  const json = new TextEncoder().encode(header.padEnd(header.length + 3));
  const size = json.length - (json.length % 4);
  const words = [Float32Array.from(state), Float32Array.from(logits), seen];
  const body = HEAD + size;
  const bytes = new Uint8Array(body + words.reduce((sum, part) => sum + part.byteLength, CHECK));
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(MAGIC.length, size, true);
  bytes.set(json.subarray(0, size), HEAD);
  let at = body;
  for (const part of words) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  bytes.set(await check(bytes), at);
  return bytes;
}

/**
 * Reads a file of `encodeSnapshot`.
 * @throws EngineError 'input' if the file is damaged, of another version, or of other weights than `digest`
 */
export async function decodeSnapshot(file: Uint8Array, digest: string, config: Config): Promise<Snapshot> {
  const { header, body } = readHeader(file);
  if (header.digest !== digest)
    throw new EngineError(
      'input',
      `This is a state of the model ${header.model} (weights ${header.digest.slice(0, 12)}), but the loaded weights are ${digest.slice(0, 12)}.`,
      `Open the model ${header.model} first.`,
    );
  const sizes = [stateLayout(config).size, config.vocabSize, seenWords(config)];
  const expected = body + 4 * sizes.reduce((a, b) => a + b, 0) + CHECK;
  if (file.length !== expected) throw damaged(`has ${file.length} bytes instead of ${expected}`);
  const bytes = await checked(file);
  const [state, logits] = [sizes[0], sizes[0] + sizes[1]];
  const floats = new Float32Array(bytes.buffer, body, logits);
  const seen = new Uint32Array(bytes.buffer, body + 4 * logits, sizes[2]);
  if (!floats.every(Number.isFinite) || seen.subarray(-REACH).some((id) => id >= config.vocabSize))
    throw damaged('has numbers that no model writes');
  const { length, position } = header;
  return {
    digest,
    length,
    position,
    state: floats.slice(0, state),
    logits: floats.slice(state),
    seen: seen.slice(),
  };
}

/** @throws EngineError 'input' if the file is damaged or of another version */
export async function describeSnapshot(file: Uint8Array): Promise<SnapshotDescription> {
  const { digest, id, model: name, length, made } = readHeader(file).header;
  const checkedFile = await checked(file);
  return { digest: snapshotCheck(checkedFile), model: { id, digest, name }, length, made };
}

/** The SHA-256 at the end of a file, in hex, which identifies the file if it is right. */
export function snapshotCheck(file: Uint8Array): string {
  return Array.from(file.subarray(-CHECK), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether a file begins like a saved state, whole or not. */
export function isSnapshotFile(file: Uint8Array): boolean {
  return new TextDecoder().decode(file.subarray(0, MAGIC.length)) === MAGIC;
}

/** A number below 2^30 that differs between files: the beginning of their SHA-256. */
export function snapshotKey(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return view.getUint32(file.length - CHECK, true) >>> 2;
}

function readHeader(file: Uint8Array): { header: Header; body: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (!isSnapshotFile(file)) throw damaged('is not a saved state');
  const size = file.length < HEAD ? 0 : view.getUint32(MAGIC.length, true);
  if (size > MOST_HEADER || size % 4 !== 0 || HEAD + size > file.length) throw damaged('has no valid header');
  const header = parse(new TextDecoder().decode(file.subarray(HEAD, HEAD + size)));
  return { header, body: HEAD + size };
}

function parse(json: string): Header {
  let value: Partial<Header>;
  try {
    value = JSON.parse(json) ?? {};
  } catch {
    throw damaged('has no valid header');
  }
  if (value.format !== 1)
    throw damaged(`has the format ${JSON.stringify(value.format)}; this version reads format 1`);
  const { digest, id, model, length, position, made } = value;
  const isWhole = Number.isSafeInteger(length) && Number.isSafeInteger(position);
  const isText = [digest, id, model, made].every((text) => typeof text === 'string');
  if (!isWhole || !isText || position! < 0 || length! < position! || !DAY.test(made!))
    throw damaged('has no valid header');
  return value as Header;
}

function damaged(what: string): EngineError {
  return new EngineError('input', `The file ${what}.`, 'Use the file of a saved state, unchanged.');
}

/** A copy of the file, in memory of its own. @throws EngineError 'input' unless its check is right */
async function checked(file: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = file.slice();
  const expected = await check(bytes);
  if (expected.some((byte, i) => byte !== bytes[bytes.length - CHECK + i]))
    throw damaged('does not match its SHA-256');
  return bytes;
}

/** SHA-256 of a file without its last CHECK bytes. */
async function check(file: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (!globalThis.crypto?.subtle)
    throw new EngineError(
      'browser',
      'This page cannot check the file, because its address is not secure.',
      'Open the page over https.',
    );
  const hex = await sha256(file.buffer.slice(0, -CHECK));
  return Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16));
}
