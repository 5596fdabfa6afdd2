import type { Locator, Page } from '@playwright/test';
import { decodeLink, encodeLink } from '../src/share/link';
import { shareTranslation, translationIn } from '../src/share/translation-link';
import { findsNothing } from './axe';
import * as names from './names';
import { expect, PAGE, test } from './playground';

const READY = 'Ready';

async function opened(page: Page, more = ''): Promise<Locator> {
  await page.goto(`${PAGE}&translate${more}`);
  const dialog = page.getByRole('dialog', { name: names.TRANSLATE });
  await expect(dialog.getByText(READY, { exact: true })).toBeVisible();
  return dialog;
}

const sourceOf = (dialog: Locator) => dialog.getByRole('textbox', { name: names.SOURCE });

/** The sentences of a language, once the translation is complete. */
async function translated(dialog: Locator, language: string): Promise<string[]> {
  await expect(dialog.getByText(READY, { exact: true })).toBeVisible();
  return dialog.getByRole('region', { name: language }).getByRole('button').allTextContents();
}

/** The read words and the written ones beside them, of one language. */
async function stairs(dialog: Locator, column: 1 | 2): Promise<[string, string][]> {
  await expect(dialog.getByText(READY, { exact: true })).toBeVisible();
  const rows = await dialog.getByRole('region', { name: names.READING_AND_WRITING }).getByRole('row').all();
  return Promise.all(
    rows.slice(1).map(async (row): Promise<[string, string]> => {
      const [read, ...cells] = await row.getByRole('rowheader').or(row.getByRole('cell')).allTextContents();
      return [read, cells[column - 1]];
    }),
  );
}

test('translates while one types, after an edit in the middle and a change of k, and keeps the source', async ({
  page,
}) => {
  const dialog = await opened(page);
  const source = sourceOf(dialog);
  await source.pressSequentially('I have ');
  expect(await translated(dialog, 'German')).toEqual(['…']);
  await source.pressSequentially('a ');
  expect((await stairs(dialog, 1)).map(([read, written]) => [read, written !== ''])).toEqual([
    ['I', false],
    ['have', false],
    ['a', true],
  ]);
  const [[, , [, first]]] = [await stairs(dialog, 1)];
  await source.pressSequentially('dog. We saw it');
  await expect.poll(async () => (await translated(dialog, 'French')).length).toBe(2);
  const [german] = await translated(dialog, 'German');
  expect(german.startsWith(first)).toBe(true); // a written word stays
  await dialog.getByRole('region', { name: 'German' }).getByRole('button').first().click();
  await expect(dialog.getByText(/Average lagging: German \d/)).toBeVisible();
  await findsNothing(page);

  await source.press('Home');
  for (const _ of 'I have a') await source.press('ArrowRight');
  await source.pressSequentially(' small');
  await source.press('End');
  await source.press('Enter');
  await expect(source).toHaveValue('I have a small dog. We saw it\n');
  await expect.poll(async () => (await stairs(dialog, 2)).map(([read]) => read)).toContain('it');
  const typed = [await translated(dialog, 'German'), await translated(dialog, 'French')];

  const slider = dialog.getByRole('slider', { name: names.WAIT_FOR });
  await slider.press('Home');
  await expect.poll(async () => (await stairs(dialog, 1))[0][1]).not.toBe('');
  await slider.press('End');
  await expect(slider).toHaveAttribute('aria-valuetext', /offline/);
  await expect(dialog.getByText(/Large dots: offline\.$/)).toBeVisible();
  await expect.poll(async () => (await stairs(dialog, 1)).filter(([, written]) => written).length).toBe(1);
  await slider.press('Home');
  for (let k = 1; k < 3; k++) await slider.press('ArrowRight');
  await expect(slider).toHaveAttribute('aria-valuetext', 'k = 3 words');
  await expect(
    dialog.getByRole('img', { name: /^BLEU .* German: k = 1: \d.* French: k = 1: \d/ }),
  ).toBeVisible();
  await expect(dialog.getByText(/Large dots: k = 3\.$/)).toBeVisible();
  await expect
    .poll(async () => (await stairs(dialog, 1)).slice(0, 3).map(([, written]) => written !== ''))
    .toEqual([false, false, true]);

  const unit = dialog.getByRole('region', { name: names.READING_AND_WRITING }).getByRole('button').first();
  await unit.focus();
  await expect(dialog.getByText(/was written after word 3 of 3/)).toBeVisible();
  await unit.press('Enter');
  const lens = dialog.getByRole('combobox', { name: names.LENS });
  await expect(dialog.getByRole('rowheader', { name: /^We.* \d+%$/ })).toBeVisible();
  await lens.selectOption('Head 2.1');
  await expect(dialog.getByRole('img', { name: /^Proportions: keys of the source \d/ })).toBeVisible();
  await findsNothing(page);

  const again = await opened(page); // the translation of the source alone
  await expect(sourceOf(again)).toHaveValue('I have a small dog. We saw it\n');
  expect([await translated(again, 'German'), await translated(again, 'French')]).toEqual(typed);
});

