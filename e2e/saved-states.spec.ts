import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { findsNothing } from './axe';
import * as names from './names';
import { expect, PAGE, PlaygroundPage, test } from './playground';

/** Runs the command in the palette, and returns the file. */
async function saveState(page: Page): Promise<{ name: string; bytes: Buffer }> {
  const downloading = page.waitForEvent('download');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: names.COMMAND_FIELD }).fill('save memory');
  await page.keyboard.press('Enter');
  const download = await downloading;
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  const data = await page.evaluateHandle(
    async ({ name, base64 }) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0));
      transfer.items.add(new File([bytes], name));
      return transfer;
    },
    { name, base64: bytes.toString('base64') },
  );
  await page.getByRole('main').dispatchEvent('drop', { dataTransfer: data });
}

async function verify(page: Page): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: names.COMMAND_FIELD }).fill(names.VERIFY_TEXT);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: names.VERIFICATION })).toContainText(names.VERIFIED);
}

const continues = (page: Page) => page.getByText(/^Continues from a saved state/);

test('a saved state goes on in another browser, survives a reload, verifies, and is named by a link', async ({
  playground,
  page,
  browser,
}) => {
  await playground.open('', { atArticleEnd: 'continue' });
  await playground.isReady();
  await playground.startNew('= Tea =\n\nTea is a drink that is made');
  await playground.press(playground.write);
  await playground.openPanel(names.TOKEN);
  await page.keyboard.press('Alt+ArrowLeft');
  const downloading = page.waitForEvent('download');
  await page.getByRole('tabpanel').getByRole('button', { name: names.SAVE_STATE }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^Tea \d+ tokens\.leapformer\.state$/);
  const bytes = await readFile(await download.path());
  expect(bytes.length).toBeLessThan(3e6);
  await expect(page.getByText('Keep the file like the text').first()).toBeVisible();
  await findsNothing(page);

  const elsewhere = new PlaygroundPage(await browser.newPage());
  const other = elsewhere.page;
  await other.setViewportSize({ width: 360, height: 740 });
  await elsewhere.open('', { atArticleEnd: 'continue' });
  await drop(other, download.suggestedFilename(), bytes.subarray(0, 5000));
  await expect(other.getByText(/did not open\. .* Use the file of a saved state, unchanged\./)).toBeVisible();
  await drop(other, download.suggestedFilename(), bytes);
  await expect(continues(other)).toContainText('made on');
  await expect(continues(other)).toContainText('Its text is not in the file.');
  expect(await elsewhere.words()).not.toContain('drink');
  await elsewhere.isReady();
  await elsewhere.press(elsewhere.write);
  await expect.poll(async () => (await elsewhere.kept()).sources).toEqual(['sampled']);
  const written = await elsewhere.words();
  await elsewhere.openPanel(names.LENS);
  await expect(other.locator('.lens').getByRole('button').first()).toBeVisible();
  await expect(other.getByRole('alert')).toHaveCount(0);
  await findsNothing(other);
  expect(await other.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  await other.reload();
  await expect(continues(other)).toBeVisible();
  await expect.poll(() => elsewhere.words()).toBe(written);
  await elsewhere.isReady();
  await verify(other);
  await other.getByRole('button', { name: names.SHARE, exact: true }).click();
  await expect(other.getByText('also needs the file of its saved state')).toBeVisible();
  const link = await other.locator('.link-field').inputValue();
  await other.close();

  await page.goto(`${PAGE}#${link.split('#')[1]}`);
  await expect(continues(page)).toContainText('not in this browser');
  await expect.poll(() => playground.words()).toBe(written);
  await playground.isReady();
  await playground.write.click();
  await expect(page.getByRole('alert')).toContainText(`Open the file ${download.suggestedFilename()}.`);
  await drop(page, 'renamed.bin', bytes);
  await expect(continues(page)).toContainText('Its text is not in the file.');
  await verify(page);
});

test('with storage blocked, a text from a saved state goes on, and the page shows that it is not saved', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew('Tea is');
  const { name, bytes } = await saveState(page);
  await page.addInitScript(() => {
    for (const name of ['indexedDB', 'localStorage', 'sessionStorage'])
      Object.defineProperty(window, name, {
        get: () => {
          throw new DOMException('The operation is insecure.', 'SecurityError');
        },
      });
  });
  await page.goto(PAGE);
  await playground.isReady();
  await drop(page, name, bytes);
  await expect(continues(page)).toBeVisible();
  await expect(page.getByText('This browser blocks storage')).toBeVisible();
  await playground.oneToken.click();
  await expect(playground.text.locator('ins')).toHaveCount(1);
});
