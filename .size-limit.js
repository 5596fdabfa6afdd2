// The JavaScript that loads before the engine can start: the scripts of the built page, the engine's worker, and their static
// imports. The editor, the cards and the backends load after the first paint, in parallel with the weights.
import { readFileSync } from 'node:fs';
import { readChunks, withStaticImports } from './scripts/chunks.mjs';

const dist = new URL('dist/', import.meta.url);
const chunks = readChunks(new URL('assets/', dist).pathname);
const page = readFileSync(new URL('index.html', dist), 'utf8');
const named = page.matchAll(/(?:src|href)="\.\/assets\/([^"]+\.js)"/g);
const workers = [...chunks.keys()].filter((name) => name.startsWith('engine.worker-'));
const files = withStaticImports(chunks, [...Array.from(named, ([, name]) => name), ...workers]);

export default [
  {
    name: 'JavaScript before the engine starts, compressed',
    path: files.map((name) => `dist/assets/${name}`),
    gzip: true,
    limit: '140 kB',
  },
  {
    name: 'npm package, compressed',
    path: ['dist-lib/index.js', 'dist-lib/engine.worker.js'],
    gzip: true,
    limit: '130 kB',
  },
];
