import { GREEDY } from '../src/model/sampling/sampling';
import { encodeLink } from '../src/share/link';
import { findsNothing, TWO_LOOKS } from './axe';
import * as names from './names';
import { expect, LONG, model, test } from './playground';

const BEGINNING = '= Tea =\n\nTea is a drink that is made';

test('by keyboard: generates several continuations, keeps one and continues it', async ({
  playground,
  page,
}) => {
  await playground.open('', { atArticleEnd: 'continue' });
  await playground.isReady();
  await playground.startNew(BEGINNING);
  const before = await playground.words();
  await page.keyboard.press('Control+j');
  const sheet = page.getByRole('dialog', { name: names.COMPARE });
  await expect(sheet.getByRole('button', { name: names.GENERATE_ALL })).toBeFocused();
  await sheet.getByRole('spinbutton', { name: names.HOW_MANY }).fill('8');
  await sheet.getByRole('button', { name: names.VARY_TEMPERATURE }).press('Enter');
  await expect(sheet.getByRole('spinbutton', { name: names.TEMPERATURE }).nth(7)).toHaveValue('2');
  await sheet.getByRole('button', { name: names.GENERATE_ALL }).press('Enter');
  await expect(sheet.getByRole('button', { name: names.GENERATE_AGAIN })).toBeVisible();
  await expect(sheet.getByText(/12 tokens ·/)).toHaveCount(8);

  const words = await sheet.getByRole('region', { name: names.continuationText(8) }).innerText();
  await sheet.getByRole('button', { name: names.keepingOn(8) }).press('Enter');
  await expect(sheet).toBeHidden();
  await playground.isIdle();
  const after = await playground.words();
  expect(after.startsWith(before)).toBe(true);
  expect(after).toContain(words.replaceAll('=', '').replace(/\s+/g, ' ').trim());
  expect(after.length).toBeGreaterThan(before.length + words.length);

  await page.keyboard.press('Control+b');
  await expect.poll(() => page.locator('.branch-text').count()).toBeGreaterThanOrEqual(8);
  await playground.undo.click();
  await playground.undo.click();
  expect(await playground.words()).toBe(before);
});

test('can be stopped, and the continuations stay as branches', async ({ playground, page }) => {
  await playground.open('', LONG);
  await playground.isReady();
  await playground.startNew(BEGINNING);
  await page.keyboard.press('Control+j');
  const sheet = page.getByRole('dialog', { name: names.COMPARE });
  await sheet.getByRole('spinbutton', { name: names.HOW_MANY }).fill('8'); // eight take long on any machine
  await sheet.getByRole('button', { name: names.GENERATE_ALL }).click();
  await expect(sheet.getByText(/tokens ·/)).toHaveCount(8);
  await sheet.getByRole('button', { name: names.STOP }).click();
  await expect(sheet.getByText(/· stopped/)).toHaveCount(8);
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await playground.openPanel(names.BRANCHES);
  await expect(page.locator('.branch-text')).not.toHaveCount(1);
});

test('closes when its text changes, and keeps the continuations as branches', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew(BEGINNING);
  await page.keyboard.press('Control+j');
  const sheet = page.getByRole('dialog', { name: names.COMPARE });
  await sheet.getByRole('button', { name: names.GENERATE_ALL }).click();
  await expect(sheet.getByText(/tokens ·/)).toHaveCount(3);
  const other = { source: 'typed', text: 'Another text.' } as const;
  const { id, digest } = model.manifest;
  const link = await encodeLink({ model: { id, digest }, runs: [other], sampling: GREEDY, view: {} });
  await page.evaluate((fragment) => {
    location.hash = fragment;
  }, link);
  await expect(sheet).toBeHidden();
  await expect(playground.text).toHaveText('Another text.');
  await expect(page.getByText('The comparison was closed because the text changed.')).toBeVisible();
  await page.getByRole('button', { name: names.TEXTS }).click(); // the list has the compared text
  await page.getByRole('dialog', { name: names.TEXTS }).getByRole('button', { name: /^Tea/ }).click();
  await expect(playground.title).toHaveAccessibleName(names.titled('Tea'));
  await playground.openPanel(names.BRANCHES);
  await expect.poll(() => page.locator('.branch-text').count()).toBeGreaterThanOrEqual(3);
});

for (const { name, colorScheme, width } of TWO_LOOKS)
  test.describe(name, () => {
    test.use({ colorScheme, viewport: { width, height: 740 } });

    test('axe finds no violation in the comparison', async ({ playground, page }) => {
      await playground.open();
      await playground.isReady();
      await page.keyboard.press('Control+j');
      const sheet = page.getByRole('dialog', { name: names.COMPARE });
      await findsNothing(page);
      await sheet.getByRole('button', { name: names.GENERATE_ALL }).click();
      await expect(sheet.getByRole('button', { name: names.GENERATE_AGAIN })).toBeVisible();
      await sheet.getByText('More settings').first().click();
      await findsNothing(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    });
  });
