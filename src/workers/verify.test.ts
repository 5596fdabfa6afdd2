import { describe, expect, test, vi } from 'vitest';
import { countGpuCalls } from '../../tests/count-gpu-calls';
import { shippedFolder } from '../../tests/files';
import { type GoldenModel, loadGoldenModel } from '../../tests/golden-models';
import { createWasmBackend } from '../cpu/wasm-backend';
import { CHUNK } from '../gpu/plan';
import { createOnSharedDevice } from '../gpu/testing';
import type { Backend } from '../model/runtime/backend';
import { idsOf } from '../model/sampling/records';
import { GREEDY, type Sampling } from '../model/sampling/sampling';
import { createBackend } from './backends';
import { Engine } from './engine';
import type { GenerateEvent, VerifyEvent, VerifyRun } from './messages';
import { type Part, verifyTokens } from './verify';

const TOKENS = 100;
const SAMPLING: Sampling = {
  temperature: 0.9,
  topK: 40,
  topP: 0.95,
  minP: 0.02,
  repetitionPenalty: 1.1,
  sequencePenalty: 0,
  seed: 3,
};
const BACKENDS = { cpu: createWasmBackend, webgpu: createOnSharedDevice };
const PROMPT = [5, 17, 3, 3, 60];

/** The tokens that a backend samples after PROMPT. */
async function written(backend: Backend, sampling: Sampling): Promise<number[]> {
  const streams = await backend.open(1);
  await streams.read([0, ...PROMPT]);
  const ids: number[] = [];
  for await (const [{ records }] of streams.decode([{ sampling, maxTokens: TOKENS, stopTokens: [] }]))
    ids.push(...idsOf(records));
  streams.close();
  return ids;
}

async function verified(backend: Backend, model: GoldenModel, ids: number[], drawnWith: Sampling) {
  const streams = await backend.open(1);
  const parts: Part[] = [
    { ids: PROMPT, drawnWith: null },
    { ids, drawnWith },
  ];
  const result = await verifyTokens(streams, model.config, parts, new AbortController().signal);
  streams.close();
  return result;
}

describe.each(['leap-denominator', 'leap-rms-decay-conv'])('%s', (name) => {
  test.each([
    ['cpu', 'webgpu'],
    ['webgpu', 'cpu'],
  ] as const)('tokens of %s are accepted by %s, with any settings', async (writer, reader) => {
    const model = await loadGoldenModel(name);
    const from = await BACKENDS[writer](model);
    const by = await BACKENDS[reader](model);
    const looser = { ...SAMPLING, sequencePenalty: 0.7 };
    for (const sampling of [SAMPLING, looser, { ...GREEDY, temperature: 1, seed: 9 }, GREEDY]) {
      const { counts } = await verified(by, model, await written(from, sampling), sampling);
      expect(counts.different).toBe(0);
      expect(counts.exact).toBeGreaterThan(TOKENS - 3);
    }
    from.destroy();
    by.destroy();
  });

  test('finds each changed token, and a changed seed or temperature', async () => {
    const model = await loadGoldenModel(name);
    const backend = await createWasmBackend(model);
    const ids = await written(backend, SAMPLING);
    let ties = 0; // in such a small vocabulary, another token can tie
    for (let i = 0; i < TOKENS; i++) {
      const changed = ids.with(i, 1 + ((ids[i] + 7 * i) % 63));
      if (changed[i] === ids[i]) changed[i]++;
      const { findings } = await verified(backend, model, changed, SAMPLING);
      expect(findings[0]).toMatchObject({ number: PROMPT.length + i, id: changed[i], drawn: ids[i] });
      if (findings[0].verdict !== 'different') ties++;
    }
    expect(ties).toBeLessThan(3);
    for (const change of [{ seed: 4 }, { temperature: 0.8 }, { temperature: 1 }, { temperature: 0 }]) {
      const { counts } = await verified(backend, model, ids, { ...SAMPLING, ...change });
      expect(counts.different).toBeGreaterThan(0);
    }
    backend.destroy();
  });
});

