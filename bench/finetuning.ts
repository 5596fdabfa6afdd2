// A step of fine-tuning on 512 tokens compared with reading them with records, on WebAssembly in Node by processor time, in
// alternating rounds, and the memory of the learner. FOLDER is a model folder, by default that of the default model.
// Run: node scripts/run.mjs bench/finetuning.ts [FOLDER]

import { firstModel, readModelData } from '../scripts/node';
import { createWasmLearner } from '../src/cpu/finetuning/wasm-learner';
import { createWasmBackend } from '../src/cpu/wasm-backend';
import { newAdapter } from '../src/model/finetuning/adapter';
import { SEGMENT } from '../src/model/finetuning/learner';
import { adamW, clipNorm, newMoments } from '../src/model/finetuning/optimizer';
import { estimate, pairedRatio } from '../src/workers/statistics';

const ROUNDS = 9;
const WARMUPS = 2; // rounds in which the compiler is still running
const RANK = 8;

const model = await readModelData(process.argv[2] ?? firstModel());
const backend = await createWasmBackend(model, { threads: 1 });
const [streams, learner] = [await backend.open(1), await createWasmLearner(model, RANK)];
const adapter = newAdapter(model.config, RANK, 1);
const moments = newMoments(adapter.values.length);
learner.use(adapter);
const ids = Array.from({ length: SEGMENT + 1 }, (_, i) => (i ? 7 + ((i * 2654435761) % 4000) : 0));

const work = {
  async read() {
    await streams.restore(null);
    await streams.read(ids.slice(0, -1), { records: true });
  },
  async step() {
    learner.restart();
    const { gradient } = await learner.learn(ids.slice(0, -1), ids.slice(1));
    clipNorm(gradient, 1);
    adamW(adapter.values, gradient, moments, 1e-3);
    learner.use(adapter);
  },
  async merge() {
    learner.use(adapter);
  },
};

const times: Record<keyof typeof work, number[]> = { read: [], step: [], merge: [] };
for (let round = -WARMUPS; round < ROUNDS; round++)
  for (const [name, run] of Object.entries(work) as [keyof typeof work, () => Promise<void>][]) {
    const { user, system } = process.cpuUsage();
    await run();
    const used = process.cpuUsage();
    if (round >= 0) times[name].push((used.user + used.system - user - system) / 1000);
  }
for (const [name, samples] of Object.entries(times))
  console.log(`${name}: ${JSON.stringify(estimate(samples))} ms of processor time`);
console.log(`step / read: ${JSON.stringify(pairedRatio(times.step, times.read))}`);
const megabytes = Object.entries(learner.memory()).map(
  ([part, bytes]) => `${part} ${(bytes / 2 ** 20).toFixed(1)} MB`,
);
console.log(`memory: ${megabytes.join(', ')}`);
backend.destroy();
