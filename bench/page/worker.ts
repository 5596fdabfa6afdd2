import { parseConfig } from '../../src/model/core/config';
import { readWeights } from '../../src/model/core/weights';
import type { ModelData } from '../../src/model/runtime/backend';
import { ReferenceBackend } from '../../src/model/runtime/reference-backend';
import { median } from '../../src/workers/statistics';
import { countGpuCalls } from '../../tests/count-gpu-calls';
import type { ModelGolden } from '../../tests/golden';
import { withPrecision } from '../../tests/quantize';
import { check, type Expected, STEPS, whatIsWrong } from './check';
import { type Contender, type Entry, nameOf } from './contender';
import { entries, type Models } from './entries';
import { measureFlatness, readFar } from './flatness';
import { LeapformerContender } from './leapformer';
import type { Check, ContenderResult, Flatness, Measurements } from './measurements';
import { matrixBytes, RooflineSampler } from './roofline';
import { measureSoftmax, POSITIONS, SOFTMAX_SCRATCH, softmaxCacheBytes } from './softmax';
import { callsPerToken, timeDecode, timePrefill } from './timing';
import { loadWasm } from './wasm';

/** A request from the page to the worker. */
export interface BenchRequest {
  /** Folder of the model, and folder of its ONNX files. */
  readonly modelUrl: string;
  readonly onnxUrl: string;
  readonly rounds: number;
  /** Pairs of the flatness measurement on WebAssembly, a quarter of them on WebGPU; 0 skips it. */
  readonly pairs: number;
  /** Runs only contenders whose name contains this. */
  readonly only: string;
}

export type BenchMessage =
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'done'; readonly measurements: Measurements }
  | { readonly type: 'failed'; readonly message: string };

/** A contender during measurement. */
interface Running {
  readonly entry: Entry;
  readonly contender: Contender;
  readonly check: Check;
  readonly decodeTokens: number;
  /** Repetitions of each sample in a round, of which the median counts. */
  readonly repeats: number;
  /** The tokens that it generated first. */
  written: readonly number[] | null;
  readonly decode: number[];
  readonly prefill: number[];
  readonly calls: ContenderResult['calls'];
}

const PREFILL_TOKENS = 128;
/** Approximate milliseconds of a contender's samples per round. */
const SAMPLE_MS = 500;
const calls = countGpuCalls();
const post = (message: BenchMessage) => postMessage(message);
const progress = (text: string) => post({ type: 'progress', text });

addEventListener('message', ({ data }: MessageEvent<BenchRequest>) => {
  run(data).then(
    (measurements) => post({ type: 'done', measurements }),
    (error: Error) => post({ type: 'failed', message: error.stack ?? String(error) }),
  );
});

async function run(request: BenchRequest): Promise<Measurements> {
  const fetchBytes = async (url: string) => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    return response.arrayBuffer();
  };
  const fetchJson = async (url: string) => JSON.parse(new TextDecoder().decode(await fetchBytes(url)));
  const { modelUrl, onnxUrl } = request;
  const golden: ModelGolden = await fetchJson(`${modelUrl}golden.json`);
  const config = parseConfig(await fetchJson(`${modelUrl}config.json`));
  const weights = readWeights(await fetchBytes(`${modelUrl}model.safetensors`), config);
  const model: ModelData = { config, weights, digest: 'model' };
  const models: Models = {
    float32: withPrecision(model, 'float32'),
    int8: withPrecision(model, 'int8'),
  };

  progress('reference over int8 rows');
  const expected = { float32: golden, int8: await expectedOf(models.int8, golden) };
  const running: Running[] = [];
  const failed: ContenderResult[] = [];
  const onnx = async (name: string) => new Uint8Array(await fetchBytes(onnxUrl + name));
  for (const entry of entries(models, navigator.gpu, onnx)) {
    if (!nameOf(entry).includes(request.only)) continue;
    const name = nameOf(entry);
    try {
      running.push(await prepare(entry, entry.form === 'float32' ? expected.float32 : expected.int8));
      progress(`${name}: right`);
    } catch (error) {
      progress(`${name}: ${error}`);
      failed.push(resultOf(entry, `${error}`));
    }
  }

  const weightBytes = {
    int8: matrixBytes(models.int8.weights),
    float32: matrixBytes(models.float32.weights),
  };
  const wasm = await loadWasm(softmaxCacheBytes(config, POSITIONS[3]) + SOFTMAX_SCRATCH);
  const roofline = await RooflineSampler.create(wasm, weightBytes, navigator.gpu);
  const prompt = [...golden.tokens, ...golden.greedy].slice(0, PREFILL_TOKENS);
  for (let round = 0; round < request.rounds; round++) {
    progress(`round ${round + 1} of ${request.rounds}`);
    await roofline.sample();
    for (const each of rotated(running, round)) await measure(each, prompt);
  }
  progress('softmax');
  const softmax = measureSoftmax(config, wasm, request.rounds);
  const flatness = request.pairs > 0 ? await everyFlatness(running, golden, request.pairs) : [];
  const embedding = config.vocabSize * config.hiddenSize;
  const multiplyAdds = weightBytes.float32 / 4;
  return {
    adapter: adapterName(await navigator.gpu?.requestAdapter()),
    userAgent: navigator.userAgent,
    prefillTokens: PREFILL_TOKENS,
    contenders: [...running.map(measured), ...failed],
    roofline: {
      weightBytes,
      multiplyAdds: { decode: multiplyAdds, prefill: multiplyAdds - embedding },
      readInt8: roofline.readInt8,
      readFloat32: roofline.readFloat32,
      float32: roofline.float32,
      int8: roofline.int8,
      int16: roofline.int16,
      adapterCopy: roofline.adapterCopy,
    },
    flatness,
    softmax,
  };
}

