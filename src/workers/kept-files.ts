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

/** Reads the stored pieces of a file in order, up to the first that is missing. */
export async function* readPieces(sha256: string): AsyncGenerator<Uint8Array> {
  const cache = await openCache();
  for (let n = 0; cache; n++) {
    const response = await cache.match(key(sha256, n)).catch(() => undefined);
    if (!response) return;
    yield new Uint8Array(await response.arrayBuffer());
  }
}

/** @returns whether the piece is stored */
export async function keepPiece(sha256: string, n: number, piece: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const cache = await openCache();
  if (!cache) return false;
  const response = new Response(piece, { headers: { 'content-length': String(piece.length) } });
  return cache.put(key(sha256, n), response).then(
    () => true,
    () => false,
  );
}

/** The files that are stored, in whole or in part. */
export async function listKept(): Promise<KeptFile[]> {
  const cache = await openCache();
  const sizes = new Map<string, number>();
  for (const request of (await cache?.keys()) ?? []) {
    const sha256 = digestOf(request);
    const size = Number((await cache!.match(request))?.headers.get('content-length'));
    if (sha256) sizes.set(sha256, (sizes.get(sha256) ?? 0) + size);
  }
  return Array.from(sizes, ([sha256, bytes]) => ({ sha256, bytes }));
}

/** Deletes a file. */
export async function forgetFile(sha256: string): Promise<void> {
  const cache = await openCache();
  for (const request of (await cache?.keys()) ?? [])
    if (digestOf(request) === sha256) await cache!.delete(request);
}

function digestOf({ url }: Request): string | undefined {
  return /\/([0-9a-f]+)\/\d+$/.exec(url)?.[1];
}

/** Cache Storage needs addresses. Nothing requests these. */
function key(sha256: string, n: number): string {
  return `https://model-files.invalid/${sha256}/${n}`;
}

async function openCache(): Promise<Cache | null> {
  try {
    return await caches.open(CACHE);
  } catch {
    return null;
  }
}
