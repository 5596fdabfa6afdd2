import { expect, test } from '@playwright/test';
import * as names from '../names';
import { model, PAGE } from '../playground';
import type { Browser } from './driver';
import type { errors } from './golden';
import { BEGINNING } from './journey';
import { Screen } from './screen';
import { serve } from './server';

const LESSON = 'The tea in the tin and the hen in the inn. '.repeat(80); // fewer than 2,000 tokens

/** In a private window, which denies the file system in which the page keeps the models of the user. */
export async function privateInShort(browser: Browser): Promise<void> {
  const site = await serve();
  const profile = await browser.newProfile();
  const page = new Screen(await profile.newTab());
  await page.tab.open(new URL(PAGE, site.address).href);
  await page.isReady();
  const name = await page.dropModel(browser.keepsModels);
  await page.startNew(BEGINNING);
  await page.writeToken();
  await page.press(names.MODEL);
  await page.press(names.STORAGE);
  await page.says(`This browser does not keep ${name}, so the next visit loads it again.`);
  expect(await page.tab.errors()).toEqual([]);
  await profile.close();
  await site.stop();
}

/** Teaches the model a short text, writes with it, and takes its adapter out of the browser and back. */
export async function teachInShort(browser: Browser): Promise<void> {
  const site = await serve();
  const profile = await browser.newProfile();
  const page = new Screen(await profile.newTab());
  const taught = { role: 'region', name: names.TAUGHT_MODELS };
  const open = async () => {
    await page.press(names.PAGES);
    await page.press(/^Teach/);
    await page.find('dialog', names.TEACH);
  };
  await page.tab.open(new URL(PAGE, site.address).href);
  await page.isReady();
  await page.startNew(BEGINNING);

  await test.step('a lesson shows its curve, and survives a reload', async () => {
    await open();
    await page.tab.evaluate(`inPage.dropText('tea.txt', ${JSON.stringify(LESSON)})`);
    await page.says(/\d tokens for .* take about/);
    await page.press(names.TEACH);
    const lesson = async () => (await page.seen('region', names.LESSON))[0]?.text ?? '';
    await expect.poll(lesson).toMatch(/Segment [1-9]/);
    await page.find('img', /^Loss: base/);
    if (browser.keepsModels) {
      await page.says(/After \d+ segments/);
      await page.tab.reload();
      await page.says('was interrupted');
      await page.press(names.CONTINUE);
    } else await page.says('a reload loses the lesson');
    await page.find('region', names.TAUGHT_MODELS);
    await page.says('too few to measure a gain');
  });

  await test.step('it writes, and compares with its base', async () => {
    await page.press(names.COMPARE_WITH_BASE, { within: taught });
    await page.press(names.GENERATE_ALL, { within: { role: 'dialog', name: names.COMPARE } });
    await page.find('button', names.GENERATE_AGAIN);
    await page.find('heading', /the base$/);
    await page.key('Escape');
    await page.hasModel('tea');
    expect((await page.writeToken()).startsWith(BEGINNING)).toBe(true);
  });

  await test.step('export, forget, import', async () => {
    await open();
    await page.press(names.EXPORT_ADAPTER, { within: taught });
    await page.press(names.SAVE_FILE, { within: taught });
    await page.press(names.DELETE, { within: taught });
    await page.press(names.DELETE_IT, { within: taught });
    await page.isGone('region', names.TAUGHT_MODELS);
    await page.press('Close');
    await page.tab.evaluate('inPage.dropSaved()');
    await page.says(`is open: an adapter of ${model.manifest.name}`);
    expect((await page.writeToken()).startsWith(BEGINNING)).toBe(true);
  });
  expect(await page.tab.errors()).toEqual([]);
  await profile.close();
  await site.stop();
}

/** Checks WebGPU against golden vectors, then runs as much of the journey as a software adapter does in a minute. */
export async function webgpuInShort(browser: Browser): Promise<void> {
  const site = await serve();
  const profile = await browser.newProfile();
  const page = new Screen(await profile.newTab());
  await page.tab.open(`${site.address}weights/index.json`);
  const why = await page.tab.evaluate<string>(
    "navigator.gpu.requestAdapter().then(() => '', (error) => error.message)",
  );
  test.skip(why.includes('not yet available'), why); // releases of Firefox before 141

  await test.step('log-probabilities match the golden vectors', async () => {
    const { logProbabilities, logits } = await page.tab.evaluate<Awaited<ReturnType<typeof errors>>>(
      `import('/golden.js').then(({ errors }) => errors('/weights/${model.manifest.id}'))`,
    );
    expect(logProbabilities).toBeLessThan(1e-4);
    expect(logits).toBeLessThan(1e-4);
  });

  let text = '';
  await test.step('write', async () => {
    await page.tab.open(new URL(`${PAGE}&backend=webgpu`, site.address).href);
    await page.isReady();
    await page.find('button', names.RUNS_ON_WEBGPU);
    await page.startNew(BEGINNING);
    await page.press(names.SETTINGS);
    await page.press(names.NEXT_ARTICLE, { role: 'radio' });
    await page.set(names.LENGTH, 20);
    text = await page.write();
    expect(text.startsWith(BEGINNING)).toBe(true);
    await page.find('button', names.RUNS_ON_WEBGPU); // it has not fallen back
  });

  await test.step('verify', async () => {
    await page.press(names.SHARE);
    await page.find('textbox', names.LINK);
    await page.press(names.VERIFY_TEXT);
    await expect
      .poll(async () => (await page.find('complementary', names.VERIFICATION)).text)
      .toContain('Verified: all 20 generated tokens');
  });

  await test.step('the lens', async () => {
    await page.openPanel(names.LENS);
    await page.find('table', names.LARGEST_SHARES);
    await page.shows(text);
  });
  expect(await page.tab.errors()).toEqual([]);
  await profile.close();
  await site.stop();
}
