import * as names from './names';
import { expect, LONG, test } from './playground';

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
