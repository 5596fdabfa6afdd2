// A teaching of FILE with the default settings on WebAssembly, on one and on two threads, and in PyTorch, one after the other:
// the fall of the loss on the 30% that are not learned from, in nats per token, and the time. FOLDER is a model folder, by
// default that of the default model. PyTorch needs training/.venv (bash training/test.sh).
// Run: node scripts/run.mjs bench/teaching.ts FILE [FOLDER]

import '../scripts/relaxed-simd';
import '../scripts/web-worker';
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { firstModel, readBytes, readFolder } from '../scripts/node';
import { createWasmLearner } from '../src/cpu/finetuning/wasm-learner';
import { cutsOf, type Losses, TEACHING, Teaching } from '../src/model/finetuning/teaching';
import { loadModel, sha256 } from '../src/model/runtime/folder';

const [, , file, folder = firstModel()] = process.argv;
const model = await loadModel(readFolder(folder));
const bytes = readBytes(file);
const text = new TextDecoder().decode(bytes).replaceAll('\r\n', '\n');
const tokens = [model.config.bosTokenId, ...model.tokenizer.encode(text).ids];
console.log(`${file}: ${tokens.length} tokens, SHA-256 ${await sha256(bytes)}; ${model.manifest.id}`);

for (const threads of [1, 2]) {
  const learner = await createWasmLearner(model, TEACHING.rank, { threads });
  const started = performance.now();
  for await (const event of new Teaching(learner, model.config, tokens).run()) {
    const seconds = (performance.now() - started) / 1000;
    if (event.type === 'decided')
      console.log(
        `  after step ${event.step}: ${event.loss.toFixed(4)} on the deciding part, ${seconds.toFixed(0)} s`,
      );
    if (event.type === 'finished') print(`WebAssembly, threads: ${threads}`, event.result, seconds);
  }
  learner.destroy();
}
print('PyTorch', ...adapt());
process.exit(); // the threads of the second learner

function adapt(): [{ base: Losses; taught: Losses }, seconds: number] {
  const training = join(import.meta.dirname, '../training');
  const out = join(mkdtempSync(join(tmpdir(), 'teaching-')), 'adapter');
  const command = ['-m', 'leapformer', 'adapt', resolve(folder), '--text', resolve(file), '--out', out];
  const python = join(training, '.venv/bin/python');
  const result = JSON.parse(execFileSync(python, command, { cwd: training, encoding: 'utf8' }));
  return [result, result.seconds];
}

function print(name: string, { base, taught }: { base: Losses; taught: Losses }, seconds: number): void {
  const { deciding, unseen } = cutsOf(tokens.length);
  const [first, last] = [unseen - deciding, tokens.length - 1 - unseen];
  const heldOut = (losses: Losses) => (losses.deciding * first + losses.unseen * last) / (first + last);
  const [before, after] = [heldOut(base), heldOut(taught)];
  const fall = `${before.toFixed(4)} -> ${after.toFixed(4)}, ${(before - after).toFixed(4)} less`;
  console.log(`${name}: ${fall}; ${seconds.toFixed(0)} s`);
}
