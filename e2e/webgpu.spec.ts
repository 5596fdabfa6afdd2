import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallModel } from '../tests/small-model';
import * as names from './names';
import { expect, LONG, PAGE, test } from './playground';

// The software adapter takes tens of milliseconds per token, so these tests generate few tokens.

test('on WebGPU: generate, stop midway, continue, regenerate, reload', async ({ playground, page }) => {
  // a high temperature, so that two draws of six tokens do not agree by chance
  const sampler = { temperature: 2, topP: 1, minP: 0 };
  await playground.open('&backend=webgpu', { ...LONG, length: 6, sampler });
  await expect(page.getByRole('button', { name: names.RUNS_ON_WEBGPU })).toBeVisible();
  await playground.startNew('Tea is a drink');
  const beginning = await playground.words();
  await playground.press(playground.write);
  const first = await playground.words();
  expect(first.startsWith(beginning)).toBe(true);
  expect(first).not.toBe(beginning);

  await playground.press(playground.regenerate);
  const anew = await playground.words();
  expect(anew.startsWith(beginning)).toBe(true);
  expect(anew).not.toBe(first);

  await page.getByRole('button', { name: names.SETTINGS, exact: true }).click();
  await page.getByRole('spinbutton', { name: names.LENGTH }).fill('4000');
  await playground.write.click();
  await expect.poll(() => playground.words()).not.toBe(anew);
  await playground.stop.click();
  await playground.isIdle();
  const stopped = await playground.words();
  expect(stopped.startsWith(anew)).toBe(true);

  await page.reload();
  await expect(playground.text).toBeVisible();
  expect(await playground.words()).toBe(stopped);
  await expect(page.getByRole('button', { name: names.RUNS_ON_WEBGPU })).toBeVisible();
  await playground.press(playground.oneToken);
});

test('when the device is lost, the text stays and generation resumes', async ({
  playground,
  page,
  browser,
}) => {
  await playground.open('&backend=webgpu', LONG);
  await expect(page.getByRole('button', { name: names.RUNS_ON_WEBGPU })).toBeVisible();
  await playground.startNew('Tea is a drink');
  await playground.write.click();
  await expect(playground.text.locator('ins')).not.toHaveCount(0);
  const before = await playground.words();
  const chromium = await browser.newBrowserCDPSession();
  chromium.send('Browser.crashGpuProcess').catch(() => {});
  await expect(page.getByText('Writing resumes from the last token.').last()).toBeVisible();
  await expect.poll(async () => (await playground.words()).length).toBeGreaterThan(before.length);
  await playground.stop.click();
  await playground.isIdle();
  expect((await playground.words()).startsWith(before)).toBe(true);
  await page.getByRole('button', { name: names.DISMISS }).click();
  await expect(page.getByRole('button', { name: names.DISMISS })).toHaveCount(0);
});

test('the page does not use an emulated GPU, because the CPU is faster', async ({ playground, page }) => {
  await playground.open();
  await page.getByRole('button', { name: names.RUNS_ON_CPU }).click();
  await expect(page.getByRole('dialog', { name: names.DEVICE })).toContainText('emulated in software');
});

test('a lesson learns on WebGPU, and continues on the CPU when the device is lost', async ({
  playground,
  page,
  browser,
}) => {
  const disk = mkdtempSync(join(tmpdir(), 'teach-'));
  for (const [file, content] of Object.entries(smallModel(1))) writeFileSync(join(disk, file), content);
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await playground.open();
  await playground.isReady();
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: names.MODEL }).click();
  await button(names.OPEN_OWN_FOLDER).click();
  await (await choosing).setFiles(disk);
  await expect(page.getByRole('button', { name: names.MODEL })).toHaveAccessibleName(/teach-/);
  rmSync(disk, { recursive: true });
  await button(names.SETTINGS).click();
  await page.getByRole('radio', { name: 'WebGPU' }).click();
  await page.getByRole('button', { name: names.MODEL }).click();
  await button(names.OPEN_TEACH).click();
  const dialog = page.getByRole('dialog', { name: names.TEACH });
  await dialog.getByRole('textbox').first().fill('The tea in the tin and the hen in the inn. '.repeat(100));
  await button(names.ADD_THIS_TEXT).click();
  await expect(dialog.getByRole('status')).toContainText(/\d tokens for/);
  await dialog.getByRole('button', { name: names.TEACH, exact: true }).click();
  const lesson = dialog.getByRole('region', { name: names.LESSON });
  await expect(lesson).toContainText('Runs on WebGPU.');
  await expect(lesson).toContainText(/Segment [1-9]/);
  const chromium = await browser.newBrowserCDPSession();
  chromium.send('Browser.crashGpuProcess').catch(() => {});
  await expect(lesson).toContainText('Runs on CPU. The GPU was lost');
  await expect(dialog.getByRole('region', { name: names.TAUGHT_MODELS })).toContainText(/the loss went from/);
});

test('a translation continues on the CPU when the device is lost', async ({ page, browser }) => {
  const dialog = page.getByRole('dialog', { name: names.TRANSLATE });
  const german = dialog.getByRole('region', { name: 'German' }).getByRole('button').first();
  const source = dialog.getByRole('textbox', { name: names.SOURCE });
  await page.goto(`${PAGE}&backend=webgpu&translate`);
  await source.pressSequentially('I have a ');
  await expect(german).toHaveText(/Ich/);
  const chromium = await browser.newBrowserCDPSession();
  chromium.send('Browser.crashGpuProcess').catch(() => {});
  await source.pressSequentially('small dog. ');
  await expect(dialog.getByRole('alert')).toContainText('Translation starts again.');
  await expect(german).toHaveText(/Hund/);
});
