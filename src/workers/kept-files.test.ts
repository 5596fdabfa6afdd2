import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { forgetFile, listKept, PIECE } from './kept-files';
import { readUrl } from './read-url';

const FILE = Uint8Array.from({ length: 2.5 * PIECE }, (_, i) => i % 251);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const KEPT = { bytes: FILE.length, sha256: sha256(FILE) };
const EXPECTED = {
  ...KEPT,
  check: async (file: ArrayBuffer) => {
    if (sha256(new Uint8Array(file)) !== KEPT.sha256) throw new Error('damaged');
  },
};

/** A Cache Storage. */
let stored: Map<string, Response>;
let isFull: boolean;
/** The range that each request asked for. */
let ranges: (string | null)[];
/** The bytes after which the connection breaks. */
let breaksAfter: number;
let hasRanges: boolean;

beforeEach(() => {
  stored = new Map();
  [isFull, ranges, breaksAfter, hasRanges] = [false, [], Number.POSITIVE_INFINITY, true];
  const cache = {
    match: async (key: string | Request) => stored.get(typeof key === 'string' ? key : key.url)?.clone(),
    put: async (key: string, response: Response) => {
      if (isFull) throw new DOMException('full', 'QuotaExceededError');
      stored.set(key, response);
    },
    keys: async () => Array.from(stored.keys(), (url) => new Request(url)),
    delete: async ({ url }: Request) => stored.delete(url),
  };
  vi.stubGlobal('caches', { open: async () => cache });
  vi.stubGlobal('fetch', async (_url: string, { headers }: { headers: { range?: string } }) => {
    ranges.push(headers.range ?? null);
    const from = hasRanges ? Number(/\d+/.exec(headers.range ?? '0')![0]) : 0;
    if (from >= FILE.length) return new Response('', { status: 416 });
    let at = from;
    const body = new ReadableStream({
      pull(controller) {
        if (at >= breaksAfter) return controller.error(new TypeError('network error'));
        if (at === FILE.length) return controller.close();
        controller.enqueue(FILE.slice(at, at + 100_000));
        at = Math.min(at + 100_000, FILE.length);
      },
    });
    const range = { 'content-range': `bytes ${from}-${FILE.length - 1}/${FILE.length}` };
    return new Response(body, from > 0 ? { status: 206, headers: range } : {});
  });
});
afterEach(() => vi.unstubAllGlobals());

/** Reads the file, and expects the right bytes and the right progress. */
async function read(): Promise<void> {
  let counted = 0;
  const file = await readUrl('http://host/model/')(
    'a',
    (count) => {
      counted += count;
    },
    undefined,
    EXPECTED,
  );
  expect(Buffer.compare(new Uint8Array(file), FILE)).toBe(0);
  expect(counted).toBe(FILE.length);
}

const keptBytes = () => listKept().then((files) => files.reduce((sum, { bytes }) => sum + bytes, 0));
const isKept = () => expect.poll(keptBytes).toBe(FILE.length);

test('a file is fetched once, from any folder', async () => {
  await read();
  await isKept();
  expect(await listKept()).toEqual([KEPT]);
  await read();
  expect(ranges).toEqual([null]);
  await forgetFile(KEPT.sha256);
  expect(await listKept()).toEqual([]);
  await read();
  expect(ranges).toEqual([null, null]);
});

test.each([true, false])('a load that was cut off resumes (the server has ranges: %s)', async (has) => {
  hasRanges = has;
  breaksAfter = 1.5 * PIECE;
  await expect(read()).rejects.toMatchObject({ code: 'network' });
  await expect.poll(keptBytes).toBe(PIECE);
  breaksAfter = Number.POSITIVE_INFINITY;
  ranges.length = 0;
  await read();
  expect(ranges).toEqual([`bytes=${PIECE}-`]);
  await isKept();
  await read();
  expect(ranges.length).toBe(1);
});

test.each([
  ['other bytes', PIECE],
  ['too few bytes', 9],
  ['too many bytes', 3 * PIECE],
])('a damaged piece heals: %s', async (_, length) => {
  await read();
  await isKept();
  const [first] = stored.keys();
  stored.set(first, new Response(new Uint8Array(length)));
  await read();
  await isKept();
  ranges.length = 0;
  await read();
  expect(ranges).toEqual([]);
});

test('full or denied storage: the file is read, and not kept', async () => {
  isFull = true;
  await read();
  expect(await keptBytes()).toBe(0);
  vi.stubGlobal('caches', { open: () => Promise.reject(new DOMException('denied', 'SecurityError')) });
  await read();
  expect(await listKept()).toEqual([]);
  await forgetFile(KEPT.sha256);
  expect(ranges).toEqual([null, null]);
});
