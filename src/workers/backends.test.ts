import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { nodeGpu } from '../../scripts/node';
import { type GoldenModel, loadGoldenModel } from '../../tests/golden-models';
import { createBackend, startBackend } from './backends';

let model: GoldenModel;
beforeAll(async () => {
  model = await loadGoldenModel('leap-denominator');
});

afterEach(() => vi.restoreAllMocks());

/** A fake GPU with the members that the choice of backend reads. */
const gpuWith = (adapter: object | null) => ({ requestAdapter: async () => adapter }) as unknown as GPU;

test.each([
  ['no WebGPU', undefined, /does not offer WebGPU/],
  ['no adapter', gpuWith(null), /found no GPU/],
  [
    'a software adapter',
    gpuWith({ info: { isFallbackAdapter: true, description: 'soft' } }),
    /emulated.*soft/,
  ],
  [
    'too small an adapter',
    gpuWith({ info: {}, limits: { maxBufferSize: 1, maxStorageBufferBindingSize: 1 } }),
    /needs .* allows/,
  ],
])('with %s the CPU runs, with a reason', async (_name, gpu, reason) => {
  const { backend, info } = await createBackend(model, 'auto', gpu);
  expect(info).toMatchObject({ kind: 'cpu', reason: expect.stringMatching(reason) });
  backend.destroy();
});

test('without WebAssembly SIMD the reference runs, with a reason', async () => {
  vi.spyOn(WebAssembly, 'instantiate').mockRejectedValue(
    new WebAssembly.CompileError('Wasm SIMD unsupported'),
  );
  const { backend, info } = await createBackend(model, 'auto', undefined);
  expect(info).toMatchObject({
    kind: 'reference',
    reason: expect.stringMatching(/WebGPU.*WebAssembly with SIMD/),
  });
  backend.destroy();
});

test.each([1, 2])(
  'if allocations fail after the first %i, the reference runs, with a reason',
  async (some) => {
    let left = some;
    const grow = WebAssembly.Memory.prototype.grow;
    vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(function (
      this: WebAssembly.Memory,
      pages,
    ) {
      if (left-- <= 0) throw new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory');
      return grow.call(this, pages);
    });
    const { backend, info } = await createBackend(model, 'auto', undefined);
    expect(info).toMatchObject({ kind: 'reference', reason: expect.stringMatching(/WebGPU.*memory/) });
    backend.destroy();
  },
);

test('a requested backend runs, without a reason', async () => {
  const gpu = await nodeGpu();
  for (const kind of ['webgpu', 'cpu', 'reference'] as const) {
    const { backend, info } = await createBackend(model, kind, gpu);
    expect(info).toMatchObject({ kind, reason: null });
    backend.destroy();
  }
});

test('requesting WebGPU without a device throws an error with a remedy', async () => {
  await expect(startBackend('webgpu', model, undefined)).rejects.toMatchObject({ code: 'device' });
});
