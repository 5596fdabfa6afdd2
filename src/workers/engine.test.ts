import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readJson } from '../../scripts/node';
import { consistentFolder, SHIPPED, shippedFolder } from '../../tests/files';
import type { BackendKind, Streams } from '../model/runtime/backend';
import { EngineError } from '../model/runtime/errors';
import { loadModel, type Model } from '../model/runtime/folder';
import type { ReadFile } from '../model/runtime/read-file';
import { countRecords } from '../model/sampling/records';
import { GREEDY, type Sampling } from '../model/sampling/sampling';
import { ARTICLE_BREAK } from '../model/text/text';
import { createBackend } from './backends';
import { Engine } from './engine';
import type { BackendChoice, GenerateEvent, GenerateRequest } from './messages';
import type { RequestRun } from './request-run';

const SAMPLING: Sampling = {
  temperature: 0.9,
  topK: 40,
  topP: 0.95,
  minP: 0,
  repetitionPenalty: 1.1,
  sequencePenalty: 0,
  seed: 3,
};
const PROMPT = '= Kestrel =\n\nThe kestrel is';

let model: Model;
beforeAll(async () => {
  model = await loadModel(shippedFolder());
});

let read = 0; // tokens that all streams have read
let engine: Engine;
afterEach(() => engine.unload());

interface Failure {
  readonly code: 'device' | 'device-lost';
  times: number;
  readonly on: BackendKind;
}
/** Fails a number of times on one backend, each time after the first batch (10 ms of tokens). */
const failing = (code: Failure['code'], times: number, on: BackendKind = 'cpu') => ({ code, times, on });

let asked: BackendChoice[];

/** An engine on the CPU, which for 'auto' also poses as another backend. */
async function loaded(
  failure = failing('device', 0),
  automatic: BackendKind = 'cpu',
  files: ReadFile = shippedFolder(),
): Promise<Engine> {
  read = 0;
  asked = [];
  engine = new Engine({
    readFile: () => files,
    createBackend: async (loadedModel, choice) => {
      asked.push(choice);
      const { backend, streams } = await createBackend(loadedModel, 'cpu', undefined);
      const kind = choice === 'auto' ? automatic : choice;
      const counted = counting(streams, () => {
        if (kind !== failure.on || failure.times <= 0) return;
        failure.times--;
        throw new EngineError(failure.code, 'It broke.', 'Wait.');
      });
      return { backend, streams: counted, info: { kind, device: 'test', reason: null } };
    },
  });
  await engine.load({ modelUrl: 'x/', backend: 'auto' }, () => {});
  return engine;
}

function counting(streams: Streams, beforeBatch: () => void): Streams {
  return {
    count: streams.count,
    length: (stream) => streams.length(stream),
    logits: (stream) => streams.logits(stream),
    snapshot: (stream) => streams.snapshot(stream),
    restore: (snapshot, stream) => streams.restore(snapshot, stream),
    close: () => streams.close(),
    capture: (tokens, options) => {
      read += tokens.length;
      return streams.capture(tokens, options);
    },
    read: async (tokens, options) => {
      const result = await streams.read(tokens, options);
      read += result.count;
      return result;
    },
    async *decode(requests, options) {
      for await (const batch of streams.decode(requests, options)) {
        yield batch;
        beforeBatch();
      }
    },
  };
}

async function generate(
  runs: RequestRun[],
  changed: Partial<GenerateRequest> = {},
  onEvent?: (event: GenerateEvent) => void,
) {
  const events: GenerateEvent[] = [];
  const request: GenerateRequest = {
    runs,
    sampling: SAMPLING,
    maxTokens: 24,
    atArticleEnd: 'continue',
    ...changed,
  };
  const result = await engine.generate(request, (event) => {
    events.push(event);
    onEvent?.(event);
  });
  const parts = events.filter((event) => event.type === 'tokens');
  return {
    events,
    result,
    ids: parts.flatMap((part) => [...part.tokens.ids]),
    text: parts.map((part) => part.text).join(''),
    records: parts.flatMap((part) => [...part.records]),
  };
}

test('writes a text, reports the encoding of typed runs, and is deterministic', async () => {
  await loaded();
  const first = await generate([{ text: PROMPT }]);
  expect(first.ids.length).toBe(24);
  expect(first.result.reason).toBe('length');
  expect(model.tokenizer.decode(first.ids)).toBe(first.text);
  expect(countRecords(first.records)).toBe(24);
  const encoded = first.events.find((event) => event.type === 'encoded');
  expect(encoded?.tokens.ids).toEqual(model.tokenizer.encode(PROMPT).ids);
  expect((await generate([{ text: PROMPT }])).ids).toEqual(first.ids);
  await loaded();
  expect((await generate([{ text: PROMPT }])).ids).toEqual(first.ids);
});

