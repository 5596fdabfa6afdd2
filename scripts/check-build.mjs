// Checks the chunks in dist/: no chunk may import the entry chunk of a worker.
import { importsOfWorkers, readChunks } from './chunks.mjs';

const chunks = readChunks(new URL('../dist/assets/', import.meta.url).pathname);
const workers = [...chunks.keys()].filter((name) => name.includes('.worker-'));
const wrong = importsOfWorkers(chunks);
for (const line of wrong) console.error(`dist/assets: ${line}, which WebKit then evaluates a second time.`);
if (workers.length === 0) console.error('dist/assets holds no worker. Run npm run build first.');
if (workers.length === 0 || wrong.length > 0) process.exitCode = 1;
