import { describe, expect, it } from 'vitest';
import { makeExample } from '../../scripts/example';
import { modelFolder, readFolder, readIndex } from '../../scripts/node';
import { loadModel } from '../model/runtime/folder';
import { textBetween } from '../model/text/text';
import { TokenIndex } from '../model/text/token-index';
import { createBackend } from '../workers/backends';
import { BEGINNINGS, EXAMPLES, exampleText, isExample, showpieceWord } from './examples';
import { titleOf } from './store/document/article';
import { edit, typedText } from './store/document/text-value';
import { parseKept } from './store/library/persistence';

it('has an example by the default model and by the model for browsers that save data', () => {
  const index = readIndex();
  for (const { id } of [index[0], index.find(({ saveData }) => saveData)!])
    expect(Object.keys(EXAMPLES), 'run scripts/make-example.ts').toContain(id);
});

describe.each(Object.entries(EXAMPLES))('the example by %s', (id, load) => {
  it('is a text of the page, and its showpiece names two words', async () => {
    const example = await load();
    const text = exampleText(example);
    expect(parseKept({ version: 2, text })).toEqual(text); // ids, lengths and records match the text
    const tokens = new TokenIndex(text.runs);
    for (const number of [example.showpiece.query, example.showpiece.key]) {
      const { from, to } = tokens.token(number);
      expect(textBetween(text.runs, from, to)).toMatch(/^ [a-z]{4,}$/);
    }
    const { from, to } = tokens.token(example.showpiece.query);
    expect(` ${showpieceWord(example)}`).toBe(textBetween(text.runs, from, to));
  });

  it('is recognised until its words, their sources or their model change', async () => {
    const example = await load();
    const text = exampleText(example);
    const [opening, rest] = text.runs;
    const bare = { source: 'typed', text: opening.text, tokens: null } as const; // as in a link
    expect(isExample(text, example)).toBe(true);
    expect(isExample({ ...text, runs: [bare, rest] }, example)).toBe(true);
    for (const other of [
      edit(text, { from: 0, to: 1, insert: '' }),
      { ...text, runs: [opening] },
      { ...text, runs: [opening, { ...bare, text: rest.text }] },
      { ...text, model: { id, digest: '0'.repeat(64) } },
      typedText(''),
    ])
      expect(isExample(other, example)).toBe(false);
  });

  it('is what the model writes again, with the same figures', async () => {
    const { sampled, showpiece, ...example } = await load();
    const model = await loadModel(readFolder(modelFolder(id)));
    const { backend } = await createBackend(model, 'cpu', undefined);
    const again = await makeExample(model, backend, example.typed.text, sampled.sampling);
    backend.destroy();
    const close = (n: number) => expect.closeTo(n, 3);
    const [similarity, reweighted] = [close(showpiece.similarity), close(showpiece.reweighted)];
    expect(again).toEqual({
      ...example,
      sampled: { ...sampled, chances: sampled.chances.map((of) => of.map(close)) },
      showpiece: { ...showpiece, similarity, reweighted },
    });
  });
});

it('offers openings in the format of the model’s articles', () => {
  for (const { text } of BEGINNINGS) expect(titleOf(typedText(text).runs)).not.toBeNull();
});
