import { afterEach, beforeAll, expect, test } from 'vitest';
import { shippedFolder } from '../../tests/files';
import { loadModel, type Model } from '../model/runtime/folder';
import { countRecords } from '../model/sampling/records';
import { GREEDY } from '../model/sampling/sampling';
import { createBackend } from './backends';
import { Engine } from './engine';
import type { GenerateRequest } from './messages';
import { CountedEngine, PROMPT, SAMPLING } from './testing';

let under: CountedEngine;
afterEach(() => under.engine.unload());

async function load(options: ConstructorParameters<typeof CountedEngine>[0] = {}): Promise<void> {
  under?.engine.unload();
  under = new CountedEngine(options);
  await under.load();
}

let model: Model;
beforeAll(async () => {
  model = await loadModel(shippedFolder());
});

test('generates a text, reports the encoding of typed runs, and gives the same output again', async () => {
  await load();
  const first = await under.generate([{ text: PROMPT }]);
  expect(first.ids.length).toBe(24);
  expect(first.result.reason).toBe('length');
  expect(model.tokenizer.decode(first.ids)).toBe(first.text);
  expect(countRecords(first.records)).toBe(24);
  const encoded = first.events.find((event) => event.type === 'encoded');
  expect(encoded?.tokens.ids).toEqual(model.tokenizer.encode(PROMPT).ids);
  expect((await under.generate([{ text: PROMPT }])).ids).toEqual(first.ids);
  await load();
  expect((await under.generate([{ text: PROMPT }])).ids).toEqual(first.ids);
});

test('resumes where it stopped with the same output, without rereading', async () => {
  await load();
  const whole = await under.generate([{ text: PROMPT }]);
  await load();
  const first = await under.generate([{ text: PROMPT }], { maxTokens: 10 });
  const before = under.read;
  const runs = [{ text: PROMPT }, { ids: Uint32Array.from(first.ids) }];
  const rest = await under.generate(runs, { maxTokens: 14 });
  expect(under.read).toBe(before);
  expect([...first.ids, ...rest.ids]).toEqual(whole.ids);
});

test('regenerates from the snapshot after the prompt; another seed gives another text', async () => {
  await load();
  const first = await under.generate([{ text: PROMPT }]);
  const before = under.read;
  const again = await under.generate([{ text: PROMPT }], { sampling: { ...SAMPLING, seed: 4 } });
  expect(under.read).toBe(before);
  expect(again.ids).not.toEqual(first.ids);
});

test('after an edit of the last words, reads from the nearest snapshot', async () => {
  await load();
  const long = `${PROMPT} ${'a bird of prey. '.repeat(80)}`;
  await under.generate([{ text: long }], { maxTokens: 1 });
  const before = under.read;
  await under.generate([{ text: `${long.slice(0, -3)}yes` }], { maxTokens: 1 });
  expect(under.read - before).toBeLessThanOrEqual(256);
});

test('stops at once during a generation; the tokens stay, and the generation resumes from them', async () => {
  await load();
  const whole = await under.generate([{ text: PROMPT }], { maxTokens: 400 });
  const stopped = await under.generate([{ text: PROMPT }], { maxTokens: 400 }, (event) => {
    if (event.type === 'tokens') under.engine.stop();
  });
  expect(stopped.result.reason).toBe('stopped');
  expect(stopped.ids.length).toBeGreaterThan(0);
  expect(stopped.ids.length).toBeLessThan(400);
  expect(stopped.ids).toEqual(whole.ids.slice(0, stopped.ids.length));
  const runs = [{ text: PROMPT }, { ids: Uint32Array.from(stopped.ids) }];
  const rest = await under.generate(runs, { maxTokens: 400 - stopped.ids.length });
  expect([...stopped.ids, ...rest.ids]).toEqual(whole.ids);
});

test('stops while encoding and while reading a text of 5 MB, with and without spaces', async () => {
  await load();
  for (const text of ['word '.repeat(1_000_000), 'x'.repeat(5_000_000)]) {
    setTimeout(() => under.engine.stop(), 200);
    const started = performance.now();
    const { result, ids } = await under.generate([{ text }]);
    expect(result.reason).toBe('stopped');
    expect(ids).toEqual([]);
    expect(performance.now() - started).toBeLessThan(20_000); // reading all of it would take minutes
  }
  const { result, events } = await under.generate([{ text: 'word '.repeat(20_000) }], {}, (event) => {
    if (event.type === 'reading') under.engine.stop();
  });
  expect(result.reason).toBe('stopped');
  expect(events.some((event) => event.type === 'reading' && event.read > 0 && event.read < event.total)).toBe(
    true,
  );
});

test('an empty text starts a new article', async () => {
  await load();
  const { ids } = await under.generate([], { maxTokens: 3, sampling: GREEDY });
  expect(ids.length).toBe(3);
  expect(under.read).toBe(1);
});

test('waits for a slow reader: at most four events are unanswered', async () => {
  await load();
  let open = 0;
  let most = 0;
  const request: GenerateRequest = { runs: [], sampling: SAMPLING, maxTokens: 40, atArticleEnd: 'continue' };
  await under.engine.generate(request, async () => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 30));
    open--;
  });
  expect(most).toBeLessThanOrEqual(4);
  expect(open).toBe(0);
});

test('rejects a second request, and any request without a model', async () => {
  await load();
  const running = under.generate([{ text: PROMPT }]);
  await expect(under.engine.generate({} as GenerateRequest, () => {})).rejects.toMatchObject({
    code: 'input',
  });
  await running;
  const empty = new Engine({
    readFile: () => shippedFolder(),
    createBackend: () => Promise.reject(new Error()),
  });
  await expect(empty.generate({} as GenerateRequest, () => {})).rejects.toMatchObject({ code: 'input' });
});

test('a failed load throws an error with a remedy, and the next load works', async () => {
  let damaged = true;
  const engine = new Engine({
    readFile: () => shippedFolder(damaged ? { 'config.json': '{}' } : {}),
    createBackend: (m) => createBackend(m, 'cpu', undefined),
  });
  const load = () => engine.load({ model: { url: 'x/' }, backend: 'auto' }, () => {});
  await expect(load()).rejects.toMatchObject({ code: 'config' });
  damaged = false;
  expect((await load()).manifest.id).toBe('wiki-10m-v3');
  engine.unload();
});
