import type { Page } from '@playwright/test';
import { findsNothing, TWO_LOOKS } from './axe';
import * as names from './names';
import { expect, test } from './playground';

const fieldOf = ({ page }: { page: Page }) => page.getByRole('textbox', { name: names.FIND });

test('searches the whole text, steps through the matches, and returns the focus', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.startNew('');
  await playground.paste('A paragraph about nothing much.\n\n', 1500);
  await page.keyboard.insertText('The needle, and a Needle.');
  await playground.text.press('Control+Home');
  await expect(playground.text).not.toContainText('needle'); // the editor draws only the visible part
  await page.keyboard.press('Control+f');
  const field = fieldOf(playground);
  await expect(field).toBeFocused();
  await page.keyboard.type('needle');
  const count = page.locator('.find-count');
  await expect(count).toHaveText('1 of 2');
  await expect(page.locator('.cm-searchMatch-selected')).toBeInViewport();
  await expect(page.locator('.cm-searchMatch-selected')).toHaveText('needle');
  await page.keyboard.press('Enter');
  await expect(count).toHaveText('2 of 2');
  await page.keyboard.press('F3'); // wraps around
  await expect(count).toHaveText('1 of 2');
  await page.keyboard.press('Shift+Enter');
  await expect(count).toHaveText('2 of 2');
  await page.getByRole('checkbox', { name: names.MATCH_CASE }).check();
  await expect(count).toHaveText('1 of 1');
  await field.fill('haystack');
  await expect(count).toHaveText('No matches');
  await field.fill('paragraph');
  await expect(count).toHaveText('1 of 1,000+');
  await field.press('Escape');
  await expect(field).toHaveCount(0);
  await expect(playground.text).toBeFocused();
});

for (const { name, colorScheme, width } of TWO_LOOKS)
  test(`axe finds no violation, ${name}`, async ({ playground, page }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await playground.open();
    await playground.text.focus();
    await page.keyboard.press('Control+f');
    await page.keyboard.type('album');
    await expect(page.locator('.find-count')).toHaveText(/\d of \d/);
    await findsNothing(page);
    expect(await page.locator('.find').evaluate((e) => e.scrollWidth <= e.clientWidth)).toBe(true);
  });

test('replaces, with one undo step per replacement', async ({ playground, page }) => {
  await playground.open();
  await playground.startNew('teatea tea');
  await page.keyboard.press('Control+f');
  await page.keyboard.type('tea');
  await page.getByRole('textbox', { name: names.REPLACE_WITH }).fill('\\n');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect(playground.text).toHaveText('\\n\\n tea');
  await page.getByRole('button', { name: names.REPLACE_ALL }).click();
  await expect(playground.text).toHaveText('\\n\\n \\n');
  await page.keyboard.press('Control+z');
  await expect(playground.text).toHaveText('\\n\\n tea');
  await page.keyboard.press('Control+z');
  await expect(playground.text).toHaveText('\\ntea tea');
  await page.keyboard.press('Control+z');
  await expect(playground.text).toHaveText('teatea tea');
});

test('opens from the palette and from a card, but not behind a dialog', async ({ playground, page }) => {
  await playground.open();
  await playground.startNew('Tea');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox', { name: names.COMMAND_FIELD })).toBeFocused();
  await page.keyboard.type('find');
  await page.keyboard.press('Enter');
  await expect(fieldOf(playground)).toBeFocused();
  await page.keyboard.type('Te');
  await expect(fieldOf(playground)).toHaveValue('Te');
  await page.getByRole('button', { name: names.closing(names.FIND) }).click();

  await page.keyboard.press('Control+/');
  await expect(page.getByRole('dialog')).toBeFocused();
  await page.keyboard.press('Control+f');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(fieldOf(playground)).toBeFocused();
  await page.keyboard.press('Escape');

  await playground.isReady();
  await page.keyboard.press('Control+j');
  const compare = page.getByRole('dialog', { name: names.COMPARE });
  await expect(compare.getByRole('button', { name: names.GENERATE_ALL })).toBeFocused();
  await page.keyboard.press('Control+f');
  await page.keyboard.press('Control+z');
  await expect(compare).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(compare).toHaveCount(0);
  await expect(fieldOf(playground)).toHaveCount(0);
  await expect(playground.text).toHaveText('Tea');
});
