import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { plainText } from '../../../model/text/text';
import { MemoryTexts } from './memory-texts';
import { ACTIONS, CALLS, FAILURES, FailingTexts, later, tab, twoTexts, wordsOf } from './test-tab';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('while the storage fails', () => {
  const cases = CALLS.flatMap((call) =>
    FAILURES.flatMap((failure) => Object.keys(ACTIONS).map((action) => ({ call, failure, action }))),
  );

  it.each(cases)(
    '$call, $failure: $action loses no words, and everything is stored afterwards',
    async ({ call, failure, action }) => {
      const opened = await twoTexts();
      const { storage, texts, type } = opened;
      type('First. ');
      storage.faults.set(call, failure);
      await ACTIONS[action](opened);
      type('Second. ');
      await texts.save();
      await later();
      const { unsaved, keeping } = texts.store.getState();
      if (call === 'write') expect(keeping).toMatchObject({ failure });
      if (call !== 'write') expect(unsaved.size).toBe(0);
      if (call !== 'read') expect(await wordsOf(opened)).toMatch(/First\..*Mine\./s);
      expect(await wordsOf(opened)).toContain('Second.');
      storage.faults.clear();
      await later();
      expect(texts.store.getState()).toMatchObject({ keeping: 'ok', unsaved: new Map() });
      const words = await wordsOf(await tab(new MemoryTexts(storage)));
      for (const typed of ['First.', 'Second.', 'Mine.', 'Other']) expect(words).toContain(typed);
    },
  );

  it('reports each failure until it ends', async () => {
    const { storage, texts, type } = await twoTexts();
    for (const round of [1, 2]) {
      storage.faults.set('write', 'full');
      type(`Round ${round}. `);
      await later();
      expect(texts.store.getState().keeping).toMatchObject({ failure: 'full' });
      storage.faults.clear();
      await later();
      expect(texts.store.getState().keeping).toBe('ok');
    }
  });

  it('keeps every text in memory, and shows each again', async () => {
    const { storage, texts, write, text, idOf, names } = await twoTexts();
    storage.faults.set('write', 'full');
    storage.faults.set('read', 'broken');
    for (const words of ['One', 'Two', 'Three']) {
      await texts.add();
      await write(words);
    }
    expect(names().slice(0, 3)).toEqual(['Three', 'Two', 'One']);
    await texts.open(idOf('One'));
    expect(text()).toBe('One');
  });

  it('warns before leaving only if something would be lost', async () => {
    const { storage, texts, type } = await twoTexts();
    type('x');
    expect(texts.leave()).toBe(true);
    await later();
    storage.faults.set('write', 'full');
    expect(texts.leave()).toBe(true); // nothing has changed
    type('y');
    await later();
    expect(texts.leave()).toBe(true); // it is saved in a second place
    storage.faults.set('writeLast', 'full');
    expect(texts.leave()).toBe(false);
    storage.faults.clear();
    await later();
    expect(texts.leave()).toBe(true);
  });

  it('a reloaded page shows the text that it could not write, and keeps trying', async () => {
    const { storage, texts, type } = await twoTexts();
    storage.faults.set('write', 'full');
    type('Late. ');
    texts.leave();
    await later();
    const next = new FailingTexts(storage.reloaded());
    next.faults.set('write', 'full');
    const after = await tab(next);
    expect(after.text()).toBe('Late. Mine.');
    await later();
    expect(after.texts.store.getState().keeping).toMatchObject({ failure: 'full' });
    next.faults.clear();
    await later();
    expect(after.texts.store.getState().keeping).toBe('ok');
    expect(after.names()).toEqual(['Late. Mine.', 'Other']);
  });
});

it('no sequence of actions in two tabs with a failing storage loses words', async () => {
  const step = fc.record({
    tab: fc.nat(1),
    action: fc.constantFrom(...Object.keys(ACTIONS)),
    fault: fc.option(
      fc.tuple(fc.constantFrom(...CALLS.filter((c) => c !== 'writeLast')), fc.constantFrom(...FAILURES)),
      { nil: null },
    ),
    isAlone: fc.boolean(), // without a lock between the tabs
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const first = await twoTexts();
      const tabs = [first, await tab(new FailingTexts(first.storage))];
      const typed: string[] = [];
      for (const { tab: n, action, fault, isAlone } of steps) {
        const at = tabs[n];
        at.storage.isAlone = isAlone;
        at.storage.faults.clear();
        if (fault) at.storage.faults.set(...fault);
        typed.push(`<${typed.length}>`);
        at.type(typed.at(-1)!);
        await ACTIONS[action](at);
        if (typed.length % 2) await later(400);
      }
      for (const { storage } of tabs) storage.faults.clear();
      await later(20_000);
      for (const { texts } of tabs) await texts.save();
      await later(20_000);
      const words = await wordsOf(await tab(new MemoryTexts(first.storage)));
      const deleted = tabs.flatMap(({ texts }) =>
        texts.store.getState().done.map(({ text }) => plainText(text?.runs ?? [])),
      );
      for (const token of typed) expect(words + deleted.join()).toContain(token);
    }),
    {
      numRuns: 200,
      examples: [
        [
          // The third change comes in the moment when the write of the second one ends.
          [
            { tab: 0, action: 'a new text', fault: ['write', 'blocked'], isAlone: false },
            { tab: 0, action: 'hiding the page', fault: null, isAlone: false },
            { tab: 0, action: 'a text from the list', fault: null, isAlone: false },
          ],
        ],
      ],
    },
  );
});