test('resumes after a stop with the same output, without rereading', async () => {
  await loaded();
  const whole = await generate([{ text: PROMPT }]);
  await loaded();
  const first = await generate([{ text: PROMPT }], { maxTokens: 10 });
  const before = read;
  const runs = [{ text: PROMPT }, { ids: Uint32Array.from(first.ids) }];
  const rest = await generate(runs, { maxTokens: 14 });
  expect(read).toBe(before);
  expect([...first.ids, ...rest.ids]).toEqual(whole.ids);
});

test('regenerates from the snapshot after the prompt; another seed writes another text', async () => {
  await loaded();
  const first = await generate([{ text: PROMPT }]);
  const before = read;
  const again = await generate([{ text: PROMPT }], { sampling: { ...SAMPLING, seed: 4 } });
  expect(read).toBe(before);
  expect(again.ids).not.toEqual(first.ids);
});

test('after an edit of the last words, reads from the nearest snapshot', async () => {
  await loaded();
  const long = `${PROMPT} ${'a bird of prey. '.repeat(80)}`;
  await generate([{ text: long }], { maxTokens: 1 });
  const before = read;
  await generate([{ text: `${long.slice(0, -3)}yes` }], { maxTokens: 1 });
  expect(read - before).toBeLessThanOrEqual(256);
});

test('stops at once, keeps the written tokens, and resumes from them', async () => {
  await loaded();
  const whole = await generate([{ text: PROMPT }], { maxTokens: 400 });
  const stopped = await generate([{ text: PROMPT }], { maxTokens: 400 }, (event) => {
    if (event.type === 'tokens') engine.stop();
  });
  expect(stopped.result.reason).toBe('stopped');
  expect(stopped.ids.length).toBeGreaterThan(0);
  expect(stopped.ids.length).toBeLessThan(400);
  expect(stopped.ids).toEqual(whole.ids.slice(0, stopped.ids.length));
  const runs = [{ text: PROMPT }, { ids: Uint32Array.from(stopped.ids) }];
  const rest = await generate(runs, { maxTokens: 400 - stopped.ids.length });
  expect([...stopped.ids, ...rest.ids]).toEqual(whole.ids);
});

test('stops while encoding and while reading a text of 5 MB, with and without spaces', async () => {
  await loaded();
  for (const text of ['word '.repeat(1_000_000), 'x'.repeat(5_000_000)]) {
    setTimeout(() => engine.stop(), 200);
    const started = performance.now();
    const { result, ids } = await generate([{ text }]);
    expect(result.reason).toBe('stopped');
    expect(ids).toEqual([]);
    expect(performance.now() - started).toBeLessThan(20_000); // reading all of it would take minutes
  }
  const { result, events } = await generate([{ text: 'word '.repeat(20_000) }], {}, (event) => {
    if (event.type === 'reading') engine.stop();
  });
  expect(result.reason).toBe('stopped');
  expect(events.some((event) => event.type === 'reading' && event.read > 0 && event.read < event.total)).toBe(
    true,
  );
});

test('an empty text starts an article', async () => {
  await loaded();
  const { ids } = await generate([], { maxTokens: 3, sampling: GREEDY });
  expect(ids.length).toBe(3);
  expect(read).toBe(1);
});

test('stops at the end of an article, or starts the next', async () => {
  // The shipped model with the full stop as <|endoftext|>, so that articles end soon.
  const fullStop = model.tokenizer.encode('.').ids[0];
  const config = JSON.stringify({ ...readJson(`${SHIPPED}config.json`), bos_token_id: fullStop });
  await loaded(undefined, undefined, await consistentFolder({ 'config.json': config }));
  const ended = await generate([{ text: PROMPT }], { sampling: GREEDY, maxTokens: 80, atArticleEnd: 'stop' });
  expect(ended.result.reason).toBe('article-end');
  expect(ended.ids.indexOf(fullStop)).toBe(ended.ids.length - 1);
  expect(ended.text.endsWith(ARTICLE_BREAK)).toBe(true);
  const next = await generate([{ text: PROMPT }, { ids: Uint32Array.from(ended.ids) }], { maxTokens: 5 });
  expect(next.ids.length).toBe(5);
  const through = await generate([{ text: PROMPT }], { sampling: GREEDY, maxTokens: ended.ids.length + 5 });
  expect(through.ids.length).toBe(ended.ids.length + 5);
  expect(through.ids.slice(0, ended.ids.length)).toEqual(ended.ids);
});

