import { expect, test } from '@playwright/test';
import type { IndexEntry } from '../../src/model/runtime/model-index';
import * as names from '../names';
import { MODELS, model, PAGE } from '../playground';
import type { Browser, Tab } from './driver';
import { Screen } from './screen';
import { serve } from './server';

export const BEGINNING = 'Tea is a drink that is made';
/** Messages of browsers about a file that did not load. */
const NETWORK =
  /Failed to load|Failed to fetch|Load failed|NetworkError|ERR_|dynamically imported module|Importing a module/;

/** A user's journey through the playground, from the first visit, in any browser. */
export async function journey(browser: Browser): Promise<void> {
  const site = await serve();
  const mine = await browser.newProfile();
  const tabs: Tab[] = [];
  const newTab = async (profile = mine) => {
    const tab = await profile.newTab();
    tabs.push(tab);
    return new Screen(tab);
  };
  const close = async ({ tab }: Screen) => {
    expect(await tab.errors()).toEqual([]);
    tabs.splice(tabs.indexOf(tab), 1);
    await tab.close();
  };
  /** A step fails on any error in the console that does not match `provoked`. */
  const step = (name: string, body: () => Promise<void>, provoked?: RegExp) =>
    test.step(name, async () => {
      await body();
      const errors = (await Promise.all(tabs.map((tab) => tab.errors()))).flat();
      expect(errors.filter((error) => !provoked?.test(error))).toEqual([]);
    });

  const address = new URL(PAGE, site.address).href;
  const page = await newTab();
  let text = '';
  let link = '';

  await step('open: the page shows a text, and the model loads', async () => {
    await page.tab.open(address);
    await expect.poll(() => page.words()).not.toBe('');
    await page.isReady();
    await page.find('button', names.RUNS_ON_CPU);
  });

  await step('write', async () => {
    await page.startNew(BEGINNING);
    await page.set(names.SEED, 7);
    await page.set(names.LENGTH, 24);
    text = await page.write();
    expect(text.startsWith(BEGINNING)).toBe(true);
    expect(await page.sampled()).not.toBe('');
  });

  await step('stop', async () => {
    await page.press(names.NEXT_ARTICLE, { role: 'radio' });
    await page.set(names.LENGTH, 4000);
    await page.set(names.SPEED, 20);
    await page.press(names.WRITE);
    await expect.poll(() => page.words()).not.toBe(text);
    await page.press(names.STOP);
    await page.isIdle();
    await page.says(names.STOPPED);
    const stopped = await page.words();
    expect(stopped.startsWith(text)).toBe(true);
    await page.set(names.LENGTH, 6);
    await page.set(names.SPEED, 0);
    expect(await page.words(), 'it continues after Stop').toBe(stopped);
    text = stopped;
  });

  await step('one token, undo, redo', async () => {
    const longer = await page.writeToken();
    expect(longer.startsWith(text)).toBe(true);
    await page.press(names.UNDO);
    await page.shows(text);
    await page.press(names.REDO);
    await page.shows(longer);
    text = longer;
  });

  await step('edit in the middle, continue, undo both', async () => {
    const sampled = await page.sampled();
    await page.intoText();
    await page.key('Control+Home');
    for (const _ of 'Tea') await page.key('ArrowRight');
    await page.type(' leaf');
    const edited = text.replace('Tea', 'Tea leaf');
    await page.shows(edited);
    expect(await page.sampled()).toBe(sampled);
    expect((await page.write()).startsWith(edited)).toBe(true);
    await page.press(names.UNDO);
    await page.shows(edited);
    await page.press(names.UNDO);
    await page.shows(text);
  });

  await step('translate while typing, edit the middle, change k, share and verify', async () => {
    await page.press(names.PAGES);
    await page.press(/^Translate/);
    const germanOn = async (screen: Screen) =>
      (await screen.seen('region', 'German'))[0]?.text.replace(/\s+/g, ' ') ?? '';
    const german = () => germanOn(page);
    const rows = async () => (await page.seen('row')).map((row) => row.text).join(' ');
    await page.fill('textbox', names.SOURCE, 'I have a dog. ');
    await page.says('Average lagging');
    const before = await german();
    await page.press(names.SOURCE, { role: 'textbox' });
    await page.key('Home');
    for (const _ of 'I have a') await page.key('ArrowRight');
    await page.type(' small');
    await expect.poll(rows).toContain('small');
    await expect.poll(german).not.toBe(before);
    await page.press(names.WAIT_FOR, { role: 'slider' });
    await page.key('Home');
    await page.says('k = 1 word');
    await page.press(names.SHARE, { within: { role: 'dialog', name: names.TRANSLATE } });
    const shared = (await page.find('textbox', names.LINK)).value;
    const translation = await german();

    const theirs = await browser.newProfile();
    const friend = await newTab(theirs);
    await friend.tab.open(shared);
    await expect.poll(() => germanOn(friend)).toBe(translation);
    await friend.press(names.VERIFY_TRANSLATION);
    await friend.says(/Verified: .* writes both translations/);
    await close(friend);
    await theirs.close();
    await page.key('Escape');
    await page.isGone('dialog', names.TRANSLATE);
    await page.shows(text);
  });

  await step('open a token, choose an alternative, undo', async () => {
    const panel = { role: 'region', name: names.TOKEN };
    await page.openPanel(names.TOKEN);
    for (let n = 0; n < 4; n++) await page.press(names.PREVIOUS_TOKEN);
    await expect
      .poll(async () => (await page.find('region', names.TOKEN)).text)
      .toContain('written by the model');
    await expect.poll(async () => (await page.seen('listitem', undefined, panel)).length).toBe(10);
    const alternatives = await page.seen('button', /%/, panel);
    expect(alternatives).toHaveLength(10);
    const nth = alternatives.findIndex(({ isCurrent }) => !isCurrent);
    await page.press(/%/, { within: panel, nth });
    await expect.poll(() => page.words()).not.toBe(text);
    await page.isIdle();
    await page.press(names.UNDO);
    await page.shows(text);
    await page.press(names.closing(names.TOKEN));
  });

  await step('compare, and keep one', async () => {
    const sheet = { role: 'dialog', name: names.COMPARE };
    await page.key('Control+j');
    await page.press(names.GENERATE_ALL, { within: sheet });
    await page.find('button', names.GENERATE_AGAIN);
    const { text: continuation } = await page.find('region', names.continuationText(2));
    await page.press(names.keeping(2), { within: sheet });
    await page.isGone('dialog', names.COMPARE);
    const kept = await page.words();
    expect(kept.startsWith(text)).toBe(true);
    expect(kept.length).toBeGreaterThan(text.length);
    expect(kept).toContain(continuation.replaceAll('=', '').replace(/\s+/g, ' ').trim());
    text = kept;
  });

  await step('share', async () => {
    await page.press(names.SHARE);
    await expect.poll(async () => (await page.find('textbox', names.LINK)).value).toContain('#');
    link = (await page.find('textbox', names.LINK)).value;
    await page.key('Escape');
    await page.isGone('textbox', names.LINK);
  });

  await step('open the link in a fresh profile, and verify the text there', async () => {
    const sampled = await page.sampled();
    const theirs = await browser.newProfile();
    const friend = await newTab(theirs);
    await friend.tab.open(link);
    await friend.shows(text);
    expect(await friend.sampled()).toBe(sampled);
    await friend.isReady();
    await friend.press(names.VERIFY, { within: { role: 'complementary', name: names.ABOUT_TEXT } });
    await expect
      .poll(async () => (await friend.find('complementary', names.VERIFICATION)).text)
      .toMatch(names.VERIFIED);
    await close(friend);
    await theirs.close();
  });

  await step('the lens, in all its views', async () => {
    const view = (name: string) => page.press(name, { within: { role: 'group', name: names.LENS_VIEWS } });
    await page.openPanel(names.LENS);
    await page.find('table', names.LARGEST_SHARES);
    await view(names.MATRIX);
    await page.find('img', names.MATRIX_PICTURE);
    await view(names.PROPORTIONS);
    await page.find('row', names.SIMILARITY_ALONE);
    await view(names.ALL_HEADS);
    await page.find('table', names.HEADS_IN_NUMBERS);
    await page.press(names.OFF, { role: 'radio' });
    await page.says(names.PERPLEXITY);
    await page.press(names.LEARNED, { role: 'radio' });
    await view(names.LENS_WORDS);
    await page.find('table', names.LARGEST_SHARES);
    await page.press(names.closing(names.LENS));
    await page.shows(text);
  });

  await step('another model, and back', async () => {
    const choose = async ({ id, name, summary, older }: IndexEntry) => {
      const entry = new RegExp(`^${name} .*: ${summary}$`);
      // The card moves while it opens, and a click beside it closes it.
      await expect(async () => {
        if (!(await page.seen('dialog', names.MODEL)).length) {
          await page.press(names.MODEL);
          if (older) await page.press(names.OLDER_MODELS);
        }
        await page.press(entry, { within: { role: 'dialog' } });
        const search = () => page.tab.evaluate<string>('location.search');
        await expect.poll(search, { timeout: 5000 }).toContain(`model=${id}`);
      }).toPass();
      await page.hasModel(name);
      await page.key('Escape');
      await page.isGone('dialog', names.MODEL);
    };
    await choose(MODELS.at(-1)!);
    expect((await page.writeToken()).startsWith(text)).toBe(true);
    await page.press(names.UNDO);
    await page.shows(text);
    await choose(MODELS.find(({ id }) => id === model.manifest.id)!);
  });

  await step('a dropped model opens, also after a reload if the browser keeps it, and back', async () => {
    await page.dropModel(browser.keepsModels);
    if (browser.keepsModels) {
      await page.tab.reload();
      await page.hasModel(MODELS.at(-1)!.name);
    }
    expect((await page.writeToken()).startsWith(text)).toBe(true);
    await page.press(names.UNDO);
    await page.shows(text);
    await page.tab.open(address);
    await page.isReady();
    await page.shows(text);
  });

  await step('settings and text survive a reload', async () => {
    await page.set(names.TEMPERATURE, 0.3);
    const sampled = await page.sampled();
    await page.tab.reload();
    await page.shows(text);
    expect(await page.sampled()).toBe(sampled);
    await page.isReady();
    await page.openPanel(names.SETTINGS);
    await page.holds(names.TEMPERATURE, 0.3);
    await page.press(names.closing(names.SETTINGS));
  });

  await step('two tabs: the second has a copy', async () => {
    const second = await newTab();
    await second.tab.open(address);
    await second.shows(text);
    await second.says(names.OPEN_ELSEWHERE);
    await second.intoText();
    await second.key('Control+End');
    await second.type(' Theirs.');
    await second.shows(`${text} Theirs.`);
    await second.tab.reload();
    await second.shows(`${text} Theirs.`);
    await close(second);
    await page.shows(text);
    await page.tab.reload();
    await page.shows(text);
    await page.isReady();
  });

  await step(
    'offline: the page stays, and the model still writes',
    async () => {
      await site.stop();
      await page.intoText();
      await page.key('Control+End');
      await page.type(' Offline');
      await page.shows(`${text} Offline`);
      const written = await page.write();
      expect(written.startsWith(`${text} Offline`)).toBe(true);
      await page.press(names.SHARE); // a part that may not have loaded yet
      const link = () => page.seen('textbox', names.LINK);
      const apology = () => page.seen('alert');
      await expect.poll(async () => (await link()).length + (await apology()).length).toBe(1);
      await page.key('Escape');
      await page.shows(written);
      await page.write();
      await page.press(names.UNDO);
      await page.shows(written);
    },
    NETWORK,
  );
  await mine.close();
}
