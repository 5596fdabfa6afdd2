import { IDBObjectStore, IDBOpenDBRequest, IDBTransaction } from 'fake-indexeddb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { plainText } from '../../../model/text/text';
import { typedText } from '../document/text-value';
import { readSettings } from '../settings/settings-storage';
import { BrowserTexts } from './browser-texts';
import { FakeBrowser } from './fake-browser';
import { tab } from './test-tab';

type Blow = (browser: FakeBrowser) => void;

const exception = (name: string) => new DOMException('for this test', name);
const throws = (name: string) => () => {
  throw exception(name);
};
/** Makes access to the global of a storage throw. */
const deny = (name: string) =>
  Object.defineProperty(globalThis, name, { configurable: true, get: throws('SecurityError') });

/** Failures of browsers: how to cause each, and the kind of the outcome. */
const BLOWS: Record<string, [Blow, string]> = {
  'all cookies blocked': [() => ['indexedDB', 'localStorage', 'sessionStorage'].forEach(deny), 'blocked'],
  'no IndexedDB': [() => vi.stubGlobal('indexedDB', undefined), 'blocked'],
  'opening throws': [
    ({ indexedDB }) => vi.spyOn(indexedDB, 'open').mockImplementation(throws('SecurityError')),
    'blocked',
  ],
  'a put throws': [
    () => vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(throws('QuotaExceededError')),
    'full',
  ],
  'the disk is full when the transaction ends': [
    () => {
      const { put } = IDBObjectStore.prototype;
      vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
        const request = put.apply(this, args);
        const transaction = this.transaction as IDBTransaction & { _abort(name: string): void };
        request.addEventListener('success', () => transaction._abort('QuotaExceededError'));
        return request;
      });
    },
    'full',
  ],
  'a transaction cannot begin': [
    () => vi.spyOn(IDBTransaction.prototype, 'objectStore').mockImplementation(throws('NotFoundError')),
    'broken',
  ],
};

const item = (words: string, revision = 'a:1') => ({
  entry: { id: 'one', name: null, title: words, changed: 1, revision },
  text: typedText(words),
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  for (const name of ['indexedDB', 'localStorage', 'sessionStorage'])
    delete (globalThis as Record<string, unknown>)[name];
});

