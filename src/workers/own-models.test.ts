import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { forgetOwn, keepOwn, listOwn, readOwn } from './own-models';

/** The files of the origin private file system, by path, and the bytes that it has room for. */
let stored: Map<string, Uint8Array>;
let room: number;

beforeEach(() => {
  [stored, room] = [new Map(), 1e9];
  vi.stubGlobal('navigator', { storage: { getDirectory: async () => folder('') } });
});
afterEach(() => vi.unstubAllGlobals());

function folder(path: string) {
  const names = () => {
    const within = [...stored.keys()].filter((key) => key.startsWith(path));
    return [...new Set(within.map((key) => key.slice(path.length).split('/')[0]))];
  };
  return {
    keys: async function* () {
      yield* names();
    },
    entries: async function* () {
      for (const name of names()) yield [name, file(path + name)] as const;
    },
    getDirectoryHandle: async (name: string, { create = false } = {}) => {
      if (!create && !names().includes(name)) throw new DOMException(name, 'NotFoundError');
      return folder(`${path}${name}/`);
    },
    getFileHandle: async (name: string) => file(path + name),
    removeEntry: async (name: string) => {
      for (const key of [...stored.keys()]) if (key.startsWith(`${path}${name}/`)) stored.delete(key);
    },
  };
}

function file(path: string) {
  const content = () => stored.get(path) ?? new Uint8Array();
  return {
    getFile: async () => new Blob([content() as Uint8Array<ArrayBuffer>]),
    createSyncAccessHandle: async () => ({
      truncate: () => stored.set(path, new Uint8Array()),
      write: (chunk: Uint8Array, { at }: { at: number }) => {
        const fits = chunk.subarray(0, Math.max(0, room));
        room -= fits.length;
        stored.set(path, Uint8Array.from([...content().subarray(0, at), ...fits]));
        return fits.length;
      },
      flush: () => {},
      close: () => {},
    }),
  };
}

const filesOf = (digest: string, name: string) => ({
  'manifest.json': new Blob([JSON.stringify({ digest, name })]),
  'model.safetensors': new Blob([new Uint8Array(5000)]),
});
const names = async () => (await listOwn()).map(({ manifest }) => manifest.name);

test('keeps models by their digest, lists them by name, and deletes one', async () => {
  expect(await listOwn()).toEqual([]);
  expect(await keepOwn('b', filesOf('b', 'Tea'))).toBe(true);
  expect(await keepOwn('a', filesOf('a', 'Wren'))).toBe(true);
  expect(await names()).toEqual(['Tea', 'Wren']);
  const [tea] = await listOwn();
  expect(tea.bytes).toBe(5000 + filesOf('b', 'Tea')['manifest.json'].size);
  expect((await readOwn('b'))?.['model.safetensors'].size).toBe(5000);
  await forgetOwn('b');
  expect(await names()).toEqual(['Wren']);
  expect(await readOwn('b')).toBeNull();
});

test('a model that is written only in part is neither listed nor read, and is written again', async () => {
  await keepOwn('a', filesOf('a', 'Tea'));
  stored.delete('own-models/a/manifest.json');
  expect([await listOwn(), await readOwn('a')]).toEqual([[], null]);
  stored.set('own-models/b/manifest.json', new TextEncoder().encode('{"na'));
  expect(await listOwn()).toEqual([]);
  await keepOwn('a', filesOf('a', 'Tea'));
  expect(await names()).toEqual(['Tea']);
});

test.each<[string, () => void]>([
  [
    'full',
    () => {
      room = 4000;
    },
  ],
  [
    'denied',
    () => vi.stubGlobal('navigator', { storage: { getDirectory: () => Promise.reject(new Error()) } }),
  ],
  ['missing', () => vi.stubGlobal('navigator', {})],
])('storage that is %s keeps nothing, and no part', async (_, limit) => {
  limit();
  expect(await keepOwn('a', filesOf('a', 'Tea'))).toBe(false);
  expect([await listOwn(), await readOwn('a')]).toEqual([[], null]);
  await forgetOwn('a');
  expect(stored.size).toBe(0);
});
