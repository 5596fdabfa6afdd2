import { describe, expect, it } from 'vitest';
import { readJson } from '../../../../scripts/node';
import { plainText } from '../../../model/text/text';
import { seal } from '../../../share/container';
import { encodeLink } from '../../../share/link';
import { shareTranslation } from '../../../share/translation-link';
import { nameOf } from '../library/text-storage';
import { samplerOf } from '../settings/settings';
import { ready, settle, setUp } from '../testing';
import { liveTranslation } from '../translation/live-translation';
import { decodeText, encodeText, openFile, openText } from './sharing';

const OTHER = { id: 'other', digest: 'a'.repeat(64) };
const ONE = { id: 'one', digest: '1'.repeat(64) };

/** A link to a text with a typed and a generated part. */
async function sharedText() {
  const { playground, engine } = await ready('One');
  Object.assign(engine().info.manifest, ONE);
  const done = playground.generate();
  await settle();
  await engine().writes(' two', ' three');
  engine().finishes();
  await done;
  return { fragment: await encodeText(playground, async () => OTHER), runs: playground.text.runs };
}

describe('a shared text', () => {
  it('has its tokens, their sources, and the settings of their draws', async () => {
    const { fragment, runs } = await sharedText();
    const { playground, engine } = await ready('Mine');
    await openText(playground, fragment, 'link');
    const [typed, sampled] = playground.text.runs;
    expect(typed).toEqual({ source: 'typed', text: 'One', tokens: null });
    expect({ ...sampled, records: null }).toEqual({ ...runs[1], records: null });
    expect(playground.text).toMatchObject({ model: ONE, origin: { claim: { sampling: { seed: 42 } } } });
    expect(engine().requests).toHaveLength(0);
  });

  it('is in the page before its link leaves the address', async () => {
    const { fragment } = await sharedText();
    const { playground, text } = await ready('Mine');
    const shown: string[] = [];
    await openText(playground, fragment, 'link', () => shown.push(text()));
    expect(shown).toEqual(['One two three']);
    await openText(playground, 'damaged', 'link', () => shown.push(text()));
    expect(shown).toHaveLength(2);
  });

  it('opens as a new text that is saved at once, and does not change the previous text', async () => {
    const { fragment } = await sharedText();
    const { playground, text } = await ready('Mine');
    playground.edit({ from: 4, to: 4, insert: '!' });
    await openText(playground, fragment, 'link');
    playground.undo();
    expect(text()).toBe('One two three');
    const { entries, current } = playground.texts.store.getState();
    expect(entries.map(nameOf).sort()).toEqual(['Mine!', 'One two three']);
    await playground.texts.open(entries.find(({ id }) => id !== current.id)!.id);
    expect(text()).toBe('Mine!');
    playground.undo();
    expect(text()).toBe('Mine');
  });

  it('shows the shared colours and the selected token, even if the model has not read the text', async () => {
    const { playground: from, engine } = await ready('One');
    Object.assign(engine().info.manifest, ONE);
    const done = from.generate();
    await settle();
    const tokens = { ids: Uint32Array.of(4, 5), lengths: Uint32Array.of(1, 2) };
    await engine().emit({ type: 'encoded', run: 0, tokens });
    await engine().writes(' two', ' three');
    engine().finishes();
    await done;
    from.inspection.set({ measure: 'probability' });
    from.show('token');
    from.tokens.setState({ chosen: 3 });
    const { playground, state } = await ready('Mine');
    await openText(playground, await encodeText(from, async () => OTHER), 'link');
    expect(state().panel).toBe('token');
    expect(playground.inspection.store.getState().measure).toBe('probability');
    expect(playground.tokens.getState().chosen).toBe(1); // typed runs are not encoded here, so the sampled tokens count from 0
    from.show(null);
    playground.show(null);
    await openText(playground, await encodeText(from, async () => OTHER), 'link');
    expect(state().panel).toBeNull();
  });

  it('starts no work, and cancels work that waits for the model', async () => {
    const { fragment } = await sharedText();
    const { playground, engine, state, text } = await setUp('Mine');
    playground.generate();
    await openText(playground, fragment, 'link');
    engine().loaded();
    await settle();
    expect(engine().requests).toHaveLength(0);
    expect(state().work.phase).toBe('idle');
    expect(text()).toBe('One two three');
  });

  it('is continued after a press of Generate, and keeps its origin', async () => {
    const { fragment } = await sharedText();
    const { playground, engine } = await ready();
    Object.assign(engine().info.manifest, ONE);
    await openText(playground, fragment, 'link');
    playground.takeSettings(playground.text.origin!.claim!.sampling);
    playground.generate();
    await settle();
    expect(engine().requests[0].runs).toEqual([{ text: 'One' }, { ids: Uint32Array.of(100, 101) }]);
    expect(engine().requests[0].sampling).toMatchObject({ temperature: 0.7, seed: 42 });
    await engine().writes(' four');
    expect(playground.text.origin).not.toBeNull();
    playground.putOriginAway();
    expect(playground.text.origin?.isKnown).toBe(true);
  });

  it('loads its model if another one is loaded', async () => {
    const { playground, engines, engine } = await ready('Mine');
    Object.assign(engine().info.manifest, ONE);
    await openText(playground, await encodeText(playground, async () => ONE), 'link');
    await settle();
    expect(engines).toHaveLength(1);
    playground.restore({ ...playground.text, model: OTHER });
    await openText(playground, await encodeText(playground, async () => ONE), 'link');
    await settle();
    expect(engines).toHaveLength(2);
    expect(engine().requests).toHaveLength(0);
  });

  it('from a newer version shows only its words', async () => {
    const fragment = await seal({ version: 4, text: 'From later.', body: new Uint8Array(3) });
    const { text } = await decodeText(fragment);
    expect(plainText(text.runs)).toBe('From later.');
    expect(text).toMatchObject({ model: null, origin: { claim: null } });
  });

  it('that is damaged shows a notice, and the current text stays unchanged', async () => {
    const { fragment } = await sharedText();
    const { playground, state, text } = await ready('Mine');
    await openText(playground, fragment.slice(0, -3), 'link');
    expect(text()).toBe('Mine');
    expect(state().notice).toMatch(/link is incomplete or damaged.*unchanged/);
    await openFile(playground, new File(['My diary'], 'diary.leapformer.txt'));
    expect(state().notice).toMatch(/file is damaged/);
    expect(text()).toBe('Mine');
  });

  it('opens from a file in which another program inserted line breaks', async () => {
    const { fragment } = await sharedText();
    const { playground, text } = await ready();
    await openFile(playground, new File([fragment.replace(/.{20}/g, '$&\r\n')], 'a.leapformer.txt'));
    expect(text()).toBe('One two three');
  });

  it('is recognized by its content; any other text file opens as plain text', async () => {
    const { fragment } = await sharedText();
    const { playground, text, state } = await ready('Mine');
    await openFile(playground, new File(['My\r\ndiary'], 'diary.txt'));
    expect(text()).toBe('My\ndiary');
    await openFile(playground, new File([`${fragment}\n`], 'renamed.txt'));
    expect(text()).toBe('One two three');
    await openFile(playground, new File(['\x89PNG\0'], 'a.png'));
    expect(state().notice).toBe('a.png is not a text. Your own text is unchanged.');
    expect(text()).toBe('One two three');
  });

  it('keeps its own model, and can be encoded without a loaded model', async () => {
    const { playground } = await setUp('Typed.');
    expect((await decodeText(await encodeText(playground, async () => OTHER))).text).toMatchObject({
      model: OTHER,
    });
    playground.restore({ ...playground.text, model: ONE });
    playground.setSampler({ temperature: 0, topP: 1, repetitionPenalty: 9 });
    expect((await decodeText(await encodeText(playground, async () => OTHER))).text).toMatchObject({
      model: ONE,
      origin: { claim: { sampling: { temperature: 0, topP: 1, repetitionPenalty: 2 } } },
    });
  });

  it('of a translation goes to its page, and the source that it replaces becomes a text', async () => {
    const shared = { model: OTHER, k: 3, translations: { 'en-de': 'Ein Hund.', 'en-fr': 'Un chien.' } };
    const fragment = await encodeLink(shareTranslation({ ...shared, source: 'A dog.' }));
    const { playground, text } = await ready('Mine');
    expect(await openText(playground, fragment, 'link')).toBe(true);
    expect(text()).toBe('Mine');
    expect(liveTranslation.store.getState()).toMatchObject({ source: 'A dog.', phase: 'idle' });
    liveTranslation.edit('My cat', false);
    expect(await openFile(playground, new File([fragment], 'a.leapformer.txt'))).toBe(true);
    expect(text()).toBe('My cat');
    expect(liveTranslation.store.getState().source).toBe('A dog.');
  });

  it('has a sequence penalty of 0 if its link has version 1', async () => {
    const { playground, state } = await setUp('Typed.');
    expect(samplerOf(state().settings, null).sequencePenalty).toBe(1);
    await openText(
      playground,
      (readJson('tests/links/v1-prose.json') as { fragment: string }).fragment,
      'link',
    );
    const sampled = playground.text.runs.find((run) => run.source === 'sampled');
    expect(sampled?.sampling?.sequencePenalty).toBe(0);
    playground.takeSettings(playground.text.origin!.claim!.sampling);
    expect(samplerOf(state().settings, null).sequencePenalty).toBe(0);
  });
});