describe('texts in the browser', () => {
  it('are written, listed, read and removed', async () => {
    new FakeBrowser({ hasLocks: true });
    const texts = new BrowserTexts();
    expect(await texts.write(item('One'), '')).toEqual({ ok: true, value: 'done' });
    expect(await texts.list()).toEqual({ ok: true, value: [item('One').entry] });
    expect(await texts.read('one')).toEqual({ ok: true, value: item('One') });
    expect(await texts.remove(item('One', 'a:2').entry, '')).toEqual({ ok: true, value: 'done' });
    expect(await texts.read('one')).toEqual({ ok: true, value: null });
  });

  it('keep a saved state once, until the last text that continues from it is removed', async () => {
    new FakeBrowser({ hasLocks: true });
    const texts = new BrowserTexts();
    const file = Uint8Array.of(1, 2, 3);
    const start = {
      ...{ digest: 'ab', name: 'Tea.leapformer.state', length: 58, made: '2026-11-29', file },
      model: { id: 'one', digest: 'd1', name: 'One' },
    };
    const from = (id: string, words: string, revision: string) => ({
      entry: { ...item(words, revision).entry, id },
      text: { ...typedText(words), start },
    });
    const [one, two] = [from('one', 'One', 'a:1'), from('two', 'Two', 'a:2')];
    await texts.write(one, '');
    await texts.write(two, '');
    const stored = async () => {
      const all = await new Promise<unknown[]>((resolve) => {
        const opening = indexedDB.open('leapformer-playground');
        opening.onsuccess = () => {
          const reading = opening.result.transaction('kept').objectStore('kept').getAll();
          reading.onsuccess = () => {
            opening.result.close();
            resolve(reading.result);
          };
        };
      });
      return all.filter((value) => value instanceof Uint8Array).length;
    };
    expect(await stored()).toBe(1);
    expect(await new BrowserTexts().read('two')).toEqual({ ok: true, value: two });
    await texts.remove(one.entry, 'a:1');
    expect(await texts.read('two')).toEqual({ ok: true, value: two });
    await texts.remove(two.entry, 'a:2');
    expect(await stored()).toBe(0);
    const without = { ...two, text: { ...two.text, start: { ...start, file: null } } };
    await texts.write(without, '');
    expect(await texts.read('two')).toEqual({ ok: true, value: without });
    texts.writeLast(one, '');
    expect(new BrowserTexts().left()).toEqual([{ item: one, base: '' }]);
  });

  it('are not overwritten if another page has written since', async () => {
    new FakeBrowser({ hasLocks: true });
    const texts = new BrowserTexts();
    await texts.write(item('One', 'a:2'), '');
    for (const [revision, base, value, words] of [
      ['b:1', '', 'another', 'One'],
      ['b:1', 'a:2', 'done', 'Two'],
      ['a:3', 'a:2', 'another', 'Two'],
      ['b:1', 'a:2', 'done', 'Two'], // repeats a write that had seemed to fail
    ]) {
      expect(await texts.write(item('Two', revision), base)).toEqual({ ok: true, value });
      expect(await texts.read('one')).toMatchObject({ value: { text: typedText(words) } });
    }
    expect(await texts.remove(item('', 'c:1').entry, 'a:2')).toEqual({ ok: true, value: 'another' });
  });

  it.each(Object.entries(BLOWS))(
    'return failures as values, and lose no text: %s',
    async (_how, [strike, failure]) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
      const browser = new FakeBrowser({ hasLocks: true });
      if (failure === 'blocked') strike(browser);
      const before = await tab(new BrowserTexts());
      await before.write('Before');
      strike(browser);
      before.type('First. ');
      await before.texts.save();
      expect(before.texts.store.getState().keeping).toMatchObject({ failure });
      await before.texts.add();
      before.type('Second. ');
      await before.texts.save();
      expect(
        [...before.texts.store.getState().unsaved.values()].map(({ text }) => plainText(text.runs)),
      ).toEqual(['First. Before', 'Second. ']);
      expect(readSettings().length).toBeGreaterThan(0);
      const blind = await tab(new BrowserTexts()); // a page that opens during the failure
      expect(blind.text()).toMatch(/Example\.|Before/);
      vi.restoreAllMocks();
      for (const name of ['indexedDB', 'localStorage', 'sessionStorage'] as const)
        Object.defineProperty(globalThis, name, { configurable: true, value: browser[name] });
      await vi.advanceTimersByTimeAsync(6000);
      await before.texts.refresh();
      expect(before.texts.store.getState().keeping).toBe('ok');
      const after = await tab(new BrowserTexts());
      expect(after.names().sort()).toEqual(expect.arrayContaining(['First. Before', 'Second.']));
    },
  );

  it('are saved again after the browser closed or deleted the database', async () => {
    const { indexedDB } = new FakeBrowser({ hasLocks: true });
    const { texts, write, names } = await tab(new BrowserTexts());
    await write('One');
    await new Promise<void>((resolve) => {
      indexedDB.deleteDatabase('leapformer-playground').onsuccess = () => resolve();
    });
    await write('Two');
    expect(texts.store.getState()).toMatchObject({ keeping: 'ok', unsaved: new Map() });
    expect((await tab(new BrowserTexts())).names()).toEqual(names());
  });

  it('fail after a time limit if the storage does not answer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { indexedDB } = new FakeBrowser({ hasLocks: true });
    vi.spyOn(indexedDB, 'open').mockImplementation(() => new IDBOpenDBRequest());
    const texts = new BrowserTexts();
    const outcomes = Promise.all([
      texts.list(),
      texts.read('one'),
      texts.write(item('One'), ''),
      texts.remove(item('').entry, ''),
    ]);
    await vi.advanceTimersByTimeAsync(11_000);
    for (const outcome of await outcomes) expect(outcome).toEqual({ ok: false, failure: 'unanswered' });
    vi.restoreAllMocks();
    const writing = texts.write(item('One'), '');
    await vi.advanceTimersByTimeAsync(1000);
    expect(await writing).toEqual({ ok: true, value: 'done' });
  });

  it('saved by a closing page are found by the next page, and removed once they are stored', async () => {
    new FakeBrowser({ hasLocks: true });
    const texts = new BrowserTexts();
    expect(texts.writeLast(item('Late'), '').ok).toBe(true);
    const next = await tab(new BrowserTexts());
    expect(next.text()).toBe('Late');
    await next.texts.save();
    await vi.waitFor(() => expect(new BrowserTexts().left()).toEqual([]));
    expect(await texts.read('one')).toMatchObject({ value: { text: typedText('Late') } });
  });
});

describe.each([true, false])('claims on texts, with locks: %s', (hasLocks) => {
  it('belong to one tab at a time until they are released, several per tab', async () => {
    new FakeBrowser({ hasLocks });
    const [first, second] = [new BrowserTexts(), new BrowserTexts()];
    expect(await first.claim('x', 0)).toBe(true);
    expect(await first.claim('y', 0)).toBe(true);
    expect(await second.claim('x', 0)).toBe(false);
    expect(await second.claim('z', 0)).toBe(true);
    expect([await second.isFree('y'), await second.isFree('z'), await first.isFree('x')]).toEqual([
      false,
      true,
      true,
    ]);
    first.keepOnly(new Set(['y']));
    await vi.waitFor(async () => expect(await second.claim('x', 0)).toBe(true));
    expect(await second.claim('y', 0)).toBe(false);
  });

  it('are refused quickly to a duplicated tab, because the original answers', async () => {
    new FakeBrowser({ hasLocks });
    const [first, second] = [new BrowserTexts(), new BrowserTexts()];
    await first.claim('x', 0);
    const began = performance.now();
    expect(await second.claim('x', 2000)).toBe(false);
    expect(performance.now() - began).toBeLessThan(200);
  });

  it('wait for a page that is being reloaded', async () => {
    new FakeBrowser({ hasLocks });
    const first = new BrowserTexts();
    await first.claim('x', 0);
    vi.stubGlobal('BroadcastChannel', undefined); // a closing page does not answer
    const second = new BrowserTexts();
    const claim = second.claim('x', 2000);
    first.keepOnly(new Set());
    expect(await claim).toBe(true);
  });
});
