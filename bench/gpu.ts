// Checks and times the WebGPU backend in Node over Dawn, on the Vulkan adapter: greedy decode, decode with the model's
// default sampler, prefill, flatness, each kernel, and the limits of the adapter. The last line of the output is JSON.
// Run: node scripts/run.mjs bench/gpu.ts [FOLDER] [--quick] [--graphics]

import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { chooseVulkanDriver, readJson, readModelData, readSampling } from '../scripts/node';
import { report } from '../src/gpu/device';
import { precisionsOf } from '../src/gpu/matrices';
import { GRAPHICS, type Tuning } from '../src/gpu/tuning';
import { createWebGpuBackend } from '../src/gpu/webgpu-backend';
import type { KernelTime, Memory, Streams } from '../src/model/runtime/backend';
import { ReferenceBackend } from '../src/model/runtime/reference-backend';
import { type Estimate, estimate, pairedRatio } from '../src/workers/statistics';
import { countGpuCalls } from '../tests/count-gpu-calls';
import { type ModelGolden, relativeError } from '../tests/golden';
import { everyPrecision, withPrecision } from '../tests/quantize';
import { adapterLimits } from './adapter';
import { benchModel } from './model';
import { check, type Expected, whatIsWrong } from './page/check';
import { measureFlatness } from './page/flatness';
import { LeapformerContender } from './page/leapformer';
import type { Calls } from './page/measurements';
import { matrixBytes } from './page/roofline';
import { callsPerToken, timeDecode, timePrefill } from './page/timing';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    graphics: { type: 'boolean', default: false }, // uses the kernels of a real GPU on an emulated adapter too
  },
});
const [folder = benchModel()] = positionals;
const PREFILLS = [128, 1024, 8192];
const NEAR = 64;
const TOLERANCE = 1e-4;
/** Rounds, pairs of the flatness measurement, and milliseconds after which neither continues. */
const [ROUNDS, PAIRS, TIMED_MS, FLATNESS_MS] = options.quick ? [5, 20, 6000, 1000] : [15, 100, 15_000, 2500];
/** Limit in milliseconds for one prefill. Longer texts are skipped. */
const LONGEST_READ_MS = options.quick ? 1000 : 2500;
const SAMPLE_MS = 100;

const PRECISIONS = {
  int4: { layers: 'int4', embedding: 'int8' },
  int8: { layers: 'int8', embedding: 'int8' },
  float32: { layers: 'float32', embedding: 'float32' },
} as const;
type Name = keyof typeof PRECISIONS;
const NAMES = Object.keys(PRECISIONS) as Name[];

interface Entry {
  readonly name: Name;
  readonly tuning: Tuning | undefined; // the adapter's defaults, as in the playground
}

interface Running {
  readonly entry: Entry;
  readonly contender: LeapformerContender;
  readonly errors: Record<string, number>;
  readonly own: Record<string, Streams>;
  readonly decodeTokens: number;
  readonly calls: Calls;
  readonly startMs: number;
  readonly memory: Memory;
  /** Milliseconds per token, or per step of 8 streams; one sample per round. */
  readonly samples: Record<string, number[]>;
}

const usual = options.graphics ? GRAPHICS : undefined;
const entries: Entry[] = NAMES.map((name) => ({ name, tuning: usual }));

chooseVulkanDriver();
const { create, globals } = await import('webgpu');
Object.assign(globalThis, globals);
const gpu = create(['disable-dawn-features=timestamp_quantization']); // a kernel may take 2 us, and Dawn rounds timestamps to 100 us
const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
if (!adapter) {
  console.error('Dawn finds no adapter.');
  process.exit(1);
}
const { vendor, architecture, device, description, subgroupMinSize, subgroupMaxSize } = adapter.info;
const features = [...adapter.features].sort();
const { name, isSoftware } = report(adapter);
console.log(`${name} (${vendor}, ${architecture}, ${device}, ${description}), emulated: ${isSoftware}`);
console.log(`subgroups of ${subgroupMinSize} to ${subgroupMaxSize}; ${features.join(' ')}`);

const progress = (what: string) => console.error(`${(performance.now() / 1000).toFixed(1)} s: ${what}`);
const calls = countGpuCalls();
const model = await readModelData(folder);
const golden: ModelGolden = readJson(join(folder, 'golden.json'));
const modelsOwn = readSampling(folder);
const article = golden.tokens.filter((id) => id !== model.config.bosTokenId); // without article ends
const text = Array.from({ length: PREFILLS.at(-1)! }, (_, i) => article[i % article.length]);
const stored = precisionsOf(model.weights);
const isStored = (name: Name) => {
  const { layers, embedding } = PRECISIONS[name];
  return isDeepStrictEqual(stored, everyPrecision(layers, embedding));
};
const modelIn = (name: Name) => {
  const { layers, embedding } = PRECISIONS[name];
  return isStored(name) ? model : withPrecision(model, layers, embedding);
};