test('WebGPU maps one buffer per chunk, holds no more memory afterwards, and maps logits without the state', async () => {
  const counts = countGpuCalls();
  const model = await loadGoldenModel('leap-denominator');
  const backend = await createOnSharedDevice(model);
  const streams = await backend.open(1);
  const memory = backend.memory();
  const before = counts();
  const ids = Array.from({ length: 3 * CHUNK }, (_, i) => 1 + (i % 60));
  const parts = [{ ids, drawnWith: SAMPLING }];
  await verifyTokens(streams, model.config, parts, new AbortController().signal);
  expect(streams.length()).toBe(1 + ids.length);
  expect(counts().maps - before.maps).toBe(4); // three chunks and the last token
  expect(backend.memory()).toEqual(memory);

  const map = vi.spyOn(GPUBuffer.prototype, 'mapAsync');
  await streams.logits();
  expect(map.mock.calls).toEqual([[GPUMapMode.READ, 0, 4 * model.config.vocabSize]]);
  map.mockRestore();
  backend.destroy();
});

describe('the engine', () => {
  async function loaded(): Promise<Engine> {
    const engine = new Engine({
      readFile: () => shippedFolder(),
      createBackend: (model) => createBackend(model, 'cpu', undefined),
    });
    await engine.load({ model: { url: 'x/' }, backend: 'auto' }, () => {});
    return engine;
  }

  /** A typed beginning and its continuation by the shipped model. */
  async function textOf(engine: Engine): Promise<[VerifyRun, VerifyRun & { ids: Uint32Array }]> {
    const text = '= Kestrel =\n\nThe kestrel is';
    const ids: number[] = [];
    let words = '';
    const request = { sampling: SAMPLING, maxTokens: TOKENS, atArticleEnd: 'continue' } as const;
    await engine.generate({ ...request, runs: [{ text }] }, (event: GenerateEvent) => {
      if (event.type !== 'tokens') return;
      ids.push(...event.tokens.ids);
      words += event.text;
    });
    return [
      { text, ids: null, drawnWith: null },
      { text: words, ids: Uint32Array.from(ids), drawnWith: SAMPLING },
    ];
  }

  test('verifies its own text, and finds changed tokens, settings and words', async () => {
    const engine = await loaded();
    const [typed, sampled] = await textOf(engine);
    const events: VerifyEvent[] = [];
    const verify = (changed: Partial<VerifyRun>) =>
      engine.verify({ runs: [typed, { ...sampled, ...changed }] }, (event) => events.push(event));

    expect(await verify({})).toMatchObject({
      counts: { exact: TOKENS, different: 0 },
      findings: [],
      isFaithful: true,
      stopped: false,
    });
    expect(events.at(-1)).toMatchObject({ type: 'verifying', total: TOKENS });

    for (const place of [0, 49, 99]) {
      const changed = await verify({ ids: sampled.ids.with(place, 500) });
      expect(changed.findings[0].verdict).toBe('different');
      expect(changed.findings[0].drawn).toBe(sampled.ids[place]);
      expect(changed.isFaithful).toBe(false);
    }
    for (const change of [{ seed: 4 }, { temperature: 0.8 }]) {
      const { counts } = await verify({ drawnWith: { ...SAMPLING, ...change } });
      expect(counts.different).toBeGreaterThan(0);
    }
    expect(await verify({ text: `${sampled.text.slice(0, -1)}!` })).toMatchObject({
      counts: { exact: TOKENS },
      isFaithful: false,
    });
    expect(await verify({ drawnWith: null })).toMatchObject({ counts: { exact: 0, different: 0 } });
    await expect(verify({ ids: Uint32Array.of(2 ** 20) })).rejects.toMatchObject({ code: 'input' });
    engine.unload();
  });

  test('finds a change of any token', async () => {
    const engine = await loaded();
    const [typed, { ids }] = await textOf(engine);
    for (const [place, drawn] of ids.entries()) {
      const before = { text: '', ids: ids.subarray(0, place), drawnWith: null }; // unchanged tokens, which are not judged
      const changed = { text: '', ids: Uint32Array.of(drawn === 500 ? 501 : 500), drawnWith: SAMPLING };
      const { findings } = await engine.verify({ runs: [typed, before, changed] }, () => {});
      expect(findings).toMatchObject([{ verdict: 'different', drawn }]);
    }
    engine.unload();
  });

  test('stops, without an effect on the next generation', async () => {
    const engine = await loaded();
    const [typed, sampled] = await textOf(engine);
    const stopped = await engine.verify({ runs: [typed, sampled] }, () => engine.stop());
    expect(stopped.stopped).toBe(true);
    expect(stopped.counts.exact).toBeLessThan(TOKENS);
    const [, again] = await textOf(engine);
    expect(again.ids).toEqual(sampled.ids);
    engine.unload();
  });
});
