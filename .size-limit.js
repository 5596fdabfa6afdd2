// What is fetched before the engine can start: the scripts that the built page names, and the engine's worker. The
// editor, the cards and the backends come after the first paint, beside the weights.
import { readdirSync, readFileSync } from 'node:fs';

const dist = new URL('dist/', import.meta.url);
const named = readFileSync(new URL('index.html', dist), 'utf8').matchAll(
  /(?:src|href)="\.\/(assets\/[^"]+\.js)"/g,
);
const workers = readdirSync(new URL('assets/', dist)).filter((name) => name.startsWith('engine.worker-'));

export default [
  {
    name: 'JavaScript before the engine starts, compressed',
    path: [...Array.from(named, ([, path]) => path), ...workers.map((name) => `assets/${name}`)].map(
      (path) => `dist/${path}`,
    ),
    gzip: true,
    limit: '150 kB',
  },
];
