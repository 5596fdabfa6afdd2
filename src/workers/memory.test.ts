import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { firstModel, readBytes, readJson } from '../../scripts/node';
import { createWasmBackend } from '../cpu/wasm-backend';
import { type Packing, packedBytes, packMatrix } from '../gpu/pack';
import { type Config, parseConfig } from '../model/core/config';
import { countParameters, tensorsOf } from '../model/core/tensors';
import { INT4_GROUP, type Matrix, matricesOf } from '../model/core/weights';
import { loadModel, type Model } from '../model/runtime/folder';
import { readUrl } from './read-url';

// Peak memory of loading, because a phone closes a page that takes too much. The models have 145 and 82 MB, so the memory
// of JavaScript itself does not matter.

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const CHUNK = 65_536;
const CHUNKS_A_COLLECTION = 64;
const SLACK = 0.25; // fraction of the file: other memory of the process

type LayerPrecision = 'int8' | 'int4';

/** A model of zeros with an int8 embedding, served in chunks, so that only the current chunk is in memory. */
class LargeFolder {
  readonly files: Record<string, { bytes: number; sha256: string }> = {};
  private readonly parts = new Map<string, () => Iterable<Uint8Array>>();

  constructor(layers: LayerPrecision) {
    const json = readJson(`${firstModel()}config.json`);
    const config = { ...json, intermediate_size: 36_000 };
    const header = safetensorsHeader(parseConfig(config), layers);
    const tokenizer = new Uint8Array(readBytes(`${firstModel()}tokenizer.json`));
    this.put('config.json', () => [encode(JSON.stringify(config))]);
    this.put('tokenizer.json', () => [tokenizer]);
    this.put('model.safetensors', () => weights(header));
    const manifest = {
      ...readJson(`${firstModel()}manifest.json`),
      parameters: countParameters(parseConfig(config)),
      digest: this.files['model.safetensors'].sha256,
      files: this.files,
    };
    this.put('manifest.json', () => [encode(JSON.stringify(manifest))]);
  }

  get bytes(): number {
    return this.files['model.safetensors'].bytes;
  }

  /** Replaces the browser's fetch. */
  readonly fetch = async (url: string): Promise<Response> => {
    const parts = this.parts.get(new URL(url).pathname.split('/').at(-1)!);
    if (!parts) return new Response('', { status: 404 });
    const left = parts()[Symbol.iterator]();
    let count = 0;
    const pull = (controller: ReadableStreamDefaultController) => {
      // Collect garbage, so that the result does not depend on when the collector runs.
      if (++count % CHUNKS_A_COLLECTION === 0) collectGarbage();
      const { done, value } = left.next();
      if (done) controller.close();
      else controller.enqueue(value);
    };
    return new Response(new ReadableStream({ pull }));
  };

  private put(name: string, parts: () => Iterable<Uint8Array>): void {
    this.parts.set(name, parts);
    const hash = createHash('sha256');
    let bytes = 0;
    for (const part of parts()) {
      hash.update(part);
      bytes += part.length;
    }
    this.files[name] = { bytes, sha256: hash.digest('hex') };
  }
}

const encode = (text: string) => new TextEncoder().encode(text);

function* weights({ header, bytes }: { header: Uint8Array; bytes: number }): Iterable<Uint8Array> {
  yield header;
  for (let left = bytes; left > 0; left -= CHUNK) yield new Uint8Array(Math.min(CHUNK, left));
}

