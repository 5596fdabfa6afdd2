import { beforeEach, expect, test, vi } from 'vitest';
import type { IndexEntry } from '../../../model/runtime/model-index';
import type { SharedTranslation } from '../../../share/translation-link';
import type { EngineClient } from '../../../workers/client';
import type { EngineInfo, TranslatedSentence, TranslateRequest } from '../../../workers/messages';
import { siteStorage } from '../library/web-storage';
import { LiveTranslation, textIn, wholeSource } from './live-translation';

const MODELS = [
  { id: 'first', digest: 'd1' },
  { id: 'second', digest: 'd2' },
] as IndexEntry[];
const find = async () => MODELS;
const link: SharedTranslation = {
  model: { id: 'second', digest: 'd2' },
  source: 'A dog.\n',
  k: 1,
  translations: { 'en-de': 'Ein Hund.', 'en-fr': 'Un chien.' },
};

/** An engine that translates each text to itself, when the test lets it. */
class Echo {
  readonly requests: TranslateRequest[] = [];
  loaded = '';
  disposed = false;
  private go: () => void = () => {};
  private error: Error | null = null;

  readonly client = {
    load: async ({ model }) => {
      this.loaded = 'url' in model ? model.url : '';
      return {} as EngineInfo;
    },
    translate: async (request, onEvent, signal) => {
      this.requests.push(request);
      await new Promise<void>((resolve) => {
        this.go = resolve;
        signal?.addEventListener('abort', () => resolve());
      });
      if (this.error) throw this.error;
      if (signal?.aborted) return { isComplete: false };
      const turns = [{ read: 1, over: true, written: [request.text], tokens: [] }];
      const sentence = { units: [request.text], over: true, turns: { 'en-de': turns, 'en-fr': turns } };
      await onEvent({ type: 'sentences', before: 0, after: 0, sentences: [sentence] });
      return { isComplete: true };
    },
    dispose: () => {
      this.disposed = true;
    },
  } as Pick<EngineClient, 'load' | 'translate' | 'dispose'> as EngineClient;

  async answer(error: Error | null = null): Promise<void> {
    this.error = error;
    this.go();
    await settled();
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 30));

/** The storage of a browser. */
function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  } as Storage;
}

let echo: Echo;
beforeEach(() => {
  vi.stubGlobal('document', { baseURI: 'https://site.test/' });
  vi.stubGlobal('sessionStorage', storage());
  vi.stubGlobal('localStorage', storage());
  echo = new Echo();
});

const open = () => new LiveTranslation(() => echo.client);
const german = (live: LiveTranslation) => textIn(live.store.getState().sentences, 'en-de');

test('the last source wins over those that were typed while the model worked', async () => {
  const live = open();
  live.edit('a', false);
  void live.begin(find, 'cpu');
  await settled();
  live.edit('ab', false);
  live.setK(5);
  await settled();
  await echo.answer();
  expect(german(live)).toBe('ab');
  expect(live.store.getState().phase).toBe('done');
  expect(echo.requests.at(-1)).toMatchObject({ text: 'ab', k: 5 });
  live.edit('abc', true);
  await echo.answer();
  expect(german(live)).toBe('abc');
});

test('keeps source and k for the next visit, and for this tab before another one', () => {
  open().edit('mine', true);
  open().setK(Number.POSITIVE_INFINITY);
  const kept = { source: 'mine', ended: true, k: Number.POSITIVE_INFINITY };
  expect(open().store.getState()).toMatchObject(kept);
  siteStorage.set('translation', '{"source":"theirs","ended":false,"k":1}');
  expect(open().store.getState()).toMatchObject(kept);
  vi.stubGlobal('sessionStorage', storage());
  expect(open().store.getState().source).toBe('theirs');
  for (const damaged of ['{', 'null', '{"source":1,"k":3}', '{"source":"a","k":99}']) {
    siteStorage.set('translation', damaged);
    expect(open().store.getState()).toMatchObject({ source: '', k: 3 });
  }
});

test('the sources of two tabs replace each other nowhere', () => {
  const [tab, otherTab] = [storage(), storage()];
  vi.stubGlobal('sessionStorage', tab);
  const first = open();
  first.edit('one', false);
  vi.stubGlobal('sessionStorage', otherTab);
  const second = open();
  expect(second.store.getState().source).toBe('one');
  second.edit('two', false);
  second.edit('two words', false);
  vi.stubGlobal('sessionStorage', tab);
  first.leave();
  expect(open().store.getState().source).toBe('one');
  vi.stubGlobal('sessionStorage', storage());
  const third = open();
  expect(third.store.getState().source).toBe('one');
  expect(third.takeOthers()).toEqual(['two words']);
  expect(third.takeOthers()).toEqual([]);
  third.edit('', false);
  expect(third.takeOthers()).toEqual([]);
});

test('states that a browser without storage does not keep the source', () => {
  vi.stubGlobal('localStorage', undefined);
  const live = open();
  live.edit('mine', false);
  expect(live.store.getState()).toMatchObject({ source: 'mine', isKept: false });
});

test('a link replaces the source without work, and its model translates when the user begins', async () => {
  const live = open();
  live.edit('mine', false);
  void live.begin(find, 'cpu');
  await settled();
  expect(live.open(link)).toBe('mine');
  expect(live.open({ ...link, source: 'Another link.' })).toBe('');
  live.open(link);
  expect(echo.disposed).toBe(true);
  expect(live.store.getState()).toMatchObject({
    phase: 'idle',
    source: 'A dog.\n',
    k: 1,
    link,
    sentences: [],
  });
  void live.begin(find, 'cpu');
  await settled();
  expect(echo.loaded).toBe('https://site.test/weights/second/');
  await echo.answer();
  expect(live.store.getState()).toMatchObject({ phase: 'done', link });
  live.edit('A cat.', false);
  expect(live.store.getState().link).toBeNull();
});

test('an error keeps the source, and the next beginning tries again', async () => {
  const live = open();
  live.edit('mine', false);
  void live.begin(find, 'cpu');
  await settled();
  await echo.answer(new Error('It broke.'));
  expect(live.store.getState()).toMatchObject({ phase: 'failed', source: 'mine' });
  expect(live.store.getState().error?.message).toContain('It broke.');
  void live.begin(find, 'cpu');
  await settled();
  await echo.answer();
  expect(german(live)).toBe('mine');
});

test('the whole source ends with a line end if the source is complete', () => {
  expect(wholeSource({ source: 'a', ended: true })).toBe('a\n');
  expect(wholeSource({ source: 'a\n', ended: true })).toBe('a\n');
  expect(wholeSource({ source: 'a', ended: false })).toBe('a');
  expect(wholeSource({ source: '', ended: true })).toBe('');
});

test('a translation as a text has a line for each sentence', () => {
  const sentence = (...words: string[]): TranslatedSentence => {
    const turns = words.map((text) => ({ read: 1, over: true, written: [text], tokens: [] }));
    return { units: ['x'], over: true, turns: { 'en-de': turns, 'en-fr': [] } };
  };
  expect(textIn([sentence('Ein', 'Hund.'), sentence()], 'en-de')).toBe('Ein Hund.\n');
});
