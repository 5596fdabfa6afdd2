import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../model/runtime/errors';
import { writtenRanges } from '../document/text-value';
import { ready, settle, setUp } from '../testing';
import { conclusion, withRuns } from './verified';

describe('the engine', () => {
  it('starts to generate when the model is loaded', async () => {
    const { playground, engine, state, text } = await setUp('A');
    playground.generate();
    await settle();
    expect(state().work.phase).toBe('waiting');
    engine().loaded();
    await settle();
    await engine().writes('b');
    expect(text()).toBe('Ab');
  });

  it('continues the text that was typed while it loaded', async () => {
    const { playground, engine, text } = await setUp('A');
    playground.generate();
    playground.edit({ from: 1, to: 1, insert: 'B' });
    engine().loaded();
    await settle();
    await engine().writes('c');
    expect(text()).toBe('ABc');
  });

  it('does not generate after Stop while it loads', async () => {
    const { playground, engine, state } = await setUp('A');
    playground.generate();
    playground.stop();
    expect(state().work.phase).toBe('idle');
    engine().loaded();
    await settle();
    expect(engine().requests).toHaveLength(0);
  });

  it('gets a request for the rest of the text after its worker died', async () => {
    const { playground, engine } = await ready('A');
    playground.generate(10);
    await settle();
    await engine().emit({
      type: 'encoded',
      run: 0,
      tokens: { ids: Uint32Array.of(7), lengths: Uint32Array.of(1) },
    });
    await engine().writes('b');
    void engine().writes('c', 'd'); // not yet shown
    engine().restarts();
    const [first, again] = engine().requests;
    expect(again).toEqual({
      ...first,
      runs: [{ ids: Uint32Array.of(7) }, { ids: Uint32Array.of(100, 100, 101) }],
      maxTokens: 7,
    });
  });

  it('can be cancelled while it loads, and loads again at the next press', async () => {
    const { playground, engines, engine, state } = await setUp();
    playground.generate();
    playground.cancelLoading();
    expect(state()).toMatchObject({ engine: { phase: 'cancelled' }, work: { phase: 'idle' } });
    expect(engines[0].disposed).toBe(true);
    playground.generate();
    engine().loaded();
    await settle();
    expect(engines).toHaveLength(2);
    expect(engine().requests).toHaveLength(1);
  });

  it('fails with a remedy if it cannot start, and the text stays', async () => {
    const refused = new EngineError('browser', 'No worker.', 'Open a tab.');
    const { playground, state, text } = await setUp('A', () => {
      throw refused;
    });
    for (const press of [() => playground.load(), () => playground.generate()]) {
      press();
      await settle();
      expect(state()).toMatchObject({
        engine: { phase: 'failed', error: refused.toData() },
        work: { phase: 'idle' },
      });
    }
    expect(text()).toBe('A');
  });

  it('reports the reason if the model does not load', async () => {
    const { playground, engine, state } = await setUp();
    playground.generate();
    engine().progresses(1, 2);
    expect(state().engine).toEqual({ phase: 'loading', progress: { bytes: 1, total: 2 } });
    engine().fails(new EngineError('network', 'Not found.', 'Try again.'));
    await settle();
    expect(state()).toMatchObject({
      engine: { phase: 'failed', error: { message: 'Not found.', remedy: 'Try again.' } },
      work: { phase: 'idle' },
      problem: null,
      announcement: 'Not found.',
    });
  });

  it('is replaced after a failure, and the text stays', async () => {
    const { playground, engine, engines, state, text } = await ready('A');
    const done = playground.generate();
    await settle();
    await engine().writes('b');
    engine().fails(new EngineError('internal', 'The engine stopped.', 'Reload.'));
    await done;
    expect(state().engine.phase).toBe('failed');
    expect(text()).toBe('Ab');
    playground.generate();
    engine().loaded();
    await settle();
    expect(engines).toHaveLength(2);
    expect(engine().requests[0].runs).toHaveLength(2);
  });

  it('reads a text of another model as typed', async () => {
    const { playground, engine, sources, state, text } = await ready('A');
    const done = playground.generate();
    await settle();
    await engine().writes('b');
    engine().finishes();
    await done;
    playground.load();
    await settle();
    engine().info = { ...engine().info, manifest: { ...engine().info.manifest, digest: 'd2' } };
    engine().loaded();
    await settle();
    playground.generate();
    await settle();
    expect(engine().requests[0].runs).toEqual([{ text: 'Ab' }]);
    expect(sources()).toEqual(['typed']);
    expect(state().notice).toMatch(/Another model/);
    await engine().writes('c');
    expect(writtenRanges(playground.text.runs)).toEqual([
      { from: 1, to: 2, isForeign: true },
      { from: 2, to: 3, isForeign: false },
    ]);
    playground.undo();
    playground.undo();
    expect(text()).toBe('Ab');
    expect(sources()).toEqual(['typed', 'sampled']);
  });

  it('shows a notice, and the backend that it moved to', async () => {
    const { playground, engine, state } = await ready('A');
    playground.generate();
    await settle();
    const backend = { kind: 'reference', device: 'CPU', reason: 'The GPU went away.' } as const;
    await engine().emit({ type: 'notice', message: 'Moved.', backend });
    expect(state().notice).toBe('Moved.');
    expect(state().engine).toMatchObject({ info: { backend } });
    playground.dismiss('notice');
    expect(state().notice).toBeNull();
  });
});

