import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { plainText } from '../model/text/text';
import { BEGINNINGS, FINISHED } from './examples';
import { titleOf } from './store/document/article';
import { typedText } from './store/document/text-value';
import { parseKept } from './store/library/persistence';

const read = (path: string) => JSON.parse(readFileSync(`public/weights/${path}`, 'utf8'));

it('shows text by the first model (if this fails, run scripts/make-example.ts)', () => {
  const [{ id }] = read('index.json').models;
  expect(FINISHED.model).toEqual({ id, digest: read(`${id}/manifest.json`).digest });
  expect(parseKept({ version: 2, text: FINISHED })).toEqual(FINISHED); // ids, lengths and records match the text
  expect(plainText(FINISHED.runs).length).toBeGreaterThan(200);
});

it('offers openings in the format of the model’s articles', () => {
  for (const { text } of BEGINNINGS) expect(titleOf(typedText(text).runs)).not.toBeNull();
});
