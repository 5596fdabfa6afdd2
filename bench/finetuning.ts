// A step of fine-tuning on 512 tokens compared with reading them with records and with a step without relaxed SIMD, on
// WebAssembly in Node by processor time, and the time of a step on two threads, in alternating rounds; the memory of the
// learner; and decoding by a taught model compared with an int8 base. FOLDER is a model folder, by default that of the default model.
// Run: node scripts/run.mjs bench/finetuning.ts [FOLDER]

import '../scripts/relaxed-simd';
import '../scripts/web-worker';
import { firstModel, readModelData, SHIPPED } from '../scripts/node';
import { createWasmLearner } from '../src/cpu/finetuning/wasm-learner';
import { createWasmBackend } from '../src/cpu/wasm-backend';
import { newAdapter } from '../src/model/finetuning/adapter';
import { SEGMENT } from '../src/model/finetuning/learner';
import { adamW, clipNorm, newMoments } from '../src/model/finetuning/optimizer';
import { taughtModel } from '../src/model/finetuning/taught-model';
import { GREEDY } from '../src/model/sampling/sampling';
import { estimate, pairedRatio } from '../src/workers/statistics';

const ROUNDS = 9;
const WARMUPS = 2; // rounds in which the compiler is still running
const RANK = 8;

const model = await readModelData(process.argv[2] ?? firstModel());
const adapter = newAdapter(model.config, RANK, 1);
const ids = Array.from({ length: SEGMENT + 1 }, (_, i) => (i ? 7 + ((i * 2654435761) % 4000) : 0));

const backend = await createWasmBackend(model, { threads: 1 });
const streams = await backend.open(1);
const one = await createWasmLearner(model, RANK, { threads: 1 });
const plain = await createWasmLearner(model, RANK, { threads: 1, isRelaxed: false });
const two = await createWasmLearner(model, RANK, { threads: 2 });

async function read() {
  await streams.restore(null);
  await streams.read(ids.slice(0, -1), { records: true });
}

function stepOf(learner: typeof one) {
  const moments = newMoments(adapter.values.length);
  const values = adapter.values.slice();
  learner.use(adapter);
  return async () => {
    learner.restart();
    const { gradient } = await learner.learn(ids.slice(0, -1), ids.slice(1));
    clipNorm(gradient, 1);
    adamW(values, gradient, moments, 1e-3);
    learner.use({ ...adapter, values });
  };
}

async function decodeOf(folder: string, isTaught: boolean) {
  const base = await readModelData(folder);
  const backend = await createWasmBackend(isTaught ? await taughtModel(base, adapter) : base, { threads: 1 });
  const streams = await backend.open(1);
  return async () => {
    await streams.restore(null);
    await streams.read([0, 1, 2]);
    const request = { sampling: GREEDY, maxTokens: 64, stopTokens: [] };
    for await (const _ of streams.decode([request]));
  };
}

/** Milliseconds of processor time and of the clock. */
async function measure(work: Record<string, () => Promise<void>>) {
  const samples = Object.keys(work).map((name) => [
    name,
    { processor: [] as number[], clock: [] as number[] },
  ]);
  const times = Object.fromEntries(samples) as Record<string, { processor: number[]; clock: number[] }>;
  for (let round = -WARMUPS; round < ROUNDS; round++)
    for (const [name, run] of Object.entries(work)) {
      const [{ user, system }, started] = [process.cpuUsage(), performance.now()];
      await run();
      const used = process.cpuUsage();
      if (round < 0) continue;
      times[name].clock.push(performance.now() - started);
      times[name].processor.push((used.user + used.system - user - system) / 1000);
    }
  for (const [name, { processor, clock }] of Object.entries(times))
    console.log(
      `${name}: ${JSON.stringify(estimate(processor))} ms of processor time, ${JSON.stringify(estimate(clock))} ms`,
    );
  return times;
}

const times = await measure({
  read,
  step: stepOf(one),
  'step without relaxed SIMD': stepOf(plain),
  'step on two threads': stepOf(two),
});
console.log(`step / read: ${JSON.stringify(pairedRatio(times.step.processor, times.read.processor))}`);
const relaxed = pairedRatio(times['step without relaxed SIMD'].processor, times.step.processor);
console.log(`relaxed SIMD: ${JSON.stringify(relaxed)} times as fast`);
const speedup = pairedRatio(times.step.clock, times['step on two threads'].clock);
console.log(`two threads: ${JSON.stringify(speedup)} times as fast`);
for (const [name, learner] of [['one thread', one] as const, ['two threads', two] as const]) {
  const parts = Object.entries(learner.memory()).map(
    ([part, bytes]) => `${part} ${(bytes / 2 ** 20).toFixed(1)} MB`,
  );
  console.log(`memory with ${name}: ${parts.join(', ')}`);
}
one.destroy();
plain.destroy();
two.destroy();
backend.destroy();
const decoding = await measure({
  'int8 base, 64 tokens': await decodeOf(SHIPPED, false),
  'taught, 64 tokens': await decodeOf(SHIPPED, true),
});
const [base, taught] = Object.values(decoding).map(({ processor }) => processor);
console.log(`speed of taught / int8 base: ${JSON.stringify(pairedRatio(base, taught))}`);
process.exit();
