// The cost of several continuations: processor time of 8 batched streams relative to one in WebAssembly, and dispatches
// of both on WebGPU, counted from outside. Run: node scripts/run.mjs bench/streams.ts

import { nodeGpu, readModelData } from '../scripts/node';
import { createWasmBackend } from '../src/cpu/wasm-backend';
import { createWebGpuBackend } from '../src/gpu/webgpu-backend';
import type { Backend, Streams } from '../src/model/runtime/backend';
import { GREEDY } from '../src/model/sampling/sampling';
import { countGpuCalls } from '../tests/count-gpu-calls';
import { benchModel } from './model';

const ROUNDS = 9;
const TOKENS = 128; // per stream and round
const SETTINGS = {
  greedy: GREEDY,
  'default sampler': {
    temperature: 0.8,
    topK: 0,
    topP: 0.95,
    minP: 0.02,
    repetitionPenalty: 1.1,
    sequencePenalty: 0,
    seed: 1,
  },
};

async function open(backend: Backend, count: number): Promise<Streams> {
  const streams = await backend.open(count);
  for (let stream = 0; stream < count; stream++)
    await streams.read([0, ...Array.from({ length: 63 }, (_, i) => 300 + i)], { stream });
  return streams;
}

/** Each stream has its own seed. */
async function write(streams: Streams, sampling: typeof GREEDY, maxTokens: number): Promise<void> {
  const requests = Array.from({ length: streams.count }, (_, seed) => ({
    sampling: { ...sampling, seed },
    maxTokens,
    stopTokens: [],
  }));
  for await (const _ of streams.decode(requests));
}

/** Processor time of this process in milliseconds. */
async function processorTime(work: () => Promise<void>): Promise<number> {
  const { user, system } = process.cpuUsage();
  await work();
  const after = process.cpuUsage();
  return (after.user + after.system - user - system) / 1000;
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

const model = await readModelData(benchModel());
const wasm = await createWasmBackend(model);
const one = await open(wasm, 1);
const eight = await open(wasm, 8);
for (const [name, sampling] of Object.entries(SETTINGS)) {
  const times: { one: number[]; eight: number[] } = { one: [], eight: [] };
  for (let round = 0; round < ROUNDS + 2; round++) {
    const alone = await processorTime(() => write(one, sampling, TOKENS));
    const together = await processorTime(() => write(eight, sampling, TOKENS));
    if (round < 2) continue; // the compiler is still running
    times.one.push(alone / TOKENS);
    times.eight.push(together / TOKENS);
  }
  const ratios = times.one.map((alone, i) => times.eight[i] / alone);
  console.log(
    `WASM, ${name}: one stream ${median(times.one).toFixed(3)} ms per step, eight ${median(times.eight).toFixed(3)} ms: ` +
      `${median(ratios).toFixed(2)} times one (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
  );
}
wasm.destroy();

const gpu = await nodeGpu();
const calls = countGpuCalls();
const webgpu = await createWebGpuBackend(model, gpu);
const steps = 8;
for (const count of [1, 8]) {
  const streams = await open(webgpu, count);
  await write(streams, GREEDY, 1); // warms up
  const before = calls().dispatches;
  await write(streams, GREEDY, steps);
  console.log(`WebGPU, streams: ${count}, dispatches per step: ${(calls().dispatches - before) / steps}`);
  streams.close();
}
webgpu.destroy();
process.exit(0); // a thread of Dawn keeps the process alive