describe('a device that fails', () => {
  test('is replaced, and generation resumes with the same output', async () => {
    await loaded();
    const whole = await generate([{ text: PROMPT }], { maxTokens: 200 });
    await loaded(failing('device-lost', 1));
    const broken = await generate([{ text: PROMPT }], { maxTokens: 200 });
    expect(broken.events.filter((event) => event.type === 'notice').length).toBe(1);
    expect(broken.ids).toEqual(whole.ids);
    expect(broken.result.reason).toBe('length');
  });

  test.each([
    ['device-lost', ['auto', 'auto', 'auto', 'cpu']],
    ['device', ['auto', 'cpu']],
  ] as const)('after repeated errors %s, falls back to the next best and reports it', async (code, kinds) => {
    await loaded(failing(code, Number.POSITIVE_INFINITY, 'webgpu'), 'webgpu');
    const { ids, events } = await generate([{ text: PROMPT }], { maxTokens: 400 });
    expect(ids.length).toBe(400);
    expect(asked).toEqual(kinds);
    const notices = events.filter((event) => event.type === 'notice');
    expect(notices.at(-1)).toMatchObject({
      message: expect.stringMatching(/broke.*resumes/),
      backend: { kind: 'cpu', reason: 'It broke.' },
    });
  });
});

test('a slow receiver slows the stream, with few unanswered events', async () => {
  await loaded();
  let open = 0;
  let most = 0;
  const request: GenerateRequest = { runs: [], sampling: SAMPLING, maxTokens: 40, atArticleEnd: 'continue' };
  await engine.generate(request, async () => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 30));
    open--;
  });
  expect(most).toBeLessThanOrEqual(4);
  expect(open).toBe(0);
});

test('rejects a second request, and any request without a model', async () => {
  await loaded();
  const running = generate([{ text: PROMPT }]);
  await expect(engine.generate({} as GenerateRequest, () => {})).rejects.toMatchObject({ code: 'input' });
  await running;
  const empty = new Engine({
    readFile: () => shippedFolder(),
    createBackend: () => Promise.reject(new Error()),
  });
  await expect(empty.generate({} as GenerateRequest, () => {})).rejects.toMatchObject({ code: 'input' });
});

test('a failed load throws an error with a remedy, and the next load works', async () => {
  let damaged = true;
  engine = new Engine({
    readFile: () => shippedFolder(damaged ? { 'config.json': '{}' } : {}),
    createBackend: (m) => createBackend(m, 'cpu', undefined),
  });
  const load = () => engine.load({ modelUrl: 'x/', backend: 'auto' }, () => {});
  await expect(load()).rejects.toMatchObject({ code: 'config' });
  damaged = false;
  expect((await load()).manifest.id).toBe(model.manifest.id);
});

describe('stop sequences', () => {
  test('end the text with the token that completes one, across token borders; generation resumes from there', async () => {
    await loaded();
    const whole = await generate([{ text: PROMPT }], { maxTokens: 60 });
    const pieces = whole.ids.map((id) => model.tokenizer.decode([id]));
    for (const place of [3, 20, 41]) {
      const sequence = (pieces[place - 1] + pieces[place]).slice(1); // across two tokens, from inside the first
      const end = whole.text.indexOf(sequence) + sequence.length;
      const cut = await generate([{ text: PROMPT }], { maxTokens: 60, stopSequences: ['never', sequence] });
      expect(cut.result.reason).toBe('stop-sequence');
      expect(cut.ids).toEqual(whole.ids.slice(0, cut.ids.length));
      expect(countRecords(cut.records)).toBe(cut.ids.length);
      expect(cut.text.length).toBeGreaterThanOrEqual(end);
      expect(model.tokenizer.decode(cut.ids.slice(0, -1)).length).toBeLessThan(end);
      const runs = [{ text: PROMPT }, { ids: Uint32Array.from(cut.ids) }];
      const rest = await generate(runs, { maxTokens: 60 - cut.ids.length });
      expect([...cut.ids, ...rest.ids]).toEqual(whole.ids);
    }
  });

  test('that do not occur change nothing', async () => {
    await loaded();
    const { result, ids } = await generate([{ text: PROMPT }], { stopSequences: ['', '\0'] });
    expect([result.reason, ids.length]).toEqual(['length', 24]);
  });
});

describe('a speed limit', () => {
  test('is respected, and does not change the text', async () => {
    await loaded();
    const whole = await generate([{ text: PROMPT }]);
    const began = performance.now();
    const paced = await generate([{ text: PROMPT }], { tokensPerSecond: 50 });
    expect(performance.now() - began).toBeGreaterThan(1000 * ((24 - 3) / 50));
    expect(paced.ids).toEqual(whole.ids);
    expect(paced.result.reason).toBe('length');
  });

  test('lets Stop through in the middle of a pause', async () => {
    await loaded();
    let stopped = 0;
    const { ids, result } = await generate([{ text: PROMPT }], { tokensPerSecond: 0.05 }, (event) => {
      if (event.type !== 'tokens') return;
      setTimeout(() => {
        stopped = performance.now();
        engine.stop();
      }, 50);
    });
    expect([ids.length, result.reason]).toEqual([1, 'stopped']);
    expect(performance.now() - stopped).toBeLessThan(5000); // the pause is 20 s
  });
});
