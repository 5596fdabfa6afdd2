import { describe, expect, test } from 'vitest';
import { readJson, readModelData, SHIPPED } from '../../scripts/node';
import { describeCapture } from '../../tests/capture';
import { describeConformance } from '../../tests/conformance';
import { agrees, checkModel, relativeError } from '../../tests/golden';
import { goldenNames, loadGoldenModel } from '../../tests/golden-models';
import { withPrecision } from '../../tests/quantize';
import { randomModel } from '../../tests/random-model';
import { ReferenceBackend } from '../model/runtime/reference-backend';
import { countRecords } from '../model/sampling/records';
import { GREEDY, type Sampling } from '../model/sampling/sampling';
import { createWasmBackend } from './wasm-backend';

describeConformance('the WebAssembly backend', createWasmBackend);
describeCapture('the WebAssembly backend', createWasmBackend);

describe('the WebAssembly backend', () => {
  test.each(
    goldenNames.flatMap((name) => [
      [name, 'int8', 'int8'] as const,
      [name, 'float16', 'float16'] as const,
      [name, 'int4', 'int8'] as const,
      [name, 'int4', 'int4'] as const,
    ]),
  )('computes %s in %s, embedding %s, with the dequantized weights', async (name, layers, embedding) => {
    const model = withPrecision(await loadGoldenModel(name), layers, embedding);
    const [backend, reference] = [await createWasmBackend(model), new ReferenceBackend(model)];
    const [streams, expected] = [await backend.open(1), await reference.open(1)];
    await streams.read(model.golden.tokens);
    await expected.read(model.golden.tokens);
    expect(relativeError(await streams.logits(), await expected.logits())).toBeLessThan(1e-4);
  });

  test.each([32, 60, 64])('computes int4 heads of %i columns with the dequantized weights', async (e) => {
    const model = withPrecision(randomModel({ hidden_size: 2 * e, intermediate_size: 100 }), 'int4', 'int8');
    const streams = await (await createWasmBackend(model)).open(1);
    const expected = await new ReferenceBackend(model).open(1);
    const tokens = Array.from({ length: 40 }, (_, i) => (7 * i) % 40);
    await streams.read(tokens);
    await expected.read(tokens);
    expect(relativeError(await streams.logits(), await expected.logits())).toBeLessThan(1e-4);
  });

  test.each(goldenNames.flatMap((name) => [[name, 'int8'] as const, [name, 'int4'] as const]))(
    'computes %s in %s, embedding int8, with int16 activations to 1e-3, alone and in chunks',
    async (name, precision) => {
      const model = withPrecision(await loadGoldenModel(name), precision, 'int8');
      const backend = await createWasmBackend(model, { activations: 'int16' });
      const [streams, stepped] = [await backend.open(1), await backend.open(1)];
      const expected = await new ReferenceBackend(model).open(1);
      await streams.read(model.golden.tokens);
      await expected.read(model.golden.tokens);
      for (const token of model.golden.tokens) await stepped.read([token]);
      expect(relativeError(await streams.logits(), await expected.logits())).toBeLessThan(1e-3);
      expect(await streams.snapshot()).toEqual(await stepped.snapshot());
    },
  );

  test.each([
    ['float32', 'float32', 'int16', 'float32'],
    ['int4', 'int4', 'int16', 'float32'],
    ['int4', 'int8', 'float32', 'float32'],
    ['int4', 'int8', 'int16', 'int16'],
    ['int8', 'float32', 'int16', 'int16'],
  ] as const)(
    'names the activations: %s, embedding %s, option %s',
    async (layers, embedding, activations, name) => {
      const model = withPrecision(randomModel(), layers, embedding);
      const { device } = await createWasmBackend(model, { activations });
      expect(device).toBe(`WebAssembly SIMD, one thread, ${name}`);
    },
  );

  test('runs the shipped model', async () => {
    const backend = await createWasmBackend(await readModelData(SHIPPED));
    for (const agreement of await checkModel(backend, readJson(`${SHIPPED}golden.json`)))
      expect(agreement).toSatisfy(agrees);
  });

  test.each(goldenNames.flatMap((name) => [[name, 'int8'] as const, [name, 'int4'] as const]))(
    'prefill is bitwise the same in chunks and token by token: %s in %s, embedding int8',
    async (name, precision) => {
      const model = await loadGoldenModel(name);
      const backend = await createWasmBackend(withPrecision(model, precision, 'int8'));
      const [chunked, stepped] = [await backend.open(1), await backend.open(1)];
      const tokens = [...model.golden.tokens, ...model.golden.tokens, ...model.golden.tokens];
      const { records } = await chunked.read(tokens, { records: true });
      const singly: number[] = [];
      for (const token of tokens) singly.push(...(await stepped.read([token], { records: true })).records!);
      expect(await chunked.snapshot()).toEqual(await stepped.snapshot());
      expect([...records!]).toEqual(singly);
    },
  );

  test('decodes more streams than a tile holds', async () => {
    const { golden, ...model } = await loadGoldenModel('odd-heads');
    const backend = await createWasmBackend(model);
    const streams = await backend.open(70);
    const requests = Array.from({ length: 70 }, (_, seed) => {
      const sampling: Sampling = { ...GREEDY, temperature: 1, seed };
      return { sampling, maxTokens: 3, stopTokens: [] };
    });
    for (let stream = 0; stream < 70; stream++) await streams.read(golden.tokens, { stream });
    for await (const _ of streams.decode(requests));
    const alone = await backend.open(1);
    for (const stream of [0, 16, 63, 64, 69]) {
      await alone.restore(null);
      await alone.read(golden.tokens);
      for await (const _ of alone.decode([requests[stream]]));
      expect(await streams.logits(stream)).toEqual(await alone.logits());
    }
  });

  test('uses the same bytes at any length, and frees them', async () => {
    const model = await loadGoldenModel('leap-rms-decay-conv');
    const backend = await createWasmBackend(model);
    const empty = backend.memory();
    expect(empty).toMatchObject({ state: 0, scratch: 0, transfer: 0 });
    const streams = await backend.open(2);
    const opened = backend.memory();
    const { vocabSize } = model.config;
    const { state, seen } = await streams.snapshot();
    expect(opened.state).toBe(2 * (state.byteLength + 4 * vocabSize + seen.byteLength));
    await streams.read(Array.from({ length: 5000 }, (_, i) => 1 + (i % 60)));
    expect(backend.memory()).toEqual(opened);
    streams.close();
    expect(backend.memory()).toEqual(empty);
  });

  test('stops during prefill and during decode', async () => {
    const model = await loadGoldenModel('leap-rms-decay-conv');
    const streams = await (await createWasmBackend(model)).open(1);
    const stopSoon = () => {
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 30);
      return { signal: abort.signal };
    };
    const { count } = await streams.read(new Array(10_000_000).fill(1), stopSoon());
    expect(count).toBeLessThan(10_000_000);
    const request = { sampling: GREEDY, maxTokens: 10_000_000, stopTokens: [] };
    let written = 0;
    for await (const [{ records }] of streams.decode([request], stopSoon())) written += countRecords(records);
    expect(streams.length()).toBe(count + written);
  });
});
