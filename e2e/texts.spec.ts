import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import * as names from './names';
import { expect, PAGE, PlaygroundPage, test } from './playground';

const texts = (page: Page) => page.getByRole('dialog', { name: names.TEXTS });
const openTexts = (page: Page) => page.getByRole('button', { name: names.TEXTS }).click();
const entry = (page: Page, name: string) =>
  texts(page).getByRole('listitem').filter({ hasText: name }).getByRole('button').first();

test('texts can be listed, opened, renamed, deleted and restored, across reloads', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.startNew('= Tea =\n\nA drink.');
  await playground.startNew('Coffee is');
  await page.reload();
  await expect(playground.text).toHaveText('Coffee is');
  await openTexts(page);
  await entry(page, 'Tea').click();
  await expect(playground.title).toHaveAccessibleName(names.titled('Tea'));
  await openTexts(page);
  await page.getByRole('button', { name: names.renaming('Tea') }).click();
  await page.keyboard.type('Morning');
  await page.keyboard.press('Enter');
  await expect(entry(page, 'Morning')).toBeVisible();
  await expect(page.getByRole('button', { name: names.renaming('Morning') })).toBeFocused();
  await texts(page)
    .getByRole('button', { name: /^Undo: .* was renamed$/ })
    .click();
  await expect(entry(page, 'Tea')).toBeVisible();
  await page.getByRole('button', { name: 'Rename to Morning again' }).click();
  await page.getByRole('button', { name: names.deleting('Morning') }).click();
  await expect(playground.text).toHaveText('Coffee is');
  await page.getByRole('button', { name: names.BRING_BACK }).click();
  await expect(playground.title).toHaveAccessibleName(names.titled('Morning'));
  await page.reload();
  await expect(playground.title).toHaveAccessibleName(names.titled('Morning'));
  await openTexts(page);
  await expect(entry(page, 'Morning')).toHaveAttribute('aria-current', 'true');
});

test('two tabs lose no text: a text that is open in one tab opens as a copy in the other', async ({
  playground,
  page,
  context,
}) => {
  await playground.open();
  await playground.startNew('Shared.');
  await expect.poll(async () => (await playground.kept()).text).toBe('Shared.');
  const otherPage = await context.newPage();
  const other = new PlaygroundPage(otherPage);
  await other.open();
  await expect(other.text).toHaveText('Shared.');
  await expect(otherPage.getByText(names.OPEN_ELSEWHERE)).toBeVisible();
  await other.text.click();
  await otherPage.keyboard.press('Control+End');
  await otherPage.keyboard.insertText(' Theirs.');
  await playground.text.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText(' Mine.');
  await otherPage.reload(); // the same tab has the same text again
  await expect(other.text).toHaveText('Shared. Theirs.');
  await page.reload();
  await expect(playground.text).toHaveText('Shared. Mine.');
  await openTexts(page);
  await page.getByRole('button', { name: names.deleting('Shared. (copy)') }).click();
  await expect(page.getByText(names.OPEN_ELSEWHERE)).toBeVisible();
  await otherPage.close();
  await entry(page, 'Shared. (copy)').click();
  await expect(playground.text).toHaveText('Shared. Theirs.');
});

test('a duplicated tab shows its text at once, as a copy', async ({ playground, page, context }) => {
  await playground.open();
  await playground.startNew('Shared.');
  await expect.poll(async () => (await playground.kept()).text).toBe('Shared.');
  const session = await page.evaluate(() => ({ ...sessionStorage }));
  const duplicate = await context.newPage();
  await duplicate.addInitScript((session) => Object.assign(sessionStorage, session), session);
  await duplicate.addInitScript(() => {
    new MutationObserver((_records, observer) => {
      if (!document.querySelector('.document-head')) return;
      const began = performance.now();
      const shown = setInterval(() => {
        if (!document.body.textContent?.includes('Shared.')) return;
        Object.assign(window, { blank: performance.now() - began });
        clearInterval(shown);
      }, 5);
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true });
  });
  await duplicate.goto(PAGE);
  await expect(duplicate.getByText(names.OPEN_ELSEWHERE)).toBeVisible();
  await expect(new PlaygroundPage(duplicate).text).toHaveText('Shared.');
  expect(await duplicate.evaluate(() => (window as unknown as { blank: number }).blank)).toBeLessThan(1000);
  await duplicate.close();
});

