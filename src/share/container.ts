import {
  type Bytes,
  crc32,
  damaged,
  decodeUtf8,
  deflate,
  fromBase64url,
  inflate,
  Reader,
  toBase64url,
  Writer,
} from './bytes';
import { MAX_TEXT } from './shared';

/**
 * The outer format of a link. It never changes, so every version can read the text of every other version. In base64url
 * without padding:
 *   version  varint, from 1
 *   text     its length in bytes as a varint, then deflated UTF-8
 *   body     deflated; its format depends on the version (body.ts)
 *   check    4 bytes, big-endian: CRC-32 of everything before
 */
export interface Container {
  readonly version: number;
  readonly text: string;
  readonly body: Bytes;
}

const CHECK_BYTES = 4;
const MAX_BODY = 2 ** 22;

export async function seal({ version, text, body }: Container): Promise<string> {
  const content = new Writer();
  content.number(version);
  content.block(await deflate(new TextEncoder().encode(text)));
  content.raw(await deflate(body));
  return toBase64url(withCheck(content.finish()));
}

/** Leaves the body deflated, because only its own version can read it. @throws EngineError 'input' */
export async function open(fragment: string): Promise<Container> {
  const bytes = fromBase64url(fragment);
  const content = bytes.slice(0, -CHECK_BYTES);
  if (withCheck(content).some((byte, i) => byte !== bytes[i])) throw damaged();
  const reader = new Reader(content);
  const version = reader.number();
  const utf8 = await inflate(reader.block(), 3 * MAX_TEXT);
  return { version, text: decodeUtf8(utf8), body: reader.rest() };
}

export function inflateBody(body: Bytes): Promise<Bytes> {
  return inflate(body, MAX_BODY);
}

function withCheck(content: Bytes): Bytes {
  const whole = new Uint8Array(content.length + CHECK_BYTES);
  whole.set(content);
  new DataView(whole.buffer).setUint32(content.length, crc32(content));
  return whole;
}
