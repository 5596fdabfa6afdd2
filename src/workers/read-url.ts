import { cancelled, EngineError } from '../model/runtime/errors';
import { sha256 } from '../model/runtime/folder';
import type { ExpectedFile, ReadFile } from '../model/runtime/read-file';
import { forgetFile, keepPiece, PIECE, readPieces } from './kept-files';

const ATTEMPTS = 2; // attempts to read a file if the connection breaks

/**
 * Reads the files of a model folder over HTTP, counting bytes as they arrive. A file with a digest is kept (kept-files.ts),
 * and read from there the next time. Only the missing rest of a file is requested.
 */
export function readUrl(folder: string): ReadFile {
  return async (name, onBytes, signal, expected) => {
    const url = new URL(name, folder).href;
    const body = new Body(onBytes, expected?.bytes);
    if (expected) for await (const piece of readPieces(expected.sha256)) body.add(piece);
    const kept = body.length;
    if (!expected || kept === 0 || kept < expected.bytes) await fetchRest(url, body, signal, expected);
    if (!expected || kept === 0 || (await isIntact(body, expected))) return body.finish();
    await body.keeping; // the kept pieces are damaged
    await forgetFile(expected.sha256);
    body.clear();
    await fetchRest(url, body, signal, expected);
    return body.finish();
  };
}

/** Whether the file has its digest. Insecure origins have no crypto.subtle, and keep no files. */
async function isIntact(body: Body, { sha256: digest }: ExpectedFile): Promise<boolean> {
  return !globalThis.crypto?.subtle || (await sha256(body.finish())) === digest;
}

/** Fetches the bytes that the body lacks. @throws EngineError */
async function fetchRest(
  url: string,
  body: Body,
  signal: AbortSignal | undefined,
  expected: ExpectedFile | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      const from = body.length;
      const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
      const response = await fetch(url, { headers, ...(signal && { signal }) });
      if (response.status === 416) {
        body.clear(); // the kept beginning is longer than the file
        continue;
      }
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      const range = response.headers.get('content-range');
      if (from > 0 && !range?.startsWith(`bytes ${from}-`)) body.clear(); // the server sends the whole file
      return await readBody(response, body, expected?.sha256);
    } catch (cause) {
      if (signal?.aborted) throw cancelled();
      if (cause instanceof EngineError) throw cause;
      if (cause instanceof TypeError && attempt < ATTEMPTS) continue;
      throw new EngineError(
        'network',
        `${url} could not be loaded: ${(cause as Error).message}.`,
        'Check the connection and the address of the model, then try again.',
        { cause },
      );
    }
}

/** @param digest of the file, which is kept in pieces. @throws TypeError when the connection breaks */
async function readBody(response: Response, body: Body, digest: string | undefined): Promise<void> {
  let next = Math.floor(body.length / PIECE);
  const keep = (n: number) => {
    body.keeping = body.keeping.then((works) => works && keepPiece(digest!, n, body.piece(n)));
  };
  for (const reader = response.body!.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    body.add(value);
    while (digest && body.length >= (next + 1) * PIECE) keep(next++);
  }
  if (digest && body.length > next * PIECE) keep(next);
}

const FIRST_SIZE = 65_536; // bytes allocated first for a file of unknown size

/** The bytes of a file, as they arrive. */
class Body {
  length = 0;
  /** The writing of its pieces: whether all of them are stored so far. After a failure no more are written. */
  keeping = Promise.resolve(true);
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
  }

  clear(): void {
    this.onBytes(-this.length);
    this.length = 0;
  }

  piece(n: number): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(n * PIECE, Math.min((n + 1) * PIECE, this.length));
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
