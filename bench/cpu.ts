// Times the WebAssembly backend in each precision, and the roofline of this machine's WebAssembly, in alternating rounds.
// Before that, each precision must agree with the reference over the same weights. Times are processor time of this
// process, which other work on the machine disturbs least. FOLDER is a model folder, by default that of wiki-7m.
// Run: node scripts/run.mjs bench/cpu.ts [FOLDER]

import { join } from 'node:path';
import { readJson, readModelData } from '../scripts/node';
import { createWasmBackend } from '../src/cpu/wasm-backend';
import type { Backend, ModelData, Streams } from '../src/model/runtime/backend';
import { ReferenceBackend } from '../src/model/runtime/reference-backend';
import type { Sampling } from '../src/model/sampling/sampling';
import { type Estimate, estimate, pairedRatio } from '../src/workers/statistics';
import { type ModelGolden, relativeError } from '../tests/golden';
import { withPrecision } from '../tests/quantize';
import roofline from './kernels/roofline.ts?assemblyscript';
import { benchModel } from './model';

const ROUNDS = 9;
const WARMUPS = 2; // rounds in which the compiler is still running
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
  return {
    layers: layers * (4 * d * d + 2 * d * f + 2 * heads * stateRows * headWidth),
    logits: vocabSize * d,
  };
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
      int4: () => (32 * rounds) / time(() => kernels.multiplyAddInt4(65_536, rounds, 0.5)),
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

async function logitsAfter(backend: Backend, chunks: readonly (readonly number[])[]) {
  const streams = await backend.open(1);
  for (const chunk of chunks) await streams.read(chunk);
  const logits = await streams.logits();
  streams.close();
  return logits;
}

/** Compares the logits after the tokens, read at once and one by one, with the reference. */
async function check(
  name: string,
  backend: Backend,
  model: ModelData,
  tokens: readonly number[],
  tolerance: number,
) {
  const expected = await logitsAfter(new ReferenceBackend(model), [tokens]);
  for (const chunks of [[tokens], tokens.map((token) => [token])]) {
    const error = relativeError(await logitsAfter(backend, chunks), expected);
    if (!(error <= tolerance)) throw new Error(`${name}: the error of the logits is ${error} > ${tolerance}`);
  }
}

const FORMS = [
  { layers: 'float32', embedding: 'float32', activations: 'float32' },
  { layers: 'int8', embedding: 'int8', activations: 'float32' },
  { layers: 'int8', embedding: 'int8', activations: 'int16' },
  { layers: 'int4', embedding: 'int8', activations: 'float32' },
] as const;
const nameOf = ({ layers, embedding, activations }: (typeof FORMS)[number]) =>
  `${layers}${embedding === layers ? '' : `, embedding ${embedding}`}, ${activations} activations`;
/** The form that the others are compared with. */
const BASE = nameOf(FORMS[1]);

/** Samples of each measurement of a form, in the order of rounds. */
type Samples = Record<string, number[]>;

async function prepare(form: (typeof FORMS)[number], shipped: ModelData, golden: ModelGolden) {
  const { layers, embedding, activations } = form;
  const name = nameOf(form);
  const model = withPrecision(shipped, layers, embedding);
  const created = processorTime();
  const backend = await createWasmBackend(model, { activations });
  const { weights } = backend.memory();
  console.log(
    `${name}: created in ${(processorTime() - created).toFixed(0)} ms, ${(weights / 1e6).toFixed(1)} MB`,
  );
  await check(name, backend, model, golden.tokens, activations === 'int16' ? 1e-3 : 1e-4);
  const tokens = Array.from({ length: TOKENS }, (_, i) => golden.tokens[i % golden.tokens.length]);
  const one = await backend.open(1);
  const four = await backend.open(4);
  for (let i = 0; i < 4; i++) await four.read(golden.tokens, { stream: i });
  const limits = await createRoofline(weights);
  const macs = work(model);
  const samples: Samples = {};
  const run = async () => {
    const read = await prefill(one, tokens);
    const written = await decode(one);
    const batched = await decode(four);
    const reading = (1000 * weights) / limits.bytesPerSecond();
    const rates = limits.multiplyAddsPerSecond;
    const multiplying =
      (1000 * macs.layers) / rates[activations === 'int16' ? 'int16' : layers]() +
      (1000 * macs.logits) / rates[activations === 'int16' ? 'int16' : embedding]();
    const multiplyingMany = (1000 * macs.layers) / rates[activations]();
    return {
      'decode, ms per token': written,
      'decode, 4 streams, ms per token': batched,
      'prefill, ms per token': read,
      'roofline: reading the weights, ms': reading,
      'roofline: multiply-adds of decode, ms': multiplying,
      'roofline: multiply-adds of prefill, ms': multiplyingMany,
      'decode, share of its roofline': Math.max(reading, multiplying) / written,
      'prefill, share of its roofline': multiplyingMany / read,
    };
  };
  return { name, run, samples };
}

function print(what: string, { median, low, high }: Estimate) {
  const [middle, ...interval] = [median, low, high].map((value) => value.toFixed(3));
  console.log(`  ${what.padEnd(42)} ${middle}  (${interval.join(' to ')})`);
}

const folder = process.argv[2] ?? benchModel();
const shipped = await readModelData(folder);
const golden: ModelGolden = readJson(join(folder, 'golden.json'));
const contenders = [];
for (const form of FORMS) contenders.push(await prepare(form, shipped, golden));

for (let round = 0; round < ROUNDS + WARMUPS; round++)
  for (const i of contenders.keys()) {
    const { run, samples } = contenders[(round + i) % contenders.length];
    const measured = Object.entries(await run());
    if (round >= WARMUPS)
      for (const [what, value] of measured) samples[what] = [...(samples[what] ?? []), value];
  }

const base = contenders.find(({ name }) => name === BASE)!.samples;
for (const { name, samples } of contenders) {
  console.log(`\n${name}: medians of ${ROUNDS} rounds and their 95% intervals`);
  for (const [what, values] of Object.entries(samples)) print(what, estimate(values));
  if (samples === base) continue;
  for (const what of ['decode', 'decode, 4 streams', 'prefill']) {
    const time = `${what}, ms per token`;
    print(`${what}: speed / that of int8`, pairedRatio(base[time], samples[time]));
  }
}