/** The outputs of the float64 reference for these weights. */
async function expectedOf(model: ModelData, golden: ModelGolden): Promise<Expected> {
  const reference = await LeapformerContender.open(new ReferenceBackend(model));
  await reference.read(golden.tokens);
  const finalLogits = await reference.logits();
  return { tokens: golden.tokens, finalLogits, greedy: await reference.decode(64) };
}

/** Builds and checks a contender, and calibrates the length of its samples. */
async function prepare(entry: Entry, expected: Expected): Promise<Running> {
  const contender = await entry.create();
  const checked = await check(contender, entry.form, expected);
  const wrong = whatIsWrong(checked);
  if (wrong) throw new Error(`left out: ${wrong}`);
  const before = calls();
  const { ms } = await timeDecode(contender, STEPS);
  const perToken = callsPerToken(before, calls(), STEPS);
  const decodeTokens = Math.min(64, Math.max(2, Math.round(SAMPLE_MS / ms)));
  return {
    entry,
    contender,
    check: checked,
    decodeTokens,
    written: null,
    decode: [],
    prefill: [],
    repeats: Math.min(5, Math.max(1, Math.round(SAMPLE_MS / (ms * decodeTokens)))),
    calls: entry.device === 'WebGPU' ? perToken : null,
  };
}

/** @throws Error if a contender no longer generates its first tokens */
async function measure(running: Running, prompt: readonly number[]): Promise<void> {
  const { entry, contender, decodeTokens, repeats } = running;
  const decode: number[] = [];
  const prefill: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const { ms, ids } = await timeDecode(contender, decodeTokens);
    running.written ??= ids;
    if (ids.join() !== running.written.join()) throw new Error(`${nameOf(entry)} writes other tokens now`);
    decode.push(ms);
    prefill.push(await timePrefill(contender, prompt));
  }
  running.decode.push(median(decode));
  running.prefill.push(median(prefill));
}

async function everyFlatness(
  running: readonly Running[],
  golden: ModelGolden,
  pairs: number,
): Promise<Flatness[]> {
  const ours = running.filter(({ entry }) => entry.runtime === 'LeaPformer' && entry.form === 'int8');
  const text = golden.tokens.filter((id) => id !== 0); // without article ends
  let snapshots: Awaited<ReturnType<typeof readFar>> | null = null;
  const results: Flatness[] = [];
  for (const { entry, contender, decodeTokens } of ours) {
    const leapformer = contender as LeapformerContender;
    // The first contender is WebAssembly, the fastest reader here; the others restore its snapshots.
    snapshots ??= await readFar(leapformer, text, (at) => progress(`flatness: ${at} tokens read`));
    progress(`flatness: ${nameOf(entry)}`);
    const count = entry.device === 'WASM' ? pairs : Math.ceil(pairs / 4);
    // Short samples, so that a disturbance affects both of a pair.
    const tokens = Math.min(16, Math.max(2, Math.floor(decodeTokens / 4)));
    results.push(await measureFlatness(nameOf(entry), leapformer, snapshots, tokens, count, calls));
  }
  return results;
}

function measured({ entry, contender, ...result }: Running): ContenderResult {
  const memory = contender instanceof LeapformerContender ? contender.backend.memory() : null;
  const { check, decodeTokens, decode, prefill, calls } = result;
  return { ...resultOf(entry, null), memory, check, decodeTokens, decode, prefill, calls };
}

function adapterName(adapter: GPUAdapter | null | undefined): string | null {
  if (!adapter) return null;
  const { description, vendor, architecture } = adapter.info;
  return description || `${vendor} ${architecture}`;
}

function resultOf(entry: Entry, failure: string | null): ContenderResult {
  const { runtime, device, form } = entry;
  return {
    name: nameOf(entry),
    runtime,
    device,
    form,
    failure,
    check: null,
    calls: null,
    memory: null,
    decodeTokens: 0,
    decode: [],
    prefill: [],
  };
}

function rotated<T>(items: readonly T[], by: number): T[] {
  return items.map((_, i) => items[(i + by) % items.length]);
}
