import { expect, test } from 'vitest';
import { findEntries, modelEntries } from './palette';

const models = modelEntries([
  { id: 'wiki-10m', name: 'Wiki 10M' },
  { id: 'wiki-23m', name: 'Wiki 23M' },
]);
const found = (query: string) => findEntries(query, models).map(({ id }) => id);

test.each([
  ['lens', 'lens'],
  ['attention', 'lens'],
  ['matrix', 'lens-matrix'],
  ['cosformer', 'lens-static'],
  ['explain', 'tour'],
  ['lens off', 'lens-none'],
  ['model', 'card-model'],
  ['wiki', 'model-wiki-10m'],
  ['load 23m', 'model-wiki-23m'],
  ['dark', 'theme-dark'],
  ['temperature', 'setting-Temperature'],
  ['TEMP', 'setting-Temperature'],
  ['length', 'setting-Length in tokens'],
  ['memory', 'card-memory'],
  ['cache', 'card-memory'],
  ['paper', 'paper'],
  ['arxiv', 'paper'],
  ['gpu', 'card-device'],
  ['search', 'find'],
  ['link', 'share'],
  ['save file', 'export'],
  ['retry', 'regenerate'],
  ['speed', 'setting-Speed limit, tokens/s'],
  ['shortcuts', 'help'],
  ['plain text', 'copy'],
  ['own model', 'own-files'],
])('"%s" finds %s first', (query, id) => {
  expect(found(query)[0]).toBe(id);
});

test('words that match nothing find nothing', () => {
  expect(found('load wiki')).toEqual(['model-wiki-10m', 'model-wiki-23m']);
  expect(found('no such command')).toEqual([]);
  expect(found('matrix dark')).toEqual([]);
});
