import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { findsNothing } from './axe';
import * as names from './names';
import { expect, PAGE, test } from './playground';

const TEXT = readFileSync('CHANGELOG.md', 'utf8').slice(0, 3000);

async function opened(page: Page): Promise<Locator> {
  await page.goto(`${PAGE}&score`);
  const dialog = page.getByRole('dialog', { name: names.SCORE });
  await expect(dialog.getByRole('checkbox', { name: /^Wiki 10M\b/ }).first()).toBeVisible();
  return dialog;
}

async function addFile(dialog: Locator, name: string, content: string | Buffer): Promise<void> {
  const buffer = Buffer.from(content);
  await dialog.getByLabel(names.ADD_FILES).setInputFiles({ name, mimeType: 'text/plain', buffer });
}

const scoreButton = (dialog: Locator) => dialog.getByRole('button', { name: names.SCORE, exact: true });

async function saved(page: Page, button: Locator): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return readFileSync(await download.path(), 'utf8');
}

test('scores texts with two models, with the figures of the command line, and saves them', async ({
  page,
}, info) => {
  const dialog = await opened(page);
  await addFile(dialog, 'changes, old.txt', TEXT);
  await dialog.getByRole('textbox').fill('The moon landing was in 1969. Buzz Quetzalcoatl flew.');
  await dialog.getByRole('button', { name: names.ADD_THIS_TEXT }).click();
  await dialog.getByRole('checkbox', { name: /^Wiki 10M, int4/ }).check();
  await scoreButton(dialog).click();
  await expect(dialog.getByRole('row')).toHaveCount(5);
  await expect(dialog.getByRole('progressbar')).toHaveCount(0);

  const file = info.outputPath('text.txt');
  writeFileSync(file, TEXT);
  const command = ['scripts/run.mjs', 'scripts/evaluate.ts', '--file', file, '--backend', 'cpu'];
  const json = execFileSync('node', [...command, '--model', 'public/weights/wiki-10m-v3']).toString();
  const known = JSON.parse(json);
  const { results } = JSON.parse(await saved(page, dialog.getByRole('button', { name: names.SAVE_SCORES })));
  const own = results.find(
    (result: { text: string; model: { id: string } }) =>
      result.text === 'changes, old.txt' && result.model.id === 'wiki-10m-v3',
  );
  expect(own.tokens).toBe(known.tokens);
  expect(own.natsPerToken / known.natsPerToken).toBeCloseTo(1, 4);
  expect(own.perplexityPerWord / known.wordPerplexityWithoutLineEnds).toBeCloseTo(1, 3);
  expect(own.perplexityPerWordWithLineEnds / known.wordPerplexityWithLineEnds).toBeCloseTo(1, 3);
  expect(own.bitsPerByte / known.bitsPerRawByte).toBeCloseTo(1, 4);
  const csv = await saved(page, dialog.getByRole('button', { name: names.SAVE_CSV }));
  expect(csv.split('\r\n').length).toBe(6);
  expect(csv).toContain('"changes, old.txt",wiki-10m-v3,');

  await dialog
    .getByRole('button', { name: /^The moon/ })
    .first()
    .click();
  const details = dialog.getByRole('region', { name: /^The moon/ });
  await expect(details.getByRole('img', { name: /^Loss along the text/ })).toBeVisible();
  await expect(details.getByText('Quetzalcoatl').first()).toBeVisible();
  await details.getByText('All 2 sentences in order').click();
  await expect(details.getByRole('list', { name: names.ALL_SENTENCES }).getByRole('listitem')).toHaveText([
    /^The moon landing was in 1969\./,
    /^Buzz Quetzalcoatl flew\./,
  ]);
  const sentences = await saved(page, details.getByRole('button', { name: names.SAVE_SENTENCES }));
  expect(sentences.split('\r\n')).toHaveLength(4);
  await findsNothing(page);
});

test('a text of 10 MB is read in parts, and Cancel keeps the score of its beginning', async ({ page }) => {
  const dialog = await opened(page);
  await addFile(dialog, 'long.txt', TEXT.repeat(3500));
  await scoreButton(dialog).click();
  const progress = dialog.getByRole('progressbar', { name: /reads long\.txt/ });
  const patience = { timeout: 40_000 }; // for a busy machine
  await expect
    .poll(async () => Number(await progress.getAttribute('value')), patience)
    .toBeGreaterThan(0.001);
  await dialog.getByRole('button', { name: names.CANCEL }).click();
  await expect(dialog.getByRole('row', { name: /long\.txt stopped/ })).toBeVisible();
  await expect(scoreButton(dialog)).toBeEnabled();
});

test('opens from the name and from Your texts, takes the text of the page and dropped files, and closes with the text unchanged', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.isReady();
  const before = await playground.words();
  await page.getByRole('button', { name: names.PAGES }).click();
  await page.getByRole('button', { name: /^Score/ }).click();
  const dialog = page.getByRole('dialog', { name: names.SCORE });
  await expect(scoreButton(dialog)).toBeDisabled();
  await dialog.getByRole('button', { name: names.ADD_PAGE_TEXT }).click();
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['Dropped words.'], 'dropped.txt'));
    return transfer;
  });
  await dialog.dispatchEvent('drop', { dataTransfer: data });
  const texts = dialog.getByRole('list', { name: 'Texts' }).getByRole('listitem');
  await expect(texts).toHaveCount(2);
  await expect(texts.last()).toContainText('dropped.txt');
  await texts.last().getByRole('button').click();
  await expect(texts).toHaveCount(1);
  await addFile(dialog, 'empty.txt', '');
  await expect(dialog.getByRole('alert')).toHaveText('empty.txt is empty. Choose a file with text.');
  await scoreButton(dialog).click();
  await expect(dialog.getByRole('row')).toHaveCount(2);
  await addFile(dialog, 'picture.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff]));
  await scoreButton(dialog).click();
  await expect(dialog.getByRole('alert')).toContainText('picture.png: This is not text in UTF-8.');
  await page.goBack();
  await expect(dialog).toHaveCount(0);
  expect(await playground.words()).toBe(before);
  await playground.title.click();
  await page.getByRole('button', { name: names.SCORE_TEXTS, exact: true }).click();
  await expect(dialog).toBeVisible();
});

test('keeps pasted texts and the field when the page closes or reloads, and says if it cannot', async ({
  page,
}) => {
  const dialog = await opened(page);
  const [field, texts] = [dialog.getByRole('textbox'), dialog.getByRole('list', { name: 'Texts' })];
  await field.fill('A first text.');
  await dialog.getByRole('button', { name: names.ADD_THIS_TEXT }).click();
  await field.fill('Half a sen');
  await page.reload();
  await expect(field).toHaveValue('Half a sen');
  await expect(texts).toContainText('A first text.');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.getByRole('button', { name: names.PAGES }).click();
  await page.getByRole('button', { name: /^Score/ }).click();
  await expect(texts).toContainText('A first text.');

  await page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  await field.fill('Another text.');
  await expect(dialog).toContainText('a reload loses it');
  await dialog.getByRole('button', { name: 'Remove A first text.' }).click();
  await field.fill('');
  await expect(dialog).not.toContainText('a reload loses it');
});
