import * as names from './names';
import { expect, test } from './playground';

test('measures the device, and gives a report to copy', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('./?benchmark=1024');
  const dialog = page.getByRole('dialog', { name: names.BENCHMARK });
  await expect(dialog.getByRole('radio', { name: '1,024 tokens' })).toBeChecked();
  await dialog.getByRole('button', { name: names.MEASURE }).click();
  await expect(dialog.getByRole('img', { name: /^Time for a token: .* at 64, .* at 1,024/ })).toBeVisible();
  await expect(dialog.getByRole('img', { name: /^Memory: the state/ })).toBeVisible();
  await expect(dialog.getByRole('row', { name: 'The same bytes everywhere yes' })).toBeVisible();
  await expect(dialog.getByText('Graphics processor (WebGPU) was not measured.')).toBeVisible();
  await dialog.getByRole('button', { name: names.COPY_REPORT }).click();
  await expect(dialog.getByText('Copied')).toBeVisible();
  const report = await page.evaluate(() => navigator.clipboard.readText());
  expect(report).toMatch(/time at 1,024 over time at 64 \| \d\.\d{3} \(/);
});

test('is reached from the device, cancelled, and closed; the text stays', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  const before = await playground.words();
  await page.getByRole('button', { name: names.RUNS_ON_CPU }).click();
  await page.getByRole('button', { name: names.BENCHMARK }).click();
  await expect(page).toHaveURL(/\?benchmark/);
  await page.getByRole('button', { name: names.MEASURE, exact: true }).click();
  // How far it reads depends on how busy the machine is.
  await expect(page.getByRole('progressbar', { name: /^Reading/ })).toBeVisible();
  await page.getByRole('button', { name: names.CANCEL }).click();
  await expect(page.getByRole('button', { name: names.MEASURE, exact: true })).toBeVisible();
  await expect.poll(() => page.workers().length).toBe(1); // the text's
  await page.goBack();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await playground.press(playground.oneToken);
  expect((await playground.words()).startsWith(before)).toBe(true);
});
