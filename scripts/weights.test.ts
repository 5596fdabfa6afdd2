import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { releasedModels, sha256, wrongFiles } from './release';

const WEIGHTS = Buffer.alloc(100_000, 'weights');
const FILES: Record<string, Buffer> = { 'config.json': Buffer.from('{}'), 'model.safetensors': WEIGHTS };
const MODEL = {
  entry: { id: 'wiki-1m' },
  files: Object.fromEntries(
    Object.entries(FILES).map(([name, file]) => [name, { bytes: file.length, sha256: sha256(file) }]),
  ),
};

let home: string;
let server: Server | undefined;
const requests: string[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weights-'));
  writeFileSync(join(home, 'list.json'), JSON.stringify({ models: [MODEL] }));
});
afterEach(() => void server?.close());

/** Runs the command against a server with the model, where `special` may answer for model.safetensors. */
async function fetchWeights(special?: RequestListener): Promise<{ error: string }> {
  requests.length = 0;
  server?.close();
  server = createServer((request, response) => {
    requests.push(request.url!);
    const name = request.url!.replace('/weights/wiki-1m/', '');
    if (special && name === 'model.safetensors') special(request, response);
    else response.writeHead(name in FILES ? 200 : 404).end(FILES[name]);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights`;
  const command = ['scripts/run.mjs', 'scripts/weights.ts', '--list', join(home, 'list.json')];
  return new Promise((resolve) =>
    execFile('node', [...command, '--out', home, address], (_, __, stderr) => resolve({ error: stderr })),
  );
}

const file = () => join(home, 'wiki-1m', 'model.safetensors');

test('fetches the models once, and again only the files that are wrong', async () => {
  expect(await fetchWeights()).toEqual({ error: '' });
  expect(readFileSync(file())).toEqual(WEIGHTS);
  expect(wrongFiles(MODEL, home)).toEqual([]);
  expect(await fetchWeights()).toEqual({ error: '' });
  expect(requests).toEqual([]);
  writeFileSync(file(), 'damaged');
  expect(wrongFiles(MODEL, home)).toEqual(['model.safetensors']);
  expect(await fetchWeights()).toEqual({ error: '' });
  expect(requests).toEqual(['/weights/wiki-1m/model.safetensors']);
  expect(wrongFiles(MODEL, home)).toEqual([]);
});

test.each<[string, RequestListener, RegExp]>([
  ['another content', (_, response) => response.end(Buffer.alloc(WEIGHTS.length)), /SHA-256/],
  ['a part of the file', (_, response) => response.end(WEIGHTS.subarray(9)), /99991 bytes instead of 100000/],
  [
    'a connection that breaks',
    (_, response) => {
      response.writeHead(200, { 'content-length': WEIGHTS.length });
      response.write(WEIGHTS.subarray(9), () => response.destroy());
    },
    /could not be loaded/,
  ],
  ['no such file', (_, response) => response.writeHead(404).end(), /answered 404/],
])('names the file, keeps nothing, and repairs it later: %s', async (_, special, message) => {
  const { error } = await fetchWeights(special);
  expect(error).toMatch(message);
  expect(error).toContain('model.safetensors');
  expect(existsSync(file())).toBe(false);
  expect(await fetchWeights()).toEqual({ error: '' });
  expect(wrongFiles(MODEL, home)).toEqual([]);
});

/** Builds a page with two models in its public folder. @returns the ids of models in index.json, and the folder */
async function built(): Promise<{ ids: string[]; out: string }> {
  const root = join(home, 'site');
  mkdirSync(join(root, 'public/weights'), { recursive: true });
  writeFileSync(
    join(root, 'public/weights/index.json'),
    '{"models": [{"id": "first"}], "translators": [{"id": "other"}]}',
  );
  writeFileSync(join(root, 'index.html'), '<!doctype html>');
  await build({ configFile: false, root, logLevel: 'silent', plugins: [releasedModels([MODEL], home)] });
  const out = join(root, 'dist/weights');
  const { models, translators } = JSON.parse(readFileSync(join(out, 'index.json'), 'utf8'));
  expect(translators).toEqual([{ id: 'other' }]);
  return { ids: models.map(({ id }: { id: string }) => id), out };
}

test('a build offers the models that were fetched, after those of the tree', async () => {
  expect((await built()).ids).toEqual(['first']);
  await fetchWeights();
  const { ids, out } = await built();
  expect(ids).toEqual(['first', 'wiki-1m']);
  expect(readFileSync(join(out, 'wiki-1m/model.safetensors'))).toEqual(WEIGHTS);
  writeFileSync(file(), 'damaged');
  await expect(built()).rejects.toThrow(/wiki-1m: model.safetensors differs/);
});

test('the repository contains at most 50 MB of weights', () => {
  const files = execFileSync('git', ['ls-files', '-z', 'public/weights'], { encoding: 'utf8' });
  const bytes = files
    .split('\0')
    .filter(Boolean)
    .reduce((sum, name) => sum + statSync(name).size, 0);
  expect(bytes).toBeLessThan(50e6);
});
