import { readFolder } from '../scripts/node';
import { logProbabilitiesOf } from '../src/model/sampling/records';
import { createBackend } from '../src/workers/backends';
import { Engine } from '../src/workers/engine';
import type { GenerateEvent } from '../src/workers/messages';
import { benchModel } from './model';

/**
 * Generates one long text. For each part, prints the time per token, the longest wait for the next tokens, and the memory
 * of the process and the backend; then the number of NaNs. Run: node scripts/run.mjs bench/long.ts [TOKENS]
 */
const total = Number(process.argv[2] ?? 100_000);
const PARTS = 10;
const engine = new Engine({
  readFile: readFolder,
  createBackend: (model, kind) => createBackend(model, kind, undefined),
});
const { manifest, backend, memory } = await engine.load(
  { model: { url: benchModel() }, backend: 'cpu' },
  () => {},
);
const bytes = ({ weights, state, scratch, transfer }: typeof memory) => weights + state + scratch + transfer;

let written = 0;
let wrong = 0;
let longest = 0;
let last = performance.now();
let begun = { at: last, processor: process.cpuUsage(), written };

function onEvent(event: GenerateEvent): void {
  if (event.type !== 'tokens') return;
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
  written += event.tokens.ids.length;
  wrong += logProbabilitiesOf(event.records).filter((value) => !Number.isFinite(value)).length;
  if (written - begun.written < total / PARTS && written < total) return;
  const { user, system } = process.cpuUsage(begun.processor);
  const count = written - begun.written;
  console.log(
    `${String(written).padStart(7)} tokens   ${((now - begun.at) / count).toFixed(2)} ms each, ` +
      `${((user + system) / 1000 / count).toFixed(2)} of the processor   longest wait ${longest.toFixed(0).padStart(4)} ms   ` +
      `process ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB, backend ${bytes(event.figures.memory)} bytes, ${event.figures.snapshotCount} snapshots`,
  );
  begun = { at: now, processor: process.cpuUsage(), written };
  longest = 0;
}

console.log(`${backend.device}; ${bytes(memory)} bytes after loading`);
await engine.generate(
  {
    runs: [{ text: '= Wren =\n\nThe wren is' }],
    sampling: { ...manifest.sampling, seed: 1 },
    maxTokens: total,
    atArticleEnd: 'continue',
  },
  onEvent,
);
console.log(`${written} tokens, ${wrong} log-probabilities are NaN`);
engine.unload();
