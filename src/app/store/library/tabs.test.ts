import { describe, expect, it } from 'vitest';
import { typedText } from '../document/text-value';
import { settle } from '../testing';
import { MemoryTexts } from './memory-texts';
import { tab } from './test-tab';

/** Without locks: each tab may open what another has open. */
class Unlocked extends MemoryTexts {
  override claim = async () => true;
  override isFree = async () => true;
}

/** Claims of a text stay pending until `decide`. */
class Undecided extends MemoryTexts {
  decide: (isOurs: boolean) => void = () => {};
  private readonly decided = new Promise<boolean>((resolve) => {
    this.decide = resolve;
  });
  override claim = () => this.decided;
}

/** Counts requests for persistent storage. */
class Asked extends MemoryTexts {
  count = 0;
  override persist = async () => ++this.count > 0;
}

const said = async (storage: MemoryTexts) => {
  const listed = await storage.list();
  const items = await Promise.all((listed.ok ? listed.value : []).map(({ id }) => storage.read(id)));
  return items.map((item) => (item.ok ? item.value?.text.runs[0].text : null)).sort();
};

describe('two tabs without locks', () => {
  it('never overwrite each other: the later one continues as a copy', async () => {
    const first = await tab(new Unlocked());
    await first.write('Both');
    const second = await tab(new Unlocked(first.storage));
    expect(second.text()).toBe('Both');
    await first.write('Mine');
    await second.write('Theirs');
    await second.write('Theirs, longer');
    await settle();
    expect(await said(first.storage)).toEqual(['Mine', 'Theirs, longer']);
    expect(second.notice()).toMatch(/Another tab changed this text/);
    await first.write('Mine, longer');
    expect(await said(first.storage)).toEqual(['Mine, longer', 'Theirs, longer']);
  });

  it('do not delete a text that the other has changed since', async () => {
    const first = await tab(new Unlocked());
    await first.write('Kept');
    await first.texts.add();
    await first.texts.refresh();
    const second = await tab(new Unlocked(first.storage));
    expect(second.text()).toBe('Kept');
    const removing = first.texts.remove(second.current().id);
    await second.write('Kept, longer');
    await removing;
    await second.write('Kept, much longer');
    await settle();
    expect(await said(first.storage)).toContain('Kept, much longer');
  });

  it('show the version that the other stored when a text is opened again', async () => {
    const first = await tab(new Unlocked());
    await first.write('Both');
    await first.texts.add();
    const second = await tab(new Unlocked(first.storage));
    await second.write('Changed there');
    await first.texts.open(second.current().id);
    expect(first.text()).toBe('Changed there');
  });
});

describe('a text of the list', () => {
  it('that was deleted gets a notice, and the shown text stays claimed by this tab', async () => {
    const first = await tab();
    await first.write('Gone');
    await first.texts.add();
    await first.write('Shown');
    const second = await tab(new MemoryTexts(first.storage));
    await second.texts.open(second.idOf('Gone'));
    await second.texts.refresh();
    await second.texts.add();
    await second.write('Theirs');
    await first.texts.refresh();
    const gone = first.idOf('Gone');
    await second.texts.remove(gone);
    await first.texts.open(gone);
    expect(first.notice()).toMatch(/deleted in another tab/);
    expect(first.text()).toBe('Shown');
    expect(first.names().sort()).toEqual(['Shown', 'Theirs']);
    expect(await second.storage.isFree(first.current().id)).toBe(false);
  });

  it('that was requested last is shown', async () => {
    const { texts, write, text, idOf } = await tab();
    for (const words of ['One', 'Two', 'Three']) {
      await texts.add();
      await write(words);
    }
    await Promise.all([texts.open(idOf('One')), texts.open(idOf('Two'))]);
    expect(text()).toBe('Two');
    const opening = texts.open(idOf('One'));
    await Promise.all([opening, texts.add(typedText('New'))]);
    expect(text()).toBe('New');
  });
});

describe('a tab whose claim is pending', () => {
  it.each([true, false])('shows the text at once; the claim succeeds: %s', async (isOurs) => {
    const first = await tab();
    await first.write('Shown');
    const storage = new Undecided(first.storage);
    const second = await tab(storage);
    expect(second.text()).toBe('Shown');
    second.type('At once. ');
    void second.texts.save();
    await settle();
    expect(await said(storage)).toEqual(['Shown']);
    storage.decide(isOurs);
    await settle();
    expect(await said(storage)).toEqual(isOurs ? ['At once. Shown'] : ['At once. Shown', 'Shown']);
  });
});

it('the example of a first visit keeps its new name, and the list of changes has its title', async () => {
  const { texts, current, storage } = await tab();
  await texts.rename(current().id, 'My name');
  expect(texts.store.getState().done[0].entry.title).toBe('Example.');
  const after = await tab(storage.reloaded());
  expect(after.names()).toEqual(['My name']);
  expect(after.text()).toBe('Example.');
});

it('requests persistent storage once, after the first saved change', async () => {
  const { texts, playground, type, storage } = await tab(new Asked());
  await texts.add(typedText('By a link'), 'at once');
  await texts.add(typedText('An example'));
  expect([storage.count, texts.store.getState().isPersistent]).toEqual([0, null]);
  for (const words of ['One ', 'Two ']) {
    type(words);
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  expect([storage.count, texts.store.getState().isPersistent]).toEqual([1, true]);
  expect(playground.store.getState().notice).toBeNull();
});