describe('a verification', () => {
  const counts = { exact: 2, margin: 0, cutoff: 0, different: 0 };
  const whole = { counts, findings: [], isFaithful: true, stopped: false };

  /** A text with a typed and a generated part. */
  async function written() {
    const all = await ready('A');
    const done = all.playground.generate();
    await settle();
    await all.engine().writes('b', 'c');
    all.engine().finishes();
    await done;
    return all;
  }

  it('sends the sampled tokens with their settings, and stores the result for this text', async () => {
    const { playground, engine, state } = await written();
    const checking = playground.verify();
    await settle();
    const { sampling } = engine().requests[0];
    expect(engine().verified[0].runs).toEqual([
      { text: 'A', ids: null, drawnWith: null },
      { text: 'bc', ids: Uint32Array.of(100, 101), drawnWith: sampling },
    ]);
    expect(state().work).toEqual({ phase: 'verifying', checked: 1, total: 2 });
    engine().checking!.resolve(whole);
    await checking;
    expect(state()).toMatchObject({
      work: { phase: 'idle' },
      announcement: 'Verified: all 2 generated tokens.',
      verified: { runs: playground.text.runs, unknown: 0 },
    });
  });

  it('can be stopped, and is cancelled by an edit', async () => {
    const { playground, state } = await written();
    const checking = playground.verify();
    await settle();
    playground.stop();
    await checking;
    expect(state().announcement).toBe('Stopped after 1 token.');
    const again = playground.verify();
    await settle();
    playground.edit({ from: 0, to: 0, insert: 'X' });
    await again;
    expect(state().work.phase).toBe('idle');
    expect(state().verified?.runs).not.toBe(playground.text.runs);
  });

  it('is refused for a text of another model', async () => {
    const { playground, engine, state } = await written();
    playground.restore({ ...playground.text, model: { id: 'other', digest: 'a'.repeat(64) } });
    await playground.verify();
    expect(state().notice).toMatch(/written with another model, other/);
    expect(engine().verified).toHaveLength(0);
  });

  it.each([
    [{ ...whole, counts: { ...counts, different: 1 } }, '1 of 3 tokens differs from what this model picks.'],
    [{ ...whole, counts: { ...counts, margin: 1, cutoff: 1 } }, 'Verified: all 4 generated tokens.'],
    [{ ...whole, isFaithful: false }, /^The text no longer matches its tokens/],
    [{ ...whole, stopped: true }, 'Stopped after 2 tokens.'],
    [{ ...whole, counts: { ...counts, exact: 0 } }, 'There are no tokens to verify.'],
  ])('has its result in a sentence: %#', (verification, words) => {
    expect(conclusion(withRuns([], verification))).toMatch(words);
  });
});
