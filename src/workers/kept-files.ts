import type { ExpectedFile } from '../model/runtime/read-file';
import type { Body } from './body';

/**
 * Files of models in Cache Storage, by their SHA-256, in pieces that are stored as they arrive. A model thus opens without a
 * network, an interrupted load resumes, and texts that need the same file share it. Every function works without Cache
 * Storage (a private window, an insecure origin, storage that is full or denied): then nothing is kept.
 */

const CACHE = 'model-files';
/** Bytes of every piece but the last. */
export const PIECE = 2 ** 20;

/** A file, or the beginning of one. */
export interface KeptFile {
  /** In hex. */
  readonly sha256: string;
  /** The stored bytes. */
  readonly bytes: number;
}

/**
 * Reads a file from its stored pieces, fetches the rest, and stores what arrives. If stored pieces are damaged, it deletes
 * them and fetches the whole file.
 * @param fetchRest fetches the bytes that the body lacks
 */
export async function readKept(
  body: Body,
  expected: ExpectedFile,
  fetchRest: () => Promise<void>,
): Promise<void> {
  await readPieces(body, expected.sha256);
  const kept = body.length;
  const isPart = kept === 0 || kept < expected.bytes;
  const storing = isPart ? await fetchAndKeep(body, expected, fetchRest) : null;
  if (kept === 0 || (await isRight(body.finish(), expected))) return;
  await storing?.ended;
  await forgetFile(expected.sha256);
  body.clear();
  await fetchAndKeep(body, expected, fetchRest);
}

function isRight(file: ArrayBuffer, expected: ExpectedFile): Promise<boolean> {
  return expected.check(file).then(
    () => true,
    () => false,
  );
}

/** @returns `ended` resolves when nothing more is being stored */
async function fetchAndKeep(
  body: Body,
  { sha256: digest }: ExpectedFile,
  fetchRest: () => Promise<void>,
): Promise<{ ended: Promise<unknown> }> {
  let next = Math.floor(body.length / PIECE);
  let storing = Promise.resolve(true);
  const keep = (n: number) => {
    // After a failure no more is stored. The bytes are copied when they are written, so that copies do not pile up.
    storing = storing.then((works) => works && keepPiece(digest, n, body.slice(n * PIECE, (n + 1) * PIECE)));
  };
  body.onPart = () => {
    while (body.length >= (next + 1) * PIECE) keep(next++);
  };
  await fetchRest();
  if (body.length > next * PIECE) keep(next);
  return { ended: storing };
}

/** Reads the stored pieces of a file in order, up to the first that is missing. */
async function readPieces(body: Body, digest: string): Promise<void> {
  const cache = await openCache();
  for (let n = 0; cache; n++) {
    const response = await cache.match(key(digest, n)).catch(() => undefined);
    if (!response) return;
    body.add(new Uint8Array(await response.arrayBuffer()));
  }
}

/** @returns whether the piece is stored */
async function keepPiece(digest: string, n: number, piece: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const cache = await openCache();
  if (!cache) return false;
  const response = new Response(piece, { headers: { 'content-length': String(piece.length) } });
  return cache.put(key(digest, n), response).then(
    () => true,
    () => false,
  );
}

/** The files that are stored, in whole or in part. */
export async function listKept(): Promise<KeptFile[]> {
  const cache = await openCache();
  const sizes = new Map<string, number>();
  for (const request of (await cache?.keys()) ?? []) {
    const digest = digestOf(request);
    const size = Number((await cache!.match(request))?.headers.get('content-length'));
    if (digest) sizes.set(digest, (sizes.get(digest) ?? 0) + size);
  }
  return Array.from(sizes, ([sha256, bytes]) => ({ sha256, bytes }));
}

/** Deletes a file. */
export async function forgetFile(digest: string): Promise<void> {
  const cache = await openCache();
  for (const request of (await cache?.keys()) ?? [])
    if (digestOf(request) === digest) await cache!.delete(request);
}

function digestOf({ url }: Request): string | undefined {
  return /\/([0-9a-f]+)\/\d+$/.exec(url)?.[1];
}

/** Cache Storage needs addresses. Nothing requests these. */
function key(digest: string, n: number): string {
  return `https://model-files.invalid/${digest}/${n}`;
}

async function openCache(): Promise<Cache | null> {
  try {
    return await caches.open(CACHE);
  } catch {
    return null;
  }
}
