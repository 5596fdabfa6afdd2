import { describe, expect, it } from 'vitest';
import { plainText } from '../../../model/text/text';
import { ready, settle, stateFile } from '../testing';
import { decodeText, encodeText } from './sharing';
import { isStateFile, openState, takeState } from './states';

const NAME = 'Tea 57 tokens.leapformer.state';
const file = (bytes: BlobPart, name = NAME) => new File([bytes], name);
const ONE = { id: 'one', digest: 'd1', name: 'One' };
const OTHER = { id: 'other', digest: 'f'.repeat(64), name: 'Other' };

/** A playground that shows a text that continues from a saved state. */
async function opened() {
  const all = await ready('Mine');
  await openState(all.playground, file(await stateFile()));
  return all;
}

describe('the state of a text', () => {
  it('is that at the cursor, or that of the whole text', async () => {
    const { playground, engine, state } = await ready('One two');
    const saved = await takeState(playground);
    expect(engine().snapshots.at(-1)?.runs).toEqual([{ text: 'One two' }]);
    expect(saved?.title).toBe('Text 57 tokens');
    expect(new Uint8Array(await saved!.file.arrayBuffer())).toEqual(await stateFile());
    expect(state()).toMatchObject({ notice: expect.stringContaining('57 tokens'), work: { phase: 'idle' } });
    playground.cursor = 3;
    await takeState(playground);
    expect(engine().snapshots.at(-1)?.runs).toEqual([{ text: 'One' }]);
    expect(playground.text.branches).toEqual([]);
  });
});

describe('a saved state', () => {
  it('opens as a new text, from which writing, scores, comparisons and checks go on', async () => {
    const { playground, engine, text, state } = await opened();
    const start = await stateFile();
    expect(text()).toBe('');
    expect(playground.text.start).toMatchObject({
      name: NAME,
      length: 58,
      made: '2026-11-29',
      model: { name: 'One' },
    });
    expect(playground.texts.store.getState().entries).toHaveLength(2);
    const done = playground.generate();
    await settle();
    expect(engine().requests.at(-1)).toMatchObject({ start, runs: [] });
    await engine().writes(' then');
    engine().finishes();
    await done;
    playground.edit({ from: 5, to: 5, insert: ' more' });
    await playground.inspection.readText();
    expect(playground.inspection.store.getState().reading?.count).toBe(6);
    void playground.verify();
    await settle();
    expect(engine().verified.at(-1)?.start).toEqual(start);
    engine().checking?.resolve({
      counts: { exact: 1, margin: 0, cutoff: 0, different: 0 },
      findings: [],
      isFaithful: true,
      stopped: false,
    });
    await settle();
    playground.comparison.prepare();
    await playground.comparison.start();
    expect(engine().compared.at(-1)?.start).toEqual(start);
    playground.comparison.keep(0);
    await takeState(playground);
    expect(engine().snapshots.at(-1)?.start).toEqual(start);
    while (state().history?.past.length) playground.undo();
    expect([text(), playground.text.start?.file]).toEqual(['', start]);
    expect(playground.text.branches.map(({ runs }) => plainText(runs))).toContain(' then more 1 1');
  });

  it('of another model keeps the tokens of its text, and loads that model', async () => {
    const { playground, engines, engine } = await ready('Mine');
    await openState(playground, file(await stateFile(OTHER)));
    await settle();
    expect(engines).toHaveLength(2); // that of the text
    engine().loaded(); // the site has only the model one
    const before = playground.text;
    const done = playground.generate();
    await settle();
    expect(playground.text.start).toBe(before.start);
    expect(playground.text.model).toEqual({ id: OTHER.id, digest: OTHER.digest });
    engine().finishes();
    await done;
  });

  it('is named by a link, whose text gets it from the same file only', async () => {
    const { playground, engine, state, text } = await opened();
    playground.edit({ from: 0, to: 0, insert: 'And so' });
    playground.restore({ ...playground.text, start: { ...playground.text.start!, model: OTHER } });
    const { text: shared } = await decodeText(await encodeText(playground, async () => OTHER));
    expect(shared).toMatchObject({ model: { id: 'other' }, start: { name: NAME, length: 58, file: null } });
    await playground.texts.add({ ...shared, start: { ...shared.start!, model: ONE } });
    playground.edit({ from: 6, to: 6, insert: '!' });
    await playground.generate();
    expect(state().problem).toMatchObject({ remedy: `Open the file ${NAME}.` });
    expect(text()).toBe('And so!');
    await openState(playground, file(await stateFile(), 'renamed'));
    expect(text()).toBe('And so!');
    playground.undo();
    expect([text(), playground.text.start?.file]).toEqual(['And so', await stateFile()]);
    void playground.generate();
    await settle();
    expect(engine().requests.at(-1)?.start).toEqual(await stateFile());
    engine().finishes();
    await settle();
    await openState(playground, file(await stateFile()));
    expect(text()).toBe('');
  });

  it('that is damaged is refused with its name and a remedy, and the text stays', async () => {
    const { playground, state, text } = await ready('Mine');
    const whole = await stateFile();
    const wrong = [whole.slice(0, 100), whole.slice(0, 3), whole.with(200, 9), new Uint8Array(), 'words'];
    for (const bytes of wrong) {
      const one = file(bytes as BlobPart);
      expect(await isStateFile(one)).toBe(true);
      await openState(playground, one);
      expect(state().notice).toMatch(/^Tea 57 tokens\.leapformer\.state did not open\. .*unchanged\./);
      expect(text()).toBe('Mine');
    }
    expect(await isStateFile(file(whole, 'renamed.bin'))).toBe(true);
    expect(await isStateFile(file('words', 'words.txt'))).toBe(false);
  });
});
