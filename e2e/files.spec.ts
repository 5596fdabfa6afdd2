import { readFile } from 'node:fs/promises';
import { isTooLong } from '../src/share/link';
import * as names from './names';
import { expect, test } from './playground';

test('a text that is too long for a link can be downloaded and opened again', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.newText();
  const words = Array.from({ length: 3000 }, (_, i) => (i * 7919 * i).toString(36)).join(' ');
  expect(isTooLong(words)).toBe(true);
  await playground.paste(words, 1);
  await page.getByRole('button', { name: names.SHARE, exact: true }).click();
  await expect(page.getByText('too long for a link')).toBeVisible();
  await expect(page.getByRole('button', { name: names.COPY_LINK })).toBeHidden();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: names.DOWNLOAD }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('LeaPformer text.leapformer.txt');
  const file = await download.path();
  await page.keyboard.press('Escape');

  await playground.newText();
  await page.getByRole('button', { name: names.SHARE, exact: true }).click();
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: names.OPEN_FILE }).click();
  await (await choosing).setFiles(file);
  await expect(page.getByRole('complementary', { name: names.ABOUT_TEXT })).toBeVisible();
  await expect.poll(async () => (await playground.kept()).text).toBe(words);

  await playground.newText();
  const content = await readFile(file, 'utf8');
  await playground.text.evaluate((element, content) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([content], 'Tea.leapformer (1).txt'));
    element.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  }, content);
  await expect.poll(async () => (await playground.kept()).text).toBe(words);
});