test('shares a link that shows the translation before any work, and verifies it', async ({ page }) => {
  const dialog = await opened(page);
  await sourceOf(dialog).fill('Tom has a cat. Where is it?\n');
  const german = await translated(dialog, 'German');
  await dialog.getByRole('button', { name: names.SHARE, exact: true }).click();
  const link = await dialog.getByRole('textbox', { name: names.LINK }).inputValue();
  const shared = await decodeLink(new URL(link).hash.slice(1));

  const weights: string[] = [];
  page.on('request', (request) => {
    if (/translat.*safetensors/.test(request.url())) weights.push(request.url());
  });
  const source = page
    .getByRole('dialog', { name: names.TRANSLATE })
    .getByRole('textbox', { name: names.SOURCE });
  await page.goto('about:blank');
  await page.goto(link);
  await expect(source).toHaveValue('Tom has a cat. Where is it?\n');
  await expect(page.getByRole('region', { name: 'German' })).toContainText(german[0]);
  await page.waitForLoadState('networkidle');
  expect(weights).toEqual([]);
  await page.getByRole('button', { name: names.VERIFY_TRANSLATION }).click();
  await expect(page.getByText(/^Verified: .* writes both translations/)).toBeVisible();

  const { translations, ...rest } = translationIn(shared)!;
  const other = { ...rest, translations: { ...translations, 'en-fr': 'Tom a un chien.' } };
  await page.goto(`./#${await encodeLink(shareTranslation(other))}`);
  await expect(page.getByRole('region', { name: 'French' })).toContainText('Tom a un chien.');
  await page.getByRole('button', { name: names.VERIFY_TRANSLATION }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'Different' })).toContainText('in French.');
  await source.pressSequentially('No. ');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

/** An endless word, only punctuation, right to left, other scripts, and several kinds of space. */
const STRANGE = `${'x'.repeat(1000)} ... !!! שלום עולם.\u2003今日は。\u00a0\u200bПривет\u3000мир.\tمرحبا. `;

test('100,000 pasted characters and strange texts leave the page free, and a file replaces the source and keeps it', async ({
  page,
}) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const dialog = await opened(page);
  const source = sourceOf(dialog);
  const long = 'We saw a small dog. '.repeat(5000);
  await source.fill(long);
  await expect(dialog.getByText('Translating …')).toBeVisible();
  await source.press('ControlOrMeta+a');
  await source.pressSequentially('We saw it. ');
  expect((await translated(dialog, 'German')).length).toBe(1);
  expect(await page.evaluate(() => document.querySelector('.full-page')!.scrollWidth)).toBe(360);
  await source.fill(STRANGE);
  expect((await stairs(dialog, 1)).length).toBeGreaterThan(0);
  expect((await translated(dialog, 'German')).length).toBeGreaterThan(2);
  expect(await page.evaluate(() => document.querySelector('.full-page')!.scrollWidth)).toBe(360);
  await source.fill('We saw it. ');
  await findsNothing(page);

  const add = (name: string, content: Buffer) =>
    dialog.getByLabel('Open a file').setInputFiles({ name, mimeType: 'text/plain', buffer: content });
  await add('picture.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff]));
  await expect(dialog.getByRole('alert')).toContainText('picture.png is not text in UTF-8.');
  await expect(source).toHaveValue('We saw it. ');
  await add('two.txt', Buffer.from('I am here.\nYou are there'));
  await expect(source).toHaveValue('I am here.\nYou are there');
  expect((await translated(dialog, 'French')).length).toBe(2);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('textbox', { name: names.TEXT, exact: true })).toContainText('We saw it.');
});
