import '../../scripts/web-worker';
import { describe, expect, test, vi } from 'vitest';
import { readModelData, SHIPPED } from '../../scripts/node';
import { describeConformance } from '../../tests/conformance';
import { withPrecision } from '../../tests/quantize';
import { GREEDY } from '../model/sampling/sampling';
import { createWasmBackend } from './wasm-backend';

describeConformance('the WebAssembly backend with threads', (model) =>
  createWasmBackend(model, { threads: 3, leastWork: 0 }),
);

describe('threads', () => {
  test.each([
    ['float32', 'float32', 'float32'],
    ['int8', 'int8', 'float32'],
    ['int8', 'int8', 'int16'],
    ['int4', 'int8', 'float32'],
  ] as const)(
    '%s weights, embedding %s, and %s activations give bit for bit the same results as on one thread',
    async (layers, embedding, activations) => {
      const model = withPrecision(await readModelData(SHIPPED), layers, embedding);
      const results = [];
      for (const threads of [1, 2, 3]) {
        const backend = await createWasmBackend(model, { activations, threads });
        expect(backend.device).toContain(threads === 1 ? 'one thread' : `${threads} threads`);
        const streams = await backend.open(1);
        await streams.read(Array.from({ length: 70 }, (_, i) => (37 * i) % 500));
        for await (const _ of streams.decode([{ sampling: GREEDY, maxTokens: 5, stopTokens: [] }]));
        results.push(await streams.snapshot());
        backend.destroy();
      }
      expect(results[1]).toEqual(results[0]);
      expect(results[2]).toEqual(results[0]);
    },
  );

  test('runs on one thread if no worker starts', async () => {
    vi.stubGlobal(
      'Worker',
      class {
        constructor() {
          throw new Error('not allowed');
        }
      },
    );
    const backend = await createWasmBackend(await readModelData(SHIPPED), { threads: 2 });
    vi.unstubAllGlobals();
    expect(backend.device).toContain('one thread');
    backend.destroy();
  });
});
