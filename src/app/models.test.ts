import { afterEach, expect, it, vi } from 'vitest';
import type { Manifest } from '../model/runtime/folder';
import { findModel, isHere } from './models';
import { remember } from './own-models';

const FIRST = { id: 'first', digest: 'a' };
const SMALL = { id: 'small', digest: 'b', saveData: true };
const OLD = { id: 'old', digest: 'c' };

afterEach(() => vi.unstubAllGlobals());

it.each([
  { opens: 'first', if: 'nothing else decides', search: '', saveData: false, wanted: null },
  { opens: 'small', if: 'the browser saves data', search: '', saveData: true, wanted: null },
  { opens: 'old', if: 'it wrote the text', search: '', saveData: true, wanted: OLD },
  {
    opens: 'first',
    if: 'no model of the site wrote the text',
    search: '',
    saveData: false,
    wanted: { id: 'old', digest: 'd' },
  },
  { opens: 'first', if: 'the address names it', search: '?model=first', saveData: true, wanted: OLD },
])('opens the model "$opens" if $if', async ({ opens, search, saveData, wanted }) => {
  vi.stubGlobal('location', { search });
  vi.stubGlobal('document', { baseURI: 'https://site/' });
  vi.stubGlobal('navigator', { connection: { saveData } });
  vi.stubGlobal('fetch', async () => Response.json({ models: [FIRST, SMALL, OLD] }));
  expect(await findModel(wanted)).toEqual({ url: `https://site/weights/${opens}/` });
});

it("opens one of the user's own models by its digest, and says where it is missing", async () => {
  const digest = 'e'.repeat(64);
  const stub = (search: string) => {
    vi.stubGlobal('location', { search });
    vi.stubGlobal('document', { baseURI: 'https://site/' });
    vi.stubGlobal('navigator', {});
    vi.stubGlobal('fetch', async () => Response.json({ models: [FIRST] }));
  };
  stub('');
  const wanted = { id: 'tea', digest };
  expect(await findModel(wanted)).toEqual({ url: 'https://site/weights/first/' });
  expect([await isHere(digest), await isHere('a')]).toEqual([false, true]);
  stub(`?model=${digest}`);
  await expect(findModel(null)).rejects.toMatchObject({
    code: 'input',
    message: expect.stringContaining(digest),
  });
  const files = { 'config.json': new Blob() };
  remember({ manifest: { digest } as Manifest, files, isKept: false });
  expect(await findModel(null)).toEqual({ digest, files });
  stub('');
  expect(await findModel(wanted)).toEqual({ digest, files });
  expect(await isHere(digest)).toBe(true);
});

it('opens a published model that the address names by its digest, if the browser does not keep it', async () => {
  const digest = 'f'.repeat(64);
  vi.stubGlobal('location', { search: `?model=${digest}` });
  vi.stubGlobal('document', { baseURI: 'https://site/' });
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('fetch', async () => Response.json({ models: [FIRST, { id: 'dropped', digest }] }));
  expect(await findModel(null)).toEqual({ url: 'https://site/weights/dropped/' });
});