test('over plain http, without locks, two tabs keep both versions', async ({ playground, context }) => {
  await context.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }));
  await playground.open();
  await playground.startNew('Shared.');
  await expect.poll(async () => (await playground.kept()).text).toBe('Shared.');
  const otherPage = await context.newPage();
  const other = new PlaygroundPage(otherPage);
  await other.open();
  await expect(otherPage.getByText(names.OPEN_ELSEWHERE)).toBeVisible();
  for (const [at, words] of [
    [other, ' Theirs.'],
    [playground, ' Mine.'],
  ] as const) {
    await at.text.click();
    await at.page.keyboard.press('Control+End');
    await at.page.keyboard.insertText(words);
    await expect.poll(async () => (await at.kept()).text).toBe(`Shared.${words}`);
  }
  await otherPage.close();
});

test('exports all texts into one file, and imports them from it', async ({ playground, page, browser }) => {
  await playground.open();
  await playground.startNew('= Tea =\n\nA drink.');
  await playground.startNew('Coffee is');
  await openTexts(page);
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: names.EXPORT_ALL }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('LeaPformer texts.leapformer.json');
  const content = await readFile(await download.path(), 'utf8');

  const elsewhere = new PlaygroundPage(await browser.newPage());
  await elsewhere.open();
  await openTexts(elsewhere.page);
  const choosing = elsewhere.page.waitForEvent('filechooser');
  await elsewhere.page.getByRole('button', { name: names.OPEN_FILE }).click();
  const file = { name: 'all.json', mimeType: 'application/json', buffer: Buffer.from(content) };
  await (await choosing).setFiles(file);
  await expect(elsewhere.page.getByText('2 texts were added.')).toBeVisible();
  await openTexts(elsewhere.page);
  await entry(elsewhere.page, 'Tea').click();
  await expect(elsewhere.title).toHaveAccessibleName(names.titled('Tea'));
  await elsewhere.page.close();
});

for (const [vendor, isSaid] of [
  ['Apple Computer, Inc.', true],
  ['Google Inc.', false],
] as const)
  test(`only Safari shows that it deletes texts: ${vendor}`, async ({ playground, page }) => {
    await page.addInitScript(
      (vendor) => Object.defineProperty(Navigator.prototype, 'vendor', { get: () => vendor }),
      vendor,
    );
    await playground.open();
    await openTexts(page);
    await expect(texts(page).getByRole('button', { name: names.EXPORT_ALL })).toBeVisible();
    await expect(texts(page).getByText('seven days')).toHaveCount(isSaid ? 1 : 0);
  });

test('by keyboard: a new text, its name, its link, and the verification of its tokens', async ({
  playground,
  page,
}) => {
  await playground.open('', { atArticleEnd: 'continue' });
  await playground.isReady();
  await page.evaluate(() => {
    navigator.clipboard.writeText = async () => {}; // tests share the system clipboard
  });
  const tabTo = async (name: string) => {
    const button = page.getByRole('button', { name, exact: true });
    await expect(button).toBeVisible();
    for (let i = 0; i < 40 && !(await button.evaluate((e) => e === document.activeElement)); i++)
      await page.keyboard.press('Tab');
    await expect(button).toBeFocused();
  };
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox', { name: names.COMMAND_FIELD })).toBeFocused();
  await page.keyboard.type('new text');
  await page.keyboard.press('Enter');
  await expect(playground.text).toContainText('Write the first words');
  await playground.text.focus();
  await page.keyboard.insertText('= Tea =\n\nTea is a drink that is made');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('12 tokens written.')).toBeAttached();

  await page.keyboard.press('Control+o');
  await tabTo(names.renaming('Tea'));
  await page.keyboard.press('Enter');
  await page.keyboard.type('Morning');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: names.renaming('Morning') })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(texts(page)).toHaveCount(0);

  await page.keyboard.press('Control+s');
  await tabTo(names.COPY_LINK);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Copied', { exact: true })).toBeVisible();
  await tabTo(names.VERIFY_TEXT);
  await page.keyboard.press('Enter');
  const verification = page.getByRole('complementary', { name: names.VERIFICATION });
  await expect(verification).toContainText('Verified: all 12 generated tokens.');
  await tabTo(names.DISMISS);
  await page.keyboard.press('Enter');
  await expect(verification).toHaveCount(0);
});
