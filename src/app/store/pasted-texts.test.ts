import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeBrowser } from './library/fake-browser';
import { keepField, keepPasted, losesPasted, pasted, readField, readPasted } from './pasted-texts';

let browser: FakeBrowser;
beforeEach(() => {
  browser = new FakeBrowser({ hasLocks: true });
});
afterEach(() => vi.unstubAllGlobals());

it('keeps the pasted texts of each page, and no files', async () => {
  const texts = [pasted('Tea', '茶 is\n"tea"'), { name: 'file.txt', file: new Blob(['a file']) }];
  keepPasted('teach', texts);
  expect([losesPasted('teach', texts), losesPasted('score', texts)]).toEqual([false, true]);
  const read = readPasted('teach');
  expect(read.map(({ name }) => name)).toEqual(['Tea']);
  expect(await read[0].file.text()).toBe('茶 is\n"tea"');
  expect(readPasted('score')).toEqual([]);
  keepPasted('teach', read); // after a reload
  expect(readPasted('teach')).toHaveLength(1);
  keepPasted('teach', []);
  expect(readPasted('teach')).toEqual([]);
});

it('keeps the field of each page', () => {
  expect(keepField('score', 'half a sen')).toBe(true);
  expect([readField('score'), readField('teach')]).toEqual(['half a sen', '']);
});

it('tells when the browser cannot keep a text, and keeps no older one in its place', () => {
  const old = [pasted('Old', 'an older text')];
  keepPasted('score', old);
  keepField('score', 'older');
  vi.spyOn(browser.sessionStorage, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  const texts = [...old, pasted('New', 'x')];
  keepPasted('score', texts);
  expect([losesPasted('score', texts), losesPasted('score', [])]).toEqual([true, false]);
  expect(keepField('score', 'newer')).toBe(false);
  expect([readPasted('score'), readField('score')]).toEqual([[], '']);
});