/** golden.json is for the stored weights. For other precisions, the float64 reference computes the expected values. */
async function expectedOf(name: Name): Promise<Expected> {
  if (isStored(name) || name === 'float32') return golden;
  const reference = await LeapformerContender.open(new ReferenceBackend(modelIn(name)));
  await reference.read(golden.tokens);
  const finalLogits = await reference.logits();
  return { tokens: golden.tokens, finalLogits, greedy: await reference.decode(16) };
}

/** Opens a backend and checks it. @throws Error with the first wrong result */
async function prepare(entry: Entry, expected: Expected): Promise<Running> {
  const started = performance.now();
  const backend = await createWebGpuBackend(modelIn(entry.name), gpu, entry.tuning);
  const startMs = performance.now() - started;
  progress(`${entry.name}: started`);
  const contender = await LeapformerContender.open(backend);
  const outcome = await check(contender, entry.name, expected);
  const wrong = whatIsWrong(outcome);
  if (wrong) throw new Error(wrong);
  const { tokens } = expected;
  const apart = options.quick ? 16 : tokens.length;
  await contender.reset();
  await contender.read(tokens.slice(0, -apart));
  for (const token of tokens.slice(-apart)) await contender.read([token]);
  progress(`${entry.name}: read`);
  const oneByOne = relativeError(await contender.logits(), expected.finalLogits);
  // Decode and prefill use different kernels, and must give the same logits after the same text.
  await contender.mark();
  const written = await contender.decode(16);
  const behindWritten = await contender.logits();
  await contender.reset();
  await contender.read([...tokens, ...written]);
  const decoded = relativeError(behindWritten, await contender.logits());
  const errors = {
    'read at once': outcome.error,
    'token by token': oneByOne,
    'written beside read': decoded,
  };
  for (const [what, error] of Object.entries(errors))
    if (!(error <= TOLERANCE)) throw new Error(`${what}: logits are off by ${error.toExponential(1)}`);
  if (written.some((id, i) => id !== expected.greedy[i])) throw new Error('the backend writes other tokens');

  const { ms } = await timeDecode(contender, 4);
  const decodeTokens = Math.min(512, Math.max(2, Math.round(SAMPLE_MS / ms)));
  await timeDecode(contender, decodeTokens); // lets the batches grow
  const before = calls();
  await timeDecode(contender, decodeTokens);
  const perToken = callsPerToken(before, calls(), decodeTokens);
  const own: Record<string, Streams> = { "decode, the model's own sampler": await backend.open(1) };
  if (!options.quick) own['decode, a step of 8 streams'] = await backend.open(8);
  for (const streams of Object.values(own))
    for (let stream = 0; stream < streams.count; stream++) await streams.read(tokens, { stream });
  const memory = backend.memory();
  return { entry, contender, errors, own, decodeTokens, calls: perToken, startMs, memory, samples: {} };
}

/** Milliseconds per step of all streams. */
async function timeStep(streams: Streams, maxTokens: number): Promise<number> {
  const requests = Array.from({ length: streams.count }, (_, seed) => ({
    sampling: { ...modelsOwn, seed },
    maxTokens,
    stopTokens: [],
  }));
  const started = performance.now();
  for await (const _ of streams.decode(requests));
  return (performance.now() - started) / maxTokens;
}

async function round({ contender, own, decodeTokens, samples }: Running): Promise<void> {
  const add = (what: string, ms: number) => {
    samples[what] ??= [];
    samples[what].push(ms);
  };
  await contender.reset();
  await contender.read(golden.tokens);
  await contender.mark();
  add('decode, greedy', (await timeDecode(contender, decodeTokens)).ms);
  for (const [what, streams] of Object.entries(own))
    add(what, await timeStep(streams, Math.ceil(decodeTokens / streams.count)));
  let ms = 0;
  for (const size of PREFILLS) {
    if (ms * size > LONGEST_READ_MS) break;
    ms = await timePrefill(contender, text.slice(0, size));
    add(`prefill of ${size}`, ms);
  }
}

