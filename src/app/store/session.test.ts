import { describe, expect, it } from 'vitest';
import { EngineError } from '../../model/errors';
import { ready, settle, setUp } from './set-up';

describe('the engine', () => {
  it('begins to write when the model is loaded', async () => {
    const { playground, engine, state, text } = await setUp('A');
    playground.generate();
    await settle();
    expect(state().work.phase).toBe('waiting');
    engine().loaded();
    await settle();
    await engine().writes('b');
    expect(text()).toBe('Ab');
  });

  it('writes on from what was typed while it loaded', async () => {
    const { playground, engine, text } = await setUp('A');
    playground.generate();
    playground.edit({ from: 1, to: 1, insert: 'B' });
    engine().loaded();
    await settle();
    await engine().writes('c');
    expect(text()).toBe('ABc');
  });

  it('need not be waited for', async () => {
    const { playground, engine, state } = await setUp('A');
    playground.generate();
    playground.stop();
    expect(state().work.phase).toBe('idle');
    engine().loaded();
    await settle();
    expect(engine().requests).toHaveLength(0);
  });

  it('can be cancelled while it loads, and loads anew at the next press', async () => {
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

  it('says why it could not be loaded', async () => {
    const { playground, engine, state } = await setUp();
    playground.generate();
    engine().progresses(1, 2);
    expect(state().engine).toEqual({ phase: 'loading', progress: { bytes: 1, total: 2 } });
    engine().fails(new EngineError('network', 'Not found.', 'Try again.'));
    await settle();
    engine().progresses(2, 2); // late
    expect(state()).toMatchObject({
      engine: { phase: 'failed', error: { message: 'Not found.', remedy: 'Try again.' } },
      work: { phase: 'idle' },
      problem: null,
      announcement: 'Not found.',
    });
  });

  it('is replaced after it broke down; the text stays', async () => {
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
    expect(state().notice).toMatch(/another model/);
    await engine().writes('c');
    playground.undo();
    playground.undo();
    expect(text()).toBe('Ab');
    expect(sources()).toEqual(['typed', 'sampled']);
  });

  it('passes a notice on, with the device that it moved to', async () => {
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
