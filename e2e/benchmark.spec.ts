import { readFile } from 'node:fs/promises';
import * as names from './names';
import { expect, PAGE, test } from './playground';

test('measures the device, and copies a report', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`${PAGE}&benchmark=1024`);
  const dialog = page.getByRole('dialog', { name: names.BENCHMARK });
  await expect(dialog.getByRole('radio', { name: '1,024 tokens' })).toBeChecked();
  await dialog.getByRole('button', { name: names.MEASURE }).click();
  await expect(dialog.getByRole('img', { name: /^Time per token: .* at 64, .* at 1,024/ })).toBeVisible();
  await expect(dialog.getByRole('img', { name: /^Memory: state/ })).toBeVisible();
  await expect(dialog.getByRole('row', { name: 'Memory constant yes' })).toBeVisible();
  await expect(dialog.getByText('GPU (WebGPU) was not measured.')).toBeVisible();
  for (const button of await dialog.getByRole('button', { name: names.SAVE_PICTURE }).all()) {
    const downloading = page.waitForEvent('download');
    await button.click();
    const content = await readFile(await (await downloading).path(), 'utf8');
    expect(content).toMatch(/Tokens per second|Time per token|Bytes/);
    expect(content).toContain('LeaPformer Playground');
  }
  await dialog.getByRole('button', { name: names.COPY_REPORT }).click();
  await expect(dialog.getByText('Copied')).toBeVisible();
  const report = await page.evaluate(() => navigator.clipboard.readText());
  expect(report).toMatch(/slowdown, token 1,024 vs 64 \| \d\.\d{3} \(/);
});

test('opens from the device card, can be cancelled and closed, and keeps the text', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.isReady();
  const before = await playground.words();
  await page.getByRole('button', { name: names.RUNS_ON_CPU }).click();
  await page.getByRole('button', { name: names.BENCHMARK }).click();
  await expect(page).toHaveURL(/[?&]benchmark/);
  await page.getByRole('button', { name: names.MEASURE, exact: true }).click();
  // The number of tokens that it reads depends on the load of the machine.
  await expect(page.getByRole('progressbar', { name: /^Reading/ })).toBeVisible();
  await page.getByRole('button', { name: names.CANCEL }).click();
  await expect(page.getByRole('button', { name: names.MEASURE, exact: true })).toBeVisible();
  await expect.poll(() => page.workers().length).toBe(1); // the worker of the text
  await page.goBack();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await playground.press(playground.oneToken);
  expect((await playground.words()).startsWith(before)).toBe(true);
});
