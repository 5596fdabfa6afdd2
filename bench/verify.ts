// Processor time of verifying 1,000 tokens that the model drew, and of reading them with records, in WebAssembly and on
// WebGPU (Dawn). Run: bash -c "source scripts/browsers.sh && node scripts/run.mjs bench/verify.ts"

import { nodeGpu, readModelData, readSampling } from '../scripts/node';
import { createWasmBackend } from '../src/cpu/wasm-backend';
import { createWebGpuBackend } from '../src/gpu/webgpu-backend';
import type { Backend, Streams } from '../src/model/runtime/backend';
import { idsOf } from '../src/model/sampling/records';
import type { Sampling } from '../src/model/sampling/sampling';
import { verifyTokens } from '../src/workers/verify';
import { benchModel } from './model';

const TOKENS = 1000;
const PROMPT = Array.from({ length: 20 }, (_, i) => 300 + i);
const own = readSampling(benchModel());
const SETTINGS: Record<string, Sampling> = {
  'the model’s own settings': own,
  'top-k 40': { ...own, topK: 40, topP: 1, minP: 0 },
  'no cut-off': { ...own, topK: 0, topP: 1, minP: 0 },
};

const model = await readModelData(benchModel());
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Milliseconds of this process, in which Dawn's software adapter runs too. */
async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const { user, system } = process.cpuUsage();
  await work();
  const after = process.cpuUsage();
  return (after.user + after.system - user - system) / 1000;
}

async function fresh<T>(backend: Backend, work: (streams: Streams) => Promise<T>): Promise<T> {
  const streams = await backend.open(1);
  return work(streams).finally(() => streams.close());
}

async function drawn(sampling: Sampling): Promise<number[]> {
  const backend = await createWasmBackend(model);
  const ids = await fresh(backend, async (streams) => {
    await streams.read([model.config.bosTokenId, ...PROMPT]);
    const written: number[] = [];
    const request = { sampling, maxTokens: TOKENS, stopTokens: [] };
    for await (const [{ records }] of streams.decode([request])) written.push(...idsOf(records));
    return written;
  });
  backend.destroy();
  return ids;
}

async function measure(
  name: string,
  backend: Backend,
  rounds: number,
  samplings: typeof SETTINGS,
): Promise<void> {
  for (const [settings, sampling] of Object.entries(samplings)) {
    const ids = await drawn(sampling);
    const parts = [
      { ids: PROMPT, drawnWith: null },
      { ids, drawnWith: sampling },
    ];
    const text = [model.config.bosTokenId, ...PROMPT, ...ids];
    const { signal } = new AbortController();
    const read = () => fresh(backend, (streams) => streams.read(text, { records: true }));
    const verify = () => fresh(backend, (streams) => verifyTokens(streams, model.config, parts, signal));
    const { counts } = await verify();
    if (counts.different || counts.exact < 0.99 * TOKENS) throw new Error(JSON.stringify(counts));
    const times: { read: number[]; verify: number[] } = { read: [], verify: [] };
    for (let round = 0; round < rounds; round++)
      for (const [what, work] of [
        ['read', read],
        ['verify', verify],
      ] as const) {
        times[what].push((await processorTime(work)) / text.length);
      }
    const ratios = times.read.map((ms, i) => times.verify[i] / ms);
    console.log(
      `${name}, ${settings}: reading with records ${median(times.read).toFixed(3)} ms per token, verifying ` +
        `${median(times.verify).toFixed(3)}: ${median(ratios).toFixed(2)} times ` +
        `(${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
    );
  }
}

const [rounds = 9, gpuRounds = 3] = process.argv.slice(2).map(Number);
const wasm = await createWasmBackend(model);
if (rounds > 0) await measure('WASM', wasm, rounds, SETTINGS);
wasm.destroy();

const OWN = 'the model’s own settings';
const gpu = await nodeGpu(); // Dawn answers only while this is referenced
const webgpu = await createWebGpuBackend(model, gpu);
await measure('WebGPU', webgpu, gpuRounds, { [OWN]: SETTINGS[OWN] });
webgpu.destroy();
process.exit(gpu ? 0 : 1); // Dawn keeps a thread
