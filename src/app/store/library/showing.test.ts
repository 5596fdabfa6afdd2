import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { plainText } from '../../../model/text/text';
import { FailingTexts, later, tab, twoTexts, WAYS, wordsOf } from './test-tab';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('a text that a closed page saved outside the storage', () => {
  it('does not reappear once a later version is stored', async () => {
    const { storage, texts, type, text } = await twoTexts();
    storage.faults.set('write', 'full');
    type('Early. ');
    texts.leave(); // a hidden page
    storage.faults.clear();
    type('Late. ');
    await later();
    expect(texts.store.getState().keeping).toBe('ok');
    expect(storage.left()).toEqual([]);
    const after = await tab(storage.reloaded());
    expect(after.text()).toBe(text());
  });

  it('does not hide a later write of the same page', async () => {
    const { storage, texts, type, text } = await twoTexts();
    type('Early. ');
    texts.leave();
    const left = storage.left();
    type('Late. ');
    await later();
    for (const { item, base } of left) storage.writeLast(item, base); // as a killed page leaves them
    const next = new FailingTexts(storage.reloaded());
    next.faults.set('write', 'full');
    const after = await tab(next);
    expect(after.text()).toBe(text());
    expect(next.left()).toEqual([]);
  });

  it('is in the list of a tab that stays open', async () => {
    const staying = await twoTexts();
    const going = await tab(new FailingTexts(staying.storage));
    going.storage.faults.set('write', 'full');
    going.type('Theirs. ');
    await later(); // a copy, because the other tab has the text open
    going.texts.leave();
    await staying.texts.refresh();
    await later();
    expect(await wordsOf(staying)).toContain('Theirs. Mine.');
  });
});

describe('showing another text', () => {
  it.each(Object.keys(WAYS).flatMap((way) => ['typed just now', 'written'].map((when) => [way, when])))(
    '%s: the previous text, %s, is there after a reload',
    async (way, when) => {
      const opened = await twoTexts();
      opened.type('Unique. ');
      if (when === 'written') await later();
      await WAYS[way](opened);
      opened.texts.leave();
      const after = await tab(opened.storage.reloaded());
      expect(await wordsOf(after)).toContain('Unique. Mine.');
    },
  );

  it.each(['a reload', ...Object.keys(WAYS)])('%s keeps an undone text as a branch', async (way) => {
    const opened = await twoTexts();
    opened.type('Undone. ');
    opened.playground.undo();
    await WAYS[way]?.(opened);
    opened.texts.leave();
    const after = await tab(opened.storage.reloaded());
    await after.texts.open(after.idOf('Mine.'));
    const { branches } = after.playground.text;
    expect(branches.map(({ runs }) => plainText(runs))).toEqual(['Undone. Mine.']);
  });

  it('stores a text from a link or a file at once, and an example after its first change', async () => {
    const opened = await twoTexts();
    for (const way of [
      'a link',
      'a plain text file',
      'a shared file',
      'a file of texts',
      'an example',
      'a beginning',
    ])
      await WAYS[way](opened);
    opened.texts.leave();
    const after = await tab(opened.storage.reloaded());
    expect(after.names().length).toBe(6);
    for (const words of ['Linked.', 'Plain.', 'Sent.', 'Imported.', 'Mine.', 'Other'])
      expect(await wordsOf(after)).toContain(words);
  });
});
