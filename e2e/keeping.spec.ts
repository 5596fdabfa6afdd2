import * as names from './names';
import { expect, LONG, test } from './playground';

const MEGABYTES = 5 * 2 ** 20;

test('the text survives a reload, with what was typed and what was sampled', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew('= Tea =\n\nTea is a drink that is made');
  await playground.press(playground.write);
  await page.keyboard.insertText(' And so on.');
  const before = await playground.words();
  const sampled = await playground.text.locator('ins').allInnerTexts();
  await page.reload(); // at once: nothing waits for a timer
  await expect(playground.text).toBeVisible();
  expect(await playground.words()).toBe(before);
  expect(await playground.text.locator('ins').allInnerTexts()).toEqual(sampled);
  await playground.isReady();
  await playground.press(playground.write);
});

test('what is being written survives a reload', async ({ playground, page }) => {
  await playground.open('', LONG);
  await playground.isReady();
  await playground.startNew('Tea is');
  await playground.write.click();
  await expect(page.getByText(/tokens\/s/)).toBeVisible();
  const before = await playground.words();
  await page.reload();
  await expect(playground.text).toBeVisible();
  expect((await playground.words()).startsWith(before)).toBe(true);
});

for (const [name, unit] of [
  ['with spaces', 'tea leaves and water\n'.repeat(8)],
  ['without spaces', 'tealeaves'],
])
  test(`5 MB pasted, ${name}: the page answers, reading can be stopped, nothing is lost`, async ({
    playground,
    page,
  }) => {
    await playground.open();
    await playground.isReady();
    await page.getByRole('button', { name: names.NEW, exact: true }).click();
    const times = Math.ceil(MEGABYTES / unit.length);
    await playground.paste(unit, times);
    await playground.write.click();
    await expect(page.getByRole('progressbar', { name: 'Reading your text' })).toBeVisible();
    await playground.stop.click();
    await playground.isIdle();
    await page.keyboard.press('Control+End');
    await playground.text.focus();
    await page.keyboard.insertText('!');
    await expect.poll(async () => (await playground.kept()).text.length).toBe(unit.length * times + 1);
  });

test('reading a long text says how far it is', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await page.getByRole('button', { name: names.NEW, exact: true }).click();
  await playground.paste('tea leaves and water\n', 20_000);
  await playground.write.click();
  await expect(page.getByText(/[1-9][\d,]* of [\d,]+ tokens/)).toBeVisible();
  await page.keyboard.press('Escape');
  await playground.isIdle();
  await expect(page.getByText('Stopped after 0 tokens.')).toBeAttached();
});

test('a hidden tab goes on writing', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew('Tea is');
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { get: () => true });
    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
    window.requestAnimationFrame = () => 0; // hidden tabs have no frames
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await playground.write.click();
  await expect.poll(async () => (await playground.kept()).sources).toEqual(['typed', 'sampled']);
  await playground.isIdle();
});
