import { describe, expect, it } from 'vitest';
import { plainText } from '../../../model/text/text';
import { typedText } from '../document/text-value';
import { ready, settle } from '../testing';
import { earlierSettings } from './continuations';

const branches = (all: Awaited<ReturnType<typeof ready>>) =>
  all.playground.text.branches.map(({ runs }) => plainText(runs));

describe('comparing continuations', () => {
  it('begins with the current settings for each continuation; they can differ by seed or by temperature', async () => {
    const { playground } = await ready('A');
    const { comparison } = playground;
    playground.setSampler({ topP: 0.5 });
    comparison.prepare();
    const samplings = () =>
      playground.store.getState().comparison.continuations.map(({ sampling }) => sampling);
    expect(samplings()).toHaveLength(3);
    expect(samplings()[2]).toMatchObject({ topP: 0.5, temperature: 0.7 });
    comparison.setCount(5);
    comparison.differBy('temperature');
    expect(samplings().map(({ temperature }) => temperature)).toEqual([0, 0.5, 1, 1.5, 2]);
    comparison.change(1, { temperature: 0.1, seed: 9 });
    comparison.setCount(2);
    expect(samplings()[1]).toMatchObject({ temperature: 0.1, seed: 9 });
  });

  it('opens once with another number of continuations', async () => {
    const { playground, state } = await ready('A');
    const { comparison } = playground;
    comparison.open(8);
    expect(state().card).toBe('compare');
    for (const count of [8, 3]) {
      comparison.prepare();
      expect(state().comparison.continuations).toHaveLength(count);
    }
  });

  it('generates all continuations from the end of the text, which changes only when one is kept', async () => {
    const all = await ready('A');
    const { playground, engine, text, sources } = all;
    const { comparison } = playground;
    comparison.prepare();
    await comparison.start();
    expect(engine().compared[0]).toMatchObject({ runs: [{ text: 'A' }], maxTokens: 256 });
    expect(playground.store.getState().comparison.continuations.map(({ runs }) => plainText(runs))).toEqual([
      ' 0 0',
      ' 1 1',
      ' 2 2',
    ]);
    expect(text()).toBe('A');
    expect(playground.text.runs[0].tokens?.ids).toEqual(Uint32Array.of(65));

    comparison.keep(1);
    expect(text()).toBe('A 1 1');
    expect(sources()).toEqual(['typed', 'sampled']);
    expect(branches(all).sort()).toEqual(['A 0 0', 'A 1 1', 'A 2 2']);
    playground.undo();
    expect(text()).toBe('A');
    expect(branches(all)).toHaveLength(3);
  });

  it('differs by the strength of a taught model, and text of another strength is typed text for the loaded one', async () => {
    const all = await ready('A');
    const { playground, engine, text, sources, state } = all;
    const { comparison } = playground;
    comparison.open(3, 'strength');
    comparison.prepare();
    const own = () => state().comparison.continuations;
    expect(own().map(({ strength }) => strength)).toEqual([0, 0.5, 1]);
    expect(new Set(own().map(({ sampling }) => sampling.seed)).size).toBe(1);
    comparison.setStrength(1, 0.25);
    await comparison.start();
    expect(engine().compared[0].strengths).toEqual([0, 0.25, 1]);
    comparison.keep(0);
    expect([text(), sources()]).toEqual(['A 0 0', ['typed']]);
    expect(playground.text.runs[0]).toMatchObject({ foreign: [{ from: 1, to: 5, model: 'at-0' }] });
    playground.undo();
    comparison.open(2, 'strength');
    comparison.prepare();
    await comparison.start();
    comparison.keep(1);
    expect([text(), sources()]).toEqual(['A 1 1', ['typed', 'sampled']]);
    comparison.prepare();
    expect(own().map(({ strength }) => strength)).toEqual([undefined, undefined, undefined]);
  });

  it('names the settings of the draws after a change of the settings, until it generates again', async () => {
    const { playground } = await ready('A');
    const { comparison } = playground;
    const earlier = () => playground.store.getState().comparison.continuations.map(earlierSettings);
    comparison.prepare();
    expect(earlier()).toEqual([null, null, null]);
    await comparison.start();
    expect(earlier()).toEqual([null, null, null]);
    comparison.differBy('temperature');
    expect(earlier()).toEqual([{ temperature: 0.7 }, { temperature: 0.7 }, { temperature: 0.7 }]);
    comparison.change(0, { temperature: 0.7, topK: 5 });
    expect(earlier()[0]).toEqual({ topK: 0 });
    await comparison.start();
    expect(earlier()).toEqual([null, null, null]);
  });

  it('keeps the previous continuations as branches when it generates again', async () => {
    const all = await ready('A');
    const { comparison } = all.playground;
    comparison.prepare();
    await comparison.start();
    comparison.setCount(2);
    await comparison.start();
    expect(branches(all)).toEqual(['A 0 0', 'A 1 1']);
    comparison.leave();
    expect(all.text()).toBe('A');
  });

  const BRANCH = { id: 9, name: null, isPruned: false, model: null };
  type Page = Awaited<ReturnType<typeof ready>>;

  it.each<[string, (page: Page) => unknown, string]>([
    ['an edit', ({ playground }) => playground.edit({ from: 0, to: 0, insert: 'x' }), 'xA B'],
    ['undo', ({ playground }) => playground.undo(), 'A'],
    ['another text', ({ playground }) => playground.texts.add(typedText('Other')), 'Other'],
    ['a branch', ({ playground }) => playground.goTo({ ...BRANCH, runs: typedText('C').runs }, 1), 'C'],
  ])(
    'ends when %s changes the text, and keeps its continuations as branches of the old text',
    async (_, act, now) => {
      const page = await ready('A');
      const { playground, text, state } = page;
      playground.edit({ from: 1, to: 1, insert: ' B' });
      playground.openCard('compare');
      playground.comparison.prepare();
      await playground.comparison.start();
      await act(page);
      await settle();
      expect(text()).toBe(now);
      expect(state().card).toBeNull();
      expect(state().notice).toMatch(/^The comparison was closed/);
      playground.comparison.keep(0);
      expect(text()).toBe(now);
      expect(state().work.phase).toBe('idle');
      const { present, past } = state().history!;
      const values = [present, ...past.map(({ value }) => value)];
      for (const { id } of playground.texts.store.getState().entries) {
        await playground.texts.open(id);
        values.push(playground.text);
      }
      const kept = values.flatMap(({ branches }) => branches);
      expect(kept.map(({ runs }) => plainText(runs))).toEqual(
        expect.arrayContaining(['A B 0 0', 'A B 1 1', 'A B 2 2']),
      );
    },
  );

  it('ends when the model continues the text', async () => {
    const { playground, engine, text, state } = await ready('A');
    playground.openCard('compare');
    playground.comparison.prepare();
    await playground.comparison.start();
    const done = playground.generate();
    await settle();
    await engine().writes(' more');
    engine().finishes();
    await done;
    expect(state().card).toBeNull();
    playground.comparison.keep(0);
    expect(text()).toBe('A more');
  });

  it('ends when its sheet is closed', async () => {
    const { playground, engine, state } = await ready('A');
    const { comparison } = playground;
    comparison.prepare();
    let go = () => {};
    const compare = engine().compare.bind(engine());
    engine().compare = async (...values) => {
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      return compare(...values);
    };
    const running = comparison.start();
    await settle();
    expect(state().work.phase).toBe('reading');
    comparison.leave();
    expect(state().work.phase).toBe('idle');
    go();
    await running;
    expect(playground.store.getState().comparison.continuations.every(({ runs }) => runs.length === 0)).toBe(
      true,
    );
  });
});
