import { describe, expect, it } from 'vitest';
import { EngineError } from '../../model/runtime/errors';
import { unknownRecords } from '../../model/sampling/records';
import type { Run } from '../../model/text/text';
import { canRegenerate, EMPTY, typedText } from './document/text-value';
import { parseKept } from './library/persistence';
import type { Playground } from './playground';
import { ready, settle, setUp } from './testing';

describe('writing', () => {
  it('appends sampled text with its ids, as one undo step', async () => {
    const { playground, engine, text, sources, state } = await ready('One');
    const done = playground.generate();
    await settle();
    await engine().writes(' two', ' three');
    await engine().writes(' four');
    expect(state().work.phase).toBe('writing');
    engine().finishes();
    await done;
    expect(text()).toBe('One two three four');
    expect(sources()).toEqual(['typed', 'sampled']);
    expect(state()).toMatchObject({
      work: { phase: 'idle' },
      announcement: 'two three four 3 tokens written.',
    });
    playground.undo();
    expect(text()).toBe('One');
    playground.redo();
    expect([...playground.text.runs[1].tokens!.ids]).toEqual([100, 101, 100]);
  });

  it('sends the ids of encoded runs, and stores the encodings from the engine', async () => {
    const { playground, engine } = await ready('One');
    const first = playground.generate();
    await settle();
    expect(engine().requests[0].runs).toEqual([{ text: 'One' }]);
    const tokens = { ids: Uint32Array.of(7), lengths: Uint32Array.of(3) };
    await engine().emit({ type: 'encoded', run: 0, tokens });
    await engine().writes(' two');
    engine().finishes();
    await first;
    playground.generate();
    await settle();
    expect(engine().requests[1].runs).toEqual([{ ids: Uint32Array.of(7) }, { ids: Uint32Array.of(100) }]);
  });

  it.each([
    { limit: null, panel: null, isPaced: true, expected: 60 },
    { limit: 0, panel: null, isPaced: true, expected: 0 },
    { limit: null, panel: 'lens', isPaced: true, expected: 20 },
    { limit: 0, panel: 'lens', isPaced: true, expected: 20 },
    { limit: 5, panel: 'lens', isPaced: true, expected: 5 },
    { limit: 0, panel: 'lens', isPaced: false, expected: 0 },
    { limit: null, panel: 'lens', isPaced: false, expected: 60 },
  ] as const)('writes at most $expected tokens per second with $limit, $panel, $isPaced', async (given) => {
    const { playground, engine } = await ready('One');
    if (given.limit !== null) playground.set({ tokensPerSecond: given.limit });
    playground.store.setState({ panel: given.panel, isPaced: given.isPaced });
    playground.generate();
    await settle();
    expect(engine().requests[0].tokensPerSecond).toBe(given.expected);
  });

  it('undoes changes of settings field by field, without changing the text', async () => {
    const { playground, state, text, wait, engines } = await ready('One');
    for (const temperature of [0.1, 0.2, 0.3]) playground.setSampler({ temperature }); // one slider
    playground.setSampler({ temperature: 0.3 }); // no change
    playground.setSampler({ topK: 5 });
    wait(5000);
    playground.setSampler({ topK: 50 });
    playground.set({ sampler: {} });
    const now = () => state().settings.sampler;
    for (const expected of [
      { temperature: 0.3, topK: 50 },
      { temperature: 0.3, topK: 5 },
      { temperature: 0.3 },
    ]) {
      playground.settings.undo();
      expect(now()).toEqual(expected);
    }
    playground.settings.redo();
    expect(now()).toEqual({ temperature: 0.3, topK: 5 });
    for (let i = 0; i < 9; i++) playground.settings.undo();
    expect(now()).toEqual({});
    expect(text()).toBe('One');
    playground.set({ backend: 'cpu' });
    playground.settings.undo();
    expect(state().settings.backend).toBe('auto');
    await settle();
    expect(engines).toHaveLength(2); // loads again on the restored backend
  });

  it('passes the sampler defaults of the model, the changed settings, and a new seed', async () => {
    const { playground, engine, state } = await ready();
    playground.setSampler({ topK: 5 });
    playground.generate(3);
    await settle();
    const { sampling, maxTokens, runs } = engine().requests[0];
    expect(sampling).toMatchObject({ temperature: 0.7, topK: 5, topP: 0.95, seed: 42 });
    expect({ maxTokens, runs }).toEqual({ maxTokens: 3, runs: [] });
    expect(state().settings.seed).toBe(42);
    await engine().writes('a');
    expect(playground.text).toMatchObject({ runs: [{ sampling }], model: { id: 'one', digest: 'd1' } });
  });

  it('uses the seed that the user chose', async () => {
    const { playground, engine } = await ready();
    playground.set({ seed: 9, randomSeed: false });
    playground.generate();
    await settle();
    expect(engine().requests[0].sampling.seed).toBe(9);
  });

  it('stops, and shows the tokens that arrive last', async () => {
    const { playground, engine, text, state } = await ready('A');
    const done = playground.generate();
    await settle();
    playground.stop();
    void engine().writes('b');
    await done;
    expect(text()).toBe('Ab');
    expect(state().announcement).toBe('b Stopped after 1 token.');
  });

  it('regenerates from where the last generation began, and can undo that', async () => {
    const { playground, engine, text } = await ready('A');
    for (const words of ['1', '2', '3']) {
      const done = words === '3' ? playground.regenerate() : playground.generate();
      await settle();
      if (words === '3') expect(text()).toBe('A12'); // until new tokens arrive
      await engine().writes(words);
      engine().finishes();
      await done;
    }
    expect(text()).toBe('A13');
    playground.undo();
    expect(text()).toBe('A12');
    expect(canRegenerate(playground.text)).toBe(true);
  });

  it('regenerates one token after one token, also when the text is stored and read back, and else the set length', async () => {
    const { playground, engine, text } = await ready('A');
    const press = async (generate: () => Promise<void>) => {
      const done = generate();
      await settle();
      await engine().writes('b');
      engine().finishes();
      await done;
      return engine().requests.at(-1)!.maxTokens;
    };
    playground.set({ length: 30 });
    expect(await press(() => playground.generate())).toBe(30);
    expect(await press(() => playground.generate(1))).toBe(1);
    expect(await press(() => playground.regenerate())).toBe(1);
    playground.restore(parseKept({ version: 2, text: playground.text })!);
    expect(await press(() => playground.regenerate())).toBe(1);
    expect(text()).toBe('Abb');
    expect(await press(() => playground.generate())).toBe(30);
    playground.set({ length: 20 });
    expect(await press(() => playground.regenerate())).toBe(20);
  });

  it('keeps the text when regenerating fails', async () => {
    const { playground, engine, text, state } = await ready('A');
    const first = playground.generate();
    await settle();
    await engine().writes('1');
    engine().finishes();
    await first;
    const second = playground.regenerate();
    await settle();
    engine().fails(new EngineError('input', 'No.', 'Do otherwise.'));
    await second;
    expect(text()).toBe('A1');
    expect(state().problem).toEqual({ code: 'input', message: 'No.', remedy: 'Do otherwise.' });
  });
});

