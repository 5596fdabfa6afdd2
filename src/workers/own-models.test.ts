import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PrivateFiles } from '../../tests/private-files';
import { forgetOwn, keepOwn, listOwn, readOwn } from './own-models';

let disk: PrivateFiles;
beforeEach(() => {
  disk = new PrivateFiles();
});
afterEach(() => vi.unstubAllGlobals());

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
  disk.stored.delete('own-models/a/manifest.json');
  expect([await listOwn(), await readOwn('a')]).toEqual([[], null]);
  disk.stored.set('own-models/b/manifest.json', new TextEncoder().encode('{"na'));
  expect(await listOwn()).toEqual([]);
  await keepOwn('c', filesOf('c', 'Wren'));
  expect(await names()).toEqual(['Wren']);
  await forgetOwn('c');
  await keepOwn('a', filesOf('a', 'Tea'));
  expect(await names()).toEqual(['Tea']);
});

test.each<[string, () => void]>([
  [
    'full',
    () => {
      disk.room = 4000;
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
  expect(disk.stored.size).toBe(0);
});
