import { expect, test } from '@playwright/test';
import * as names from '../names';
import { model, PAGE } from '../playground';
import type { Browser } from './driver';
import type { errors } from './golden';
import { BEGINNING } from './journey';
import { Screen } from './screen';
import { serve } from './server';

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
