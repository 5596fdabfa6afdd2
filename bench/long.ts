import { readFolder } from '../scripts/node';
import { logProbabilitiesOf } from '../src/model/sampling/records';
import { createBackend } from '../src/workers/backends';
import { Engine } from '../src/workers/engine';
import type { GenerateEvent } from '../src/workers/messages';
import { benchModel } from './model';

/**
 * Generates one long text. For each part, prints the time per token, the longest wait for the next tokens, and the memory
 * of the process and the backend; then the number of NaNs, and the growth of the process in the last half, which includes
 * the ids of the text. Run: node --expose-gc scripts/run.mjs bench/long.ts [TOKENS] [MODEL FOLDER]
 */
const total = Number(process.argv[2] ?? 100_000);
const model = process.argv[3] ?? benchModel();
const PARTS = 10;
const MIB = 2 ** 20;
const memoryAt: { readonly written: number; readonly rss: number }[] = [];
const engine = new Engine({
  readFile: readFolder,
  createBackend: (model, kind) => createBackend(model, kind, undefined),
});
const { manifest, backend, memory } = await engine.load({ model: { url: model }, backend: 'cpu' }, () => {});
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
  globalThis.gc?.();
  const rss = process.memoryUsage.rss();
  memoryAt.push({ written, rss });
  console.log(
    `${String(written).padStart(7)} tokens   ${((now - begun.at) / count).toFixed(2)} ms each, ` +
      `${((user + system) / 1000 / count).toFixed(2)} of the processor   longest wait ${longest.toFixed(0).padStart(4)} ms   ` +
      `process ${(rss / MIB).toFixed(0)} MiB, backend ${bytes(event.figures.memory)} bytes, ${event.figures.snapshotCount} snapshots`,
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
const [half, end] = [memoryAt[PARTS / 2 - 1], memoryAt.at(-1)!];
const perToken = (end.rss - half.rss) / (end.written - half.written);
console.log(
  `The last half grew by ${((end.rss - half.rss) / MIB).toFixed(1)} MiB, ${perToken.toFixed(1)} bytes per token.`,
);
engine.unload();
