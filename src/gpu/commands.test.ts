import { expect, test } from 'vitest';
import { everyPrecision } from '../../tests/quantize';
import { randomModel } from '../../tests/random-model';
import { bind } from './commands';
import { type Kernel, kernelCode, readBindings } from './kernels';
import { makePlan } from './plan';
import { GRAPHICS } from './tuning';

const buffer = {} as GPUBuffer;
const kernel: Kernel = {
  name: 'scale',
  pipeline: { getBindGroupLayout: () => 'layout' } as unknown as GPUComputePipeline,
  bindings: readBindings(`
    @group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>; // [token, d]
    @group(0) @binding(0) var<uniform> layer: Layer;`),
};
const device = { createBindGroup: (descriptor: unknown) => descriptor } as unknown as GPUDevice;

test('binds by the names and numbers that the WGSL declares', () => {
  const part = { buffer, offset: 256, size: 32 };
  expect(bind(device, kernel, { output: buffer, layer: part })).toMatchObject({
    entries: [
      { binding: 1, resource: { buffer } },
      { binding: 0, resource: part },
    ],
  });
});

test('names the kernel and the bindings that are missing or unknown', () => {
  expect(() => bind(device, kernel, { output: buffer })).toThrow(
    /kernel scale .*Missing: layer\. Unknown: none/,
  );
  expect(() => bind(device, kernel, { output: buffer, layers: buffer })).toThrow(
    /kernel scale .*output, layer.*Missing: layer\. Unknown: layers/,
  );
});

test('reads every binding of every kernel, numbered from 0', () => {
  const code = kernelCode(makePlan(randomModel().config, everyPrecision('int8'), GRAPHICS), false);
  for (const [name, source] of Object.entries(code)) {
    const numbers = [...readBindings(source).values()].sort((a, b) => a - b);
    expect(numbers, name).toEqual(Array.from(source.matchAll(/@binding/g), (_, n) => n));
  }
});
