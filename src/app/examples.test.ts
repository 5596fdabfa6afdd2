import { expect, it } from 'vitest';
import { makeExample } from '../../scripts/example';
import { modelFolder, readFolder, readIndex } from '../../scripts/node';
import { loadModel } from '../model/runtime/folder';
import { createBackend } from '../workers/backends';
import { BEGINNINGS, EXAMPLES, exampleText } from './examples';
import { titleOf } from './store/document/article';
import { typedText } from './store/document/text-value';
import { parseKept } from './store/library/persistence';

const index = readIndex();

it('has an example by the default model and by the model for browsers that save data', () => {
  for (const { id } of [index[0], index.find(({ saveData }) => saveData)!])
    expect(Object.keys(EXAMPLES), 'run scripts/make-example.ts').toContain(id);
});

it.each(Object.keys(EXAMPLES))(
  'shows text of %s that the model writes again, with the same figures',
  async (id) => {
    const stored = await EXAMPLES[id]();
    const text = exampleText(stored);
    expect(parseKept({ version: 2, text })).toEqual(text); // ids, lengths and records match the text
    const model = await loadModel(readFolder(modelFolder(id)));
    const { backend } = await createBackend(model, 'cpu', undefined);
    const again = await makeExample(model, backend, stored.typed.text, stored.sampled.sampling);
    backend.destroy();
    const { chances } = stored.sampled;
    const { similarity, reweighted } = stored.showpiece;
    const close = (n: number) => expect.closeTo(n, 3);
    expect(again).toEqual({
      ...stored,
      sampled: { ...stored.sampled, chances: chances.map((of) => of.map(close)) },
      showpiece: { ...stored.showpiece, similarity: close(similarity), reweighted: close(reweighted) },
    });
  },
);

it('offers openings in the format of the model’s articles', () => {
  for (const { text } of BEGINNINGS) expect(titleOf(typedText(text).runs)).not.toBeNull();
});
