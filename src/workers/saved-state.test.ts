import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadGoldenModel } from '../../tests/golden-models';
import { createWasmBackend } from '../cpu/wasm-backend';
import { createOnSharedDevice } from '../gpu/testing';
import { decodeSnapshot, encodeSnapshot } from '../model/runtime/snapshot-file';
import { idsOf } from '../model/sampling/records';
import type { ScoreEvent } from './messages';
import type { RequestRun } from './request-run';
import { CountedEngine, PROMPT, SAMPLING } from './testing';
import { verifyTokens } from './verify';

const PENALIZED = { ...SAMPLING, sequencePenalty: 0.5 };

async function loaded(options: ConstructorParameters<typeof CountedEngine>[0] = {}): Promise<CountedEngine> {
  const under = new CountedEngine(options);
  await under.load();
  return under;
}

const ignore = () => {};

afterEach(() => vi.restoreAllMocks());

/** A text of 30 generated tokens, and the file of the state after 10 of them. */
async function saved() {
  const under = await loaded();
  const text = await under.generate([{ text: PROMPT }], { maxTokens: 30, sampling: PENALIZED });
  const runs = [{ text: PROMPT }, { ids: Uint32Array.from(text.ids.slice(0, 10)) }];
  const file = (await under.engine.snapshot({ runs }, ignore))!;
  under.engine.unload();
  return { file, rest: text.ids.slice(10), records: text.records };
}

test('a saved state continues without the text: the same tokens and records, which verify', async () => {
  const { file, rest, records } = await saved();
  const digest = vi.spyOn(crypto.subtle, 'digest');
  const under = await loaded({ failure: { code: 'device-lost', times: 1, on: 'cpu' } });
  const { engine } = under;
  const again = await under.generate([], { start: file, maxTokens: 20, sampling: PENALIZED });
  expect(again.ids).toEqual(rest);
  expect(again.events.some(({ type }) => type === 'notice')).toBe(true); // it lost its device on the way
  expect(Array.from(again.records)).toEqual(Array.from(records.subarray(-again.records.length)));

  const runs: RequestRun[] = [{ ids: Uint32Array.from(rest) }];
  const scored: number[] = [];
  const onScore = (event: ScoreEvent) => {
    if (event.type === 'records') scored.push(...event.records);
  };
  await engine.score({ start: file, runs, from: 0, to: 20, sampling: PENALIZED }, onScore);
  expect(idsOf(scored)).toEqual(rest);
  for (const [i, number] of scored.entries()) expect(number).toBeCloseTo(again.records[i], 3);

  const verified = await engine.verify(
    {
      start: file,
      runs: [{ text: again.text, ids: Uint32Array.from(rest), drawnWith: PENALIZED }],
    },
    ignore,
  );
  expect(verified).toMatchObject({ counts: { exact: 20, different: 0 }, isFaithful: true });

  const question = { layer: null, head: null, measure: 'share' } as const;
  const asked = {
    start: file,
    runs,
    token: Number.MAX_SAFE_INTEGER,
    proportions: 'learned',
    kind: 'row',
    question,
  } as const;
  const { start, count, before, answer } = await engine.look(asked);
  expect([start, count]).toEqual([1, 20]);
  expect(before).toBeGreaterThan(10); // one document, whose first tokens only the state knows
  expect(answer.earlier).toBeGreaterThan(0);
  const places = [...rest.keys()].map((n) => n + 1);
  const pair = { words: places, names: places, from: 1, to: 20, apart: 1 };
  const found = await engine.look({ ...asked, kind: 'pair', question: pair });
  expect(places).toContain(found.answer.pair?.key);
  await expect(engine.look({ ...asked, runs: [] })).rejects.toMatchObject({ code: 'input' });
  engine.unload();
  const ofFile = digest.mock.calls.filter(([, { byteLength }]) => byteLength === file.length - 32);
  expect(ofFile).toHaveLength(1); // for all of these requests
});

test('after a change of the text behind it, a state is there again', async () => {
  const { file } = await saved();
  const under = await loaded();
  const generate = (text: string, more = {}) => under.generate([{ text }], { start: file, ...more });
  const first = await generate(' It hunts');
  const before = under.read;
  await generate(' They nest');
  expect(under.read - before).toBeLessThan(8);
  expect((await generate(' It hunts')).ids).toEqual(first.ids);
  const branch = { branchAt: 1, maxTokens: 4 };
  expect((await generate(' It hunts', branch)).ids).toEqual(first.ids.slice(0, 4));
  under.engine.unload();
});

test('a file that is not a state is refused', async () => {
  const under = await loaded();
  const start = new Uint8Array(9);
  await expect(under.generate([{ text: 'A' }], { start })).rejects.toMatchObject({ code: 'input' });
  under.engine.unload();
});

describe.each([
  ['cpu', 'webgpu'],
  ['webgpu', 'cpu'],
] as const)('a state saved on %s and opened on %s', (writer, reader) => {
  const start = { cpu: createWasmBackend, webgpu: createOnSharedDevice };

  test.each(['leap-denominator', 'leap-rms-decay-conv'])(
    'has the same next logits, and its tokens verify (%s)',
    async (name) => {
      const model = await loadGoldenModel(name);
      const from = await start[writer](model);
      const streams = await from.open(1);
      await streams.read([0, 5, 17, 3, 3, 60, 2, 9]);
      const file = await encodeSnapshot(await streams.snapshot(), { id: name, name });
      const ids: number[] = [];
      const request = { sampling: PENALIZED, maxTokens: 50, stopTokens: [] };
      for await (const [{ records }] of streams.decode([request])) ids.push(...idsOf(records));

      const by = await start[reader](model);
      const opened = await by.open(1);
      const snapshot = await decodeSnapshot(file, model.digest, model.config);
      await opened.restore(snapshot);
      await streams.restore(snapshot);
      for (const more of [[], ids.slice(0, 3)]) {
        if (more.length) await Promise.all([opened.read(more), streams.read(more)]);
        const [a, b] = [await streams.logits(), await opened.logits()];
        const rms = Math.sqrt(Array.from(a).reduce((sum, x) => sum + x * x, 0) / a.length);
        for (const [i, x] of a.entries()) expect(Math.abs(x - b[i])).toBeLessThan(1e-4 * rms);
      }
      const beginning = { tokens: new Array(snapshot.length).fill(-1), snapshot };
      const { signal } = new AbortController();
      const part = { ids, drawnWith: PENALIZED };
      const { counts } = await verifyTokens(opened, model.config, [part], signal, ignore, beginning);
      expect(counts.different).toBe(0);
      expect(counts.exact).toBeGreaterThan(47);
      from.destroy();
      by.destroy();
    },
  );
});
