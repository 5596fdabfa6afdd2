import * as names from './names';
import { expect, LONG, test } from './playground';

test.use({ viewport: { width: 1000, height: 500 } });

test('the page follows the generated text until the reader scrolls away', async ({ playground, page }) => {
  await playground.open('', LONG);
  await playground.isReady();
  const main = page.getByRole('main');
  const distance = () => main.evaluate((e) => [e.scrollTop, e.scrollHeight - e.scrollTop - e.clientHeight]);
  const below = page.getByRole('button', { name: names.JUMP_TO_NEWEST });

  await playground.write.click();
  const height = await main.evaluate((e) => e.scrollHeight);
  await expect.poll(() => main.evaluate((e) => e.scrollHeight)).toBeGreaterThan(height + 50);
  expect((await distance())[1]).toBeLessThan(64);

  await main.hover();
  await expect(async () => {
    await page.mouse.wheel(0, -5000); // scrolling is smooth, and the editor may interrupt it
    expect((await distance())[0]).toBe(0);
  }).toPass();
  await expect(below).toBeVisible();
  const words = await playground.words();
  await expect.poll(() => playground.words()).not.toBe(words);
  expect((await distance())[0]).toBe(0);

  await below.click();
  await expect(below).toHaveCount(0);
  await expect.poll(async () => (await distance())[1]).toBeLessThan(64);
  await playground.stop.click();
  await playground.isIdle();
});

test('generating does not move the focus', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew('Tea is a drink that is made');
  await playground.title.focus();
  await page.keyboard.press('Control+Enter');
  await expect(playground.text.locator('ins')).not.toHaveCount(0);
  await playground.isIdle();
  await expect(playground.title).toBeFocused();
});

test('the heading at the cursor shows its marks, and an article ends with an ornament', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.startNew('= Tea =\n\nA drink.\n\n= = History = =\n\nOld.\n\f= Coffee =\n\nAnother');
  await expect(playground.text).not.toContainText('=');
  await expect(playground.text.getByRole('img', { name: names.END_OF_ARTICLE })).toBeVisible();
  await page.getByText('History', { exact: true }).click();
  await expect(playground.text).toContainText('= = History = =');
  await expect(playground.text).not.toContainText('= Tea =');
});