/** The header of a file with every tensor of a configuration, and the number of bytes after it. */
function safetensorsHeader(config: Config, layers: LayerPrecision): { header: Uint8Array; bytes: number } {
  const entries: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> = {};
  let at = 0;
  const put = (name: string, dtype: 'F32' | 'F16' | 'I8' | 'I32', shape: number[]) => {
    const size = shape.reduce((a, b) => a * b, { F32: 4, F16: 2, I8: 1, I32: 4 }[dtype]);
    entries[name] = { dtype, shape, data_offsets: [at, at + size] };
    at += size;
  };
  for (const { name, kind, shape } of tensorsOf(config)) {
    const [rows, columns] = shape;
    if (kind === 'vector') put(name, 'F32', shape);
    else if (layers === 'int8' || name === 'embedding.weight') {
      put(name, 'I8', shape);
      put(`${name}_scale`, 'F32', [rows]);
    } else {
      put(name, 'I32', [rows, columns / INT4_GROUP, 4]);
      put(`${name}_scale`, 'F16', [rows, columns / INT4_GROUP]);
    }
  }
  const json = encode(JSON.stringify(entries));
  const header = new Uint8Array(8 + json.length);
  new DataView(header.buffer).setBigUint64(0, BigInt(json.length), true);
  header.set(json, 8);
  return { header, bytes: at };
}

/** Peak growth of the process in bytes while `work` ran, sampled from another thread. */
async function peakOf<T>(work: () => Promise<T>): Promise<{ grown: number; value: T }> {
  collectGarbage(); // from the previous test, which would leave free memory
  const shared = new Int32Array(new SharedArrayBuffer(4));
  const code = `
    const { readFileSync } = require('node:fs');
    const { workerData, parentPort } = require('node:worker_threads');
    const resident = () => 4096 * Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1]);
    const before = resident();
    let peak = before;
    parentPort.postMessage(0);
    while (!Atomics.load(workerData, 0)) {
      peak = Math.max(peak, resident());
      Atomics.wait(workerData, 0, 0, 1);
    }
    parentPort.postMessage(peak - before);`;
  const watcher = new Worker(code, { eval: true, workerData: shared });
  await once(watcher, 'message');
  const value = await work();
  Atomics.store(shared, 0, 1);
  Atomics.notify(shared, 0);
  const [grown] = await once(watcher, 'message');
  return { grown, value };
}

let folders: Readonly<Record<LayerPrecision, LargeFolder>>;
beforeAll(() => {
  folders = { int8: new LargeFolder('int8'), int4: new LargeFolder('int4') };
});
afterEach(() => vi.unstubAllGlobals());

async function load(folder: LargeFolder): Promise<Model> {
  vi.stubGlobal('fetch', folder.fetch);
  const model = await loadModel(readUrl('http://host/model/'));
  await new Promise(setImmediate);
  collectGarbage(); // Node keeps the copy for the hash until then; browsers free it at once
  return model;
}

const onLinux = test.runIf(process.platform === 'linux');

onLinux.each(['int8', 'int4'] as const)(
  'loading needs memory for the file, its scales in float32 and the packed copy for the CPU, in %s',
  async (precision) => {
    const folder = folders[precision];
    const { grown, value } = await peakOf(async () => {
      const model = await load(folder);
      return { model, backend: await createWasmBackend(model) };
    });
    const { weights } = value.backend.memory();
    const scales = matricesOf(value.model.weights).reduce((sum, { scales }) => sum + scales!.byteLength, 0);
    expect(weights).toBeLessThanOrEqual(folder.bytes + scales);
    expect(grown).toBeLessThan((1 + SLACK) * folder.bytes + scales + weights);
  },
);

onLinux('loading needs memory for the file and the packed copy for WebGPU', async () => {
  const { grown, value } = await peakOf(async () => {
    const { weights } = await load(folders.int8);
    const { embedding, layers } = weights;
    const ofLayers = layers.flatMap(({ qkv, output, up, down }) => [qkv, output, up, down]);
    return [embedding, ...ofLayers].map(packed);
  });
  const bytes = value.reduce((sum, { length }) => sum + length, 0);
  expect(grown).toBeLessThan((1 + SLACK) * folders.int8.bytes + bytes);
});

/** Like an upload into a device buffer. */
function packed(matrix: Matrix): Uint8Array {
  const packing: Packing = { precision: 'int8', group: matrix.columns };
  const range = new Uint8Array(packedBytes(matrix, packing));
  packMatrix(matrix, packing, range);
  return range;
}