/** Decode after NEAR tokens and after the longest prefill, interleaved. */
async function flatnessOf({ entry, contender, decodeTokens, samples }: Running) {
  const far = PREFILLS.filter((size) => samples[`prefill of ${size}`]).at(-1)!;
  const tokens = Math.min(64, decodeTokens);
  const pairs = Math.floor(FLATNESS_MS / (2 * tokens * estimate(samples['decode, greedy']).median));
  await contender.reset();
  await contender.read(text.slice(0, NEAR));
  const near = await contender.snapshot();
  await contender.read(text.slice(NEAR, far));
  const snapshots = { near, far: await contender.snapshot() };
  const turns = Math.min(PAIRS, Math.max(3, pairs));
  return measureFlatness(entry.name, contender, snapshots, tokens, turns, calls);
}

const show = ({ median, low, high }: Estimate) =>
  `${median.toPrecision(4)}  (${low.toPrecision(4)} to ${high.toPrecision(4)})`;
const line = (what: string, value: string) => console.log(`  ${what.padEnd(34)} ${value}`);
const rounded = (_key: string, value: unknown) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;

const running: Running[] = [];
const failures: Record<string, string> = {};
const results: object[] = [];
const info = {
  vendor,
  architecture,
  device,
  description,
  isSoftware,
  subgroupMinSize,
  subgroupMaxSize,
  features,
};
for (const entry of entries)
  try {
    running.push(await prepare(entry, await expectedOf(entry.name)));
  } catch (error) {
    failures[entry.name] = `${error}`;
    console.log(`${entry.name}: NOT TIMED, ${error}`);
  }

const begun = performance.now();
for (let n = 0; n < ROUNDS + 1 && (n < 4 || performance.now() - begun < TIMED_MS); n++) {
  progress(`round ${n}`);
  const order = running.map((_, i) => running[(i + n) % running.length]);
  for (const each of order) await round(each);
  if (n === 0)
    for (const { samples } of running) for (const what of Object.keys(samples)) delete samples[what];
}

const bytes = Object.fromEntries(NAMES.map((name) => [name, matrixBytes(modelIn(name).weights)]));
progress('limits');
const words = (size: number) => Math.ceil(size / 4) * 4;
const limits = await adapterLimits(
  adapter,
  [2 ** 28, ...Object.values(bytes).map(words)],
  options.quick ? 3 : 9,
);
console.log('the adapter');
for (const [what, value] of Object.entries(limits)) line(what, show(value));

for (const each of running) {
  const { entry, errors, decodeTokens, samples, startMs, memory } = each;
  console.log(`${entry.name}, ${(bytes[entry.name] / 1e6).toPrecision(3)} MB of matrices`);
  line('started in, ms', startMs.toFixed(0));
  for (const [what, error] of Object.entries(errors)) line(`error, ${what}`, error.toExponential(1));
  const times = Object.fromEntries(Object.entries(samples).map(([what, list]) => [what, estimate(list)]));
  for (const [what, value] of Object.entries(times))
    line(`${what}, ms${what.includes('step') ? '' : ' a token'}`, show(value));
  line(
    'a token',
    Object.entries(each.calls)
      .map(([what, n]) => `${n.toPrecision(3)} ${what}`)
      .join(', '),
  );
  const { near, far } = await flatnessOf(each);
  const ratio = pairedRatio(far.decode, near.decode);
  line(`position ${far.position} / ${near.position}`, `${show(ratio)}, ${near.decode.length} pairs`);
  const kernels: KernelTime[] | null = (await each.contender.backend.kernelTimes?.()) ?? null;
  const total = kernels?.reduce((sum, { count, ms }) => sum + count * ms, 0) ?? null;
  for (const { name, count, ms } of kernels ?? [])
    line(
      `${name} x ${count}`,
      `${(1000 * ms).toFixed(1)} us each, ${((100 * count * ms) / total!).toFixed(1)}% of their sum`,
    );
  if (total !== null) line('all kernels, ms per token', total.toPrecision(4));
  results.push({
    ...entry,
    errors,
    startMs,
    memory,
    decodeTokens,
    calls: each.calls,
    times,
    samples,
    kernels,
    flatness: {
      near: near.position,
      far: far.position,
      ratio,
      decode: { near: near.decode, far: far.decode },
    },
  });
}
const all = {
  date: new Date().toISOString(),
  folder,
  stored,
  adapter: info,
  quick: options.quick,
  bytes,
  limits,
  failures,
  results,
};
console.log(JSON.stringify(all, rounded));
process.exit(Object.keys(failures).length ? 1 : 0); // a thread of Dawn keeps the process alive
