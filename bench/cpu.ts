// Times the WebAssembly backend on the shipped model, and between the rounds the roofline of this machine's WebAssembly.
// Times are processor time of this process, which other work on the machine disturbs least.
// Run: node scripts/run.mjs bench/cpu.ts

import { readJson, readModelData, SHIPPED } from '../scripts/node';
import { createWasmBackend } from '../src/cpu/wasm-backend';
import type { ModelData, Streams } from '../src/model/runtime/backend';
import type { Sampling } from '../src/model/sampling/sampling';
import { agrees, checkModel, type ModelGolden } from '../tests/golden';
import { withPrecision } from '../tests/quantize';
import roofline from './kernels/roofline.ts?assemblyscript';

const ROUNDS = 7;
const TOKENS = 256;
const SAMPLING: Sampling = {
  temperature: 0.9,
  topK: 40,
  topP: 0.95,
  minP: 0,
  repetitionPenalty: 1.1,
  sequencePenalty: 0,
  seed: 1,
};

/** Multiply-adds per token: the matrices, and the update and the readout of S. */
function work({ config }: ModelData) {
  const { layers, hiddenSize: d, intermediateSize: f, heads, headWidth, stateRows, vocabSize } = config;
  const prefill = layers * (4 * d * d + 2 * d * f + 2 * heads * stateRows * headWidth);
  return { prefill, decode: prefill + vocabSize * d };
}

/** Milliseconds. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function createRoofline(bytes: number) {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65_536) + 2 });
  const module = Uint8Array.from(atob(roofline), (c) => c.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(module, { env: { memory } });
  const kernels = instance.exports as Record<string, (...values: number[]) => number>;
  const rounds = 2_000_000;
  new Float32Array(memory.buffer).fill(1); // untouched pages would all map to one
  const time = (work: () => void) => {
    const start = processorTime();
    work();
    return (processorTime() - start) / 1000;
  };
  return {
    bytesPerSecond: () => bytes / time(() => kernels.sum(65_536, bytes - (bytes % 64))),
    multiplyAddsPerSecond: {
      float32: () => (48 * rounds) / time(() => kernels.multiplyAdd(rounds, 0.5)),
      int8: () => (32 * rounds) / time(() => kernels.multiplyAddInt8(65_536, rounds, 0.5)),
      int16: () => (64 * rounds) / time(() => kernels.multiplyAddInt16(65_536, rounds, 3)),
    },
  };
}

async function decode(streams: Streams): Promise<number> {
  const start = processorTime();
  const request = { sampling: SAMPLING, maxTokens: TOKENS, stopTokens: [] };
  for await (const _ of streams.decode(Array.from({ length: streams.count }, () => request)));
  return (processorTime() - start) / TOKENS / streams.count;
}

async function prefill(streams: Streams, tokens: readonly number[]): Promise<number> {
  const start = processorTime();
  await streams.read(tokens);
  return (processorTime() - start) / tokens.length;
}

const quantile = (values: readonly number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.round(q * (values.length - 1))];

function print(what: string, values: readonly number[]) {
  const [median, low, high] = [0.5, 0.1, 0.9].map((q) => quantile(values, q).toFixed(3));
  console.log(`  ${what.padEnd(42)} ${median}  (${low} to ${high})`);
}

const shipped = await readModelData(SHIPPED);
const golden: ModelGolden = readJson(`${SHIPPED}golden.json`);
const tokens = Array.from({ length: TOKENS }, (_, i) => golden.tokens[i % golden.tokens.length]);

for (const [precision, activations] of [
  ['float32', 'float32'],
  ['int8', 'float32'],
  ['int8', 'int16'],
] as const) {
  const model = withPrecision(shipped, precision);
  const created = processorTime();
  const backend = await createWasmBackend(model, { activations });
  console.log(
    `${precision} weights, ${activations} activations: created in ${(processorTime() - created).toFixed(0)} ms`,
    backend.memory(),
  );
  for (const { what, error, tolerance } of precision === 'int8' ? [] : await checkModel(backend, golden))
    if (!agrees({ what, error, tolerance })) throw new Error(`${what}: ${error} > ${tolerance}`);

  const one = await backend.open(1);
  const four = await backend.open(4);
  for (let i = 0; i < 4; i++) await four.read(golden.tokens, { stream: i });
  const limits = await createRoofline(backend.memory().weights);
  const macs = work(model);
  const rows: Record<string, number[]> = {};
  const add = (what: string, value: number) => {
    rows[what] ??= [];
    rows[what].push(value);
  };
  for (let round = 0; round < ROUNDS + 2; round++) {
    const read = await prefill(one, tokens);
    const written = await decode(one);
    const batched = await decode(four);
    const reading = (1000 * backend.memory().weights) / limits.bytesPerSecond();
    const multiplying =
      (1000 * macs.decode) / limits.multiplyAddsPerSecond[activations === 'int16' ? 'int16' : precision]();
    const multiplyingMany = (1000 * macs.prefill) / limits.multiplyAddsPerSecond[activations]();
    if (round < 2) continue; // the compiler is still running
    add('decode, ms per token', written);
    add('decode, 4 streams, ms per token', batched);
    add('prefill, ms per token', read);
    add('roofline: reading the weights, ms', reading);
    add('roofline: multiply-adds of decode, ms', multiplying);
    add('roofline: multiply-adds of prefill, ms', multiplyingMany);
    add('decode, share of its roofline', Math.max(reading, multiplying) / written);
    add('prefill, share of its roofline', multiplyingMany / read);
  }
  for (const [what, values] of Object.entries(rows)) print(what, values);
  backend.destroy();
}
