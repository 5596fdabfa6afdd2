import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { importsOfWorkers, readChunks, withStaticImports } from './chunks.mjs';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function build(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'chunks-'));
  folders.push(folder);
  for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
  return folder;
}

test.each([
  ['a lazy chunk', 'import{a}from"./engine.worker-1.js";a()'],
  ['a dynamic import', 'const a=import(`./engine.worker-1.js`)'],
  ['an export from it', 'export{a}from"./engine.worker-1.js"'],
])('finds %s that imports the entry of a worker', (_, code) => {
  const chunks = readChunks(build({ 'engine.worker-1.js': 'import("./lazy-2.js")', 'lazy-2.js': code }));
  expect(importsOfWorkers(chunks)).toEqual(['lazy-2.js imports engine.worker-1.js']);
});

test('starting a worker is not an import', () => {
  const code = 'new Worker(new URL(`engine.worker-1.js`,import.meta.url))';
  expect(importsOfWorkers(readChunks(build({ 'engine.worker-1.js': '', 'index-3.js': code })))).toEqual([]);
});

test('follows static imports, but not dynamic ones', () => {
  const chunks = readChunks(
    build({
      'a.js': 'import{b}from"./b.js";import(`./lazy.js`)',
      'b.js': 'import"./c.js"',
      'c.js': 'import"./a.js"',
      'lazy.js': '',
    }),
  );
  expect(withStaticImports(chunks, ['a.js'])).toEqual(['a.js', 'b.js', 'c.js']);
});