describe('an edit', () => {
  it('ends a generation at the words that are shown', async () => {
    const { playground, engine, text, state } = await ready('A');
    playground.generate();
    await settle();
    await engine().writes('b');
    playground.edit({ from: 0, to: 1, insert: 'X' });
    await engine().writes('late');
    await settle();
    expect(text()).toBe('Xb');
    expect(state().work.phase).toBe('idle');
    playground.undo();
    expect(text()).toBe('Ab');
  });

  it('lets the next generation wait for the engine', async () => {
    const { playground, engine, text } = await ready('A');
    playground.generate();
    await settle();
    playground.edit({ from: 1, to: 1, insert: 'B' });
    playground.generate();
    await settle();
    expect(engine().requests).toHaveLength(2);
    await engine().writes('c');
    expect(text()).toBe('ABc');
  });

  it('joins the typing before it into one step, until a pause', async () => {
    const { playground, text, wait } = await ready();
    for (const [i, letter] of [...'Hello'].entries())
      playground.input('key', [{ from: i, to: i, insert: letter }]);
    wait(5000);
    playground.input('key', [{ from: 5, to: 5, insert: '!' }]);
    playground.undo();
    expect(text()).toBe('Hello');
    playground.undo();
    expect(text()).toBe('');
  });

  it('moves the place where the last generation began', async () => {
    const { playground, engine } = await ready('A');
    const done = playground.generate();
    await settle();
    await engine().writes('b');
    engine().finishes();
    await done;
    playground.edit({ from: 0, to: 0, insert: '>> ' });
    expect(playground.text.generatedFrom).toBe(4);
    playground.edit({ from: 0, to: 5, insert: '' });
    expect(playground.text.generatedFrom).toBeNull();
  });

  it('removes the statements about the previous text when another is shown, and keeps other notices', async () => {
    for (const show of [
      (playground: Playground) => playground.texts.add(typedText('Other')),
      (playground: Playground) => playground.texts.add(),
    ]) {
      const { playground, state } = await ready('A text.');
      playground.notify('About the text.', 'text');
      playground.tokens.setState({ chosen: 3 });
      playground.lens.set({ token: 3 });
      playground.edit({ from: 0, to: 0, insert: 'x' });
      expect(state().notice).toBe('About the text.');
      await show(playground);
      expect(state()).toMatchObject({ notice: null, verified: null, problem: null, figures: null });
      expect([playground.tokens.getState().chosen, state().lens.token]).toEqual([null, null]);
      playground.notify('About the page.');
      await show(playground);
      expect(state().notice).toBe('About the page.');
    }
  });

  it('another text is not continued by a press of Generate on the previous text', async () => {
    const { playground, engine, state } = await setUp('A');
    const done = playground.generate();
    expect(state().work.phase).toBe('waiting');
    await playground.texts.add(typedText('Other'));
    expect(state().work.phase).toBe('idle');
    engine().loaded();
    await done;
    await settle();
    expect(engine().requests).toEqual([]);
  });

  it('removes the notice about a change of the text when the change is undone', async () => {
    const { playground, state } = await ready('A');
    const model = { id: 'other', digest: 'd2' };
    const tokens = { ids: Uint32Array.of(1), lengths: Uint32Array.of(5) };
    const run = {
      source: 'sampled',
      text: 'Words',
      tokens,
      records: unknownRecords(tokens.ids),
      sampling: null,
    };
    playground.restore({ ...EMPTY, runs: [run as Run], model });
    playground.readAsTyped();
    expect(state().notice).toMatch(/^Another model wrote this text/);
    playground.undo();
    expect(state().notice).toBeNull();
  });
});
