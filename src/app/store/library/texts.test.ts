import { describe, expect, it } from 'vitest';
import { typedText } from '../document/text-value';
import { settle } from '../testing';
import { MemoryTexts } from './memory-texts';
import { tab } from './test-tab';

describe('texts', () => {
  it('are saved from their first change on, and listed again', async () => {
    const first = await tab();
    expect(first.text()).toBe('Example.');
    await first.texts.add();
    expect(first.names()).toEqual([]);
    first.write('= Tea =\n\nA drink.');
    await first.texts.add();
    first.write('Coffee is');
    await first.texts.open(first.idOf('Tea'));
    expect(first.names()).toEqual(['Coffee is', 'Tea']);
    expect(first.text()).toBe('= Tea =\n\nA drink.');
    first.storage.keepOnly(new Set()); // the tab is closed
    const later = await tab(first.storage);
    expect(later.text()).toBe('= Tea =\n\nA drink.');
  });

  it('are kept aside without a change to the shown text', async () => {
    const { texts, text, names } = await tab();
    await texts.keepAside(typedText('Another tab wrote this.'));
    expect(text()).toBe('Example.');
    expect(names()).toEqual(['Another tab wrote this.']);
    await texts.open(texts.store.getState().entries[0].id);
    expect(text()).toBe('Another tab wrote this.');
  });

  it('are saved by a page that closes before the storage answers', async () => {
    const { texts, playground, storage } = await tab();
    storage.write = () => new Promise(() => {});
    playground.edit({ from: 0, to: 0, insert: 'Just now. ' });
    texts.leave();
    const later = await tab(new MemoryTexts(storage));
    expect(later.text()).toBe('Just now. Example.');
  });

  it('have separate undo histories', async () => {
    const { texts, playground, write, text } = await tab();
    write('One');
    const one = texts.store.getState().current.id;
    await texts.add();
    write('Two');
    playground.undo();
    expect(text()).toBe('');
    playground.undo();
    expect(text()).toBe('');
    await texts.open(one);
    playground.undo();
    expect(text()).toBe('Example.');
  });

  it('are renamed, deleted, and restored', async () => {
    const { texts, write, text, names } = await tab();
    write('One');
    const { id } = texts.store.getState().current;
    await texts.rename(id, ' First ');
    await texts.add();
    write('Two');
    await texts.refresh();
    expect(names()).toEqual(['Two', 'First']);
    await texts.remove(texts.store.getState().current.id);
    expect(text()).toBe('One');
    expect(names()).toEqual(['First']);
    await texts.remove(id);
    expect([text(), names()]).toEqual(['', []]);
    await texts.undo();
    expect([text(), names()]).toEqual(['One', ['First']]);
    await texts.rename(id, '');
    expect(names()).toEqual(['One']);
    for (const expected of [['First'], ['First', 'Two'], ['One', 'Two']]) {
      await texts.undo();
      expect(names().sort()).toEqual(expected);
    }
    await texts.undo(); // has no effect
    expect(names().sort()).toEqual(['One', 'Two']);
    for (const expected of [['First', 'Two'], ['First'], ['One']]) {
      await texts.redo();
      expect(names().sort()).toEqual(expected);
    }
    await texts.undo();
    expect(names()).toEqual(['First']);
    await texts.redo();
    await texts.undo();
    await texts.rename(id, 'Another');
    await texts.redo(); // a new change clears the redo history
    expect(names()).toEqual(['Another']);
  });

  it('keep everything that is typed while another text is loading', async () => {
    const { texts, playground, storage, write, text } = await tab();
    const type = (words: string) => playground.edit({ from: 0, to: 0, insert: words });
    write('One');
    const one = texts.store.getState().current.id;
    const adding = texts.add();
    type('Two'); // keys do not wait for the storage
    expect(text()).toBe('Two');
    await adding;
    const two = texts.store.getState().current.id;
    const opening = texts.open(one);
    type('Not ');
    await opening;
    expect(text()).toBe('One');
    expect(await storage.read(two)).toMatchObject({ value: { text: typedText('Not Two') } });
    const removing = texts.remove(one);
    type('Not ');
    await removing;
    expect(text()).toBe('Not Two');
    await texts.undo();
    expect(text()).toBe('Not One');
  });

  it('are written by one tab at a time: the later tab gets a copy', async () => {
    const first = await tab();
    first.write('Shared');
    await settle();
    const second = await tab(new MemoryTexts(first.storage));
    expect(second.text()).toBe('Shared');
    expect(second.playground.store.getState().notice).toMatch(/open in another tab/);
    second.write('Mine');
    first.write('Theirs');
    await first.texts.refresh();
    expect(first.names().sort()).toEqual(['Shared (copy)', 'Theirs']);
    const copy = second.texts.store.getState().current.id;
    await first.texts.remove(copy);
    await first.texts.rename(copy, 'X');
    expect(first.names()).toContain('Shared (copy)');
    expect(first.playground.store.getState().notice).toMatch(/open in another tab/);
    expect(await first.storage.read(copy)).toMatchObject({ value: { text: typedText('Mine') } });
  });
});
