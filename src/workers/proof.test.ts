import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { shippedFolder } from '../../tests/files';
import { type GoldenModel, loadGoldenModel } from '../../tests/golden-models';
import { gpuWith, sharedGpu } from '../gpu/testing';
import { withReweighting } from '../model/core/variant';
import type { ModelData } from '../model/runtime/backend';
import { loadModel } from '../model/runtime/folder';
import { createBackend } from './backends';

let model: GoldenModel & ModelData;
beforeAll(async () => {
  const golden = await loadGoldenModel('leap-denominator-decay-conv');
  const { tokens, logProbabilities } = golden.golden;
  model = {
    ...golden,
    proof: { tokens: tokens.slice(0, 16), logProbabilities: logProbabilities.slice(0, 15) },
  };
});

afterEach(() => vi.restoreAllMocks());

/** Starts a backend, frees it, and returns its kind and reason. */
async function start(gpu: GPU, choice: 'auto' | 'webgpu' = 'webgpu', data: ModelData = model) {
  const { backend, streams, info } = await createBackend(data, choice, gpu);
  const length = streams.length();
  backend.destroy();
  return { ...info, length };
}

/** An adapter with the properties of a hardware GPU, so that `auto` chooses it. */
const onGraphics = (gpu: GPU) =>
  ({
    requestAdapter: async () => {
      const adapter = await gpu.requestAdapter();
      return { ...adapter, info: { description: 'a graphics card', isFallbackAdapter: false } };
    },
  }) as unknown as GPU;

test('uses a device that reproduces the proof, with an empty stream', async () => {
  expect(await start(sharedGpu())).toMatchObject({ kind: 'webgpu', reason: null, length: 0 });
});

const KERNELS = [
  ...['attention', 'mlp', 'logits', 'sample', 'rank', 'embed', 'normalizeAttention', 'normalizeMlp', 'qkv'],
  ...['projection', 'up', 'down', 'features', 'scores', 'attend', 'advance', 'records', 'appendHistory'],
];

test.each(KERNELS)('if %s leaves zeros, falls back to the CPU with a reason', async (kernel) => {
  const idle = (name: string, code: string) =>
    name === kernel ? code.replace(/(fn main\([^{]*\{)/, '$1\n  if (true) { return; }') : code;
  const { kind, reason } = await start(sharedGpu(idle));
  expect(kind).toBe('cpu');
  expect(reason).toMatch(/computes wrong numbers|did not start/);
  expect(reason).not.toContain('WGSL'); // it compiles
});

test.each(KERNELS.slice(0, 3))('if %s does not compile, falls back to the CPU', async (kernel) => {
  const broken = (name: string, code: string) => (name === kernel ? `${code}\nfn oops( {` : code);
  for (const choice of ['auto', 'webgpu'] as const) {
    const { kind, reason } = await start(onGraphics(sharedGpu(broken)), choice);
    expect(kind).toBe('cpu');
    expect(reason).toMatch(/^WebGPU did not start \(.*\), so the model runs on the CPU\.$/);
  }
});

test('falls back if the device cannot be opened', async () => {
  const refuse = () => Promise.reject(new DOMException('no', 'OperationError'));
  for (const choice of ['auto', 'webgpu'] as const) {
    const gpu = onGraphics(gpuWith(() => ({ requestDevice: refuse })));
    expect(await start(gpu, choice)).toMatchObject({
      kind: 'cpu',
      reason: expect.stringMatching(/could not be opened/),
    });
  }
});

test('falls back if the adapter request fails', async () => {
  const gpu = { requestAdapter: () => Promise.reject(new Error('no')) } as unknown as GPU;
  for (const choice of ['auto', 'webgpu'] as const)
    expect(await start(gpu, choice)).toMatchObject({ kind: 'cpu', reason: expect.stringMatching(/WebGPU/) });
});

test('falls back if the weights do not fit on the device', async () => {
  const gpu = sharedGpu();
  const refuse = gpuWith(() => ({
    requestDevice: async (descriptor: GPUDeviceDescriptor) => {
      const device = await (await gpu.requestAdapter())!.requestDevice(descriptor);
      return new Proxy(device, {
        get: (target, key) => {
          if (key === 'createBuffer') throw new RangeError('createBuffer failed');
          return Reflect.get(target, key);
        },
        set: (target, key, value) => Reflect.set(target, key, value),
      });
    },
  }));
  expect(await start(refuse)).toMatchObject({ kind: 'cpu', reason: expect.stringMatching(/createBuffer/) });
});

test('skips the check for a model without a proof and under another re-weighting', async () => {
  const { proof, ...without } = model;
  expect(await start(sharedGpu(), 'webgpu', without)).toMatchObject({ kind: 'webgpu' });
  expect(withReweighting(model, 'none', 0).proof).toBeNull();
});

test('the published index has the proof of the loaded model; a folder without an index has none', async () => {
  const { proof } = await loadModel(shippedFolder());
  expect(proof!.logProbabilities).toHaveLength(proof!.tokens.length - 1);
  for (const index of ['{}', '<html>', '{"models":[{"digest":"another","proof":{}}]}'])
    expect((await loadModel(shippedFolder({ '../index.json': index }))).proof).toBeNull();
});
