import * as names from './names';
import { expect, model, test } from './playground';

test('the palette finds commands by name, runs them, and returns the focus', async ({ playground, page }) => {
  await playground.open();
  await playground.startNew('Tea is a drink');
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: names.COMMANDS });
  const field = page.getByRole('combobox', { name: names.COMMAND_FIELD });
  await expect(palette.getByRole('option', { name: /^Undo/ })).toBeVisible();
  await expect(palette.getByRole('option', { name: /^Redo/ })).toHaveCount(0); // nothing to redo
  await expect(field).toBeFocused();
  await page.keyboard.type('undo');
  await page.keyboard.press('Enter');
  await expect(palette).toHaveCount(0);
  expect(await playground.words()).not.toBe('Tea is a drink');
  await expect(playground.text).toBeFocused();

  await page.keyboard.press('Control+k');
  await expect(field).toBeFocused();
  await page.keyboard.type('no such command');
  await expect(palette).toContainText('No matching commands');
  await page.keyboard.press('Control+z'); // undoes in the field
  await page.keyboard.press('Escape');
  await expect(palette).toHaveCount(0);

  await page.keyboard.press('Control+/');
  const help = page.getByRole('dialog', { name: names.HELP });
  await expect(help).toContainText(names.REGENERATE);
  await page.keyboard.press('Control+s'); // only one card is open at a time
  await expect(help).toHaveCount(0);
  await expect(page.getByRole('textbox', { name: names.LINK })).toBeVisible();
});

test('by keyboard: a new text, an older text, and its link', async ({ playground, page }) => {
  await playground.open();
  const walkTo = async (name: string | RegExp) => {
    const button = page.getByRole('dialog').getByRole('button', { name }).first();
    await expect(button).toBeVisible();
    for (let n = 0; n < 30 && !(await button.evaluate((e) => e === document.activeElement)); n++)
      await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
  };
  for (const words of ['Tea is', 'Coffee is']) {
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('combobox', { name: names.COMMAND_FIELD })).toBeFocused();
    await page.keyboard.type('new text');
    await page.keyboard.press('Enter');
    await expect(playground.text).toBeFocused();
    await page.keyboard.insertText(words);
    await expect(playground.text).toHaveText(words);
  }
  await page.keyboard.press('Control+o');
  await walkTo(/^Tea is/);
  await expect(playground.text).toHaveText('Tea is');
  await page.evaluate(() => {
    navigator.clipboard.writeText = async (text) => void Object.assign(window, { copied: text });
  });
  await page.keyboard.press('Control+s');
  await walkTo(names.COPY_LINK);
  await expect(page.getByText('Copied', { exact: true })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.locator('body')).not.toBeFocused(); // a visible element has the focus
});

test('the help leads to the tokens, the lens and sharing, and the model card to the card of the model', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.isReady();
  for (const name of ['Tokens', 'Lens: attention', 'Share', 'Verify the text']) {
    await playground.openCard(names.HELP);
    await expect(
      page.getByRole('dialog', { name: names.HELP }).getByRole('button', { name, exact: true }),
    ).toBeVisible();
    await page.keyboard.press('Escape');
  }
  await playground.openCard(names.HELP);
  await page.getByRole('dialog', { name: names.HELP }).getByRole('button', { name: 'Tokens' }).click();
  await expect(page.getByRole('tab', { name: names.TOKEN })).toBeVisible();
  await page.getByRole('button', { name: names.MODEL }).click();
  await expect(page.getByText(/^Word perplexity on WikiText-103 validation/)).toBeVisible();
  const card = await page.getByRole('link', { name: /^Model card/ }).getAttribute('href');
  expect(await (await page.request.get(new URL(card!, page.url()).href)).text()).toContain('## Limits');
});

test('a text file dropped on the page opens as a new text, and the current text stays in the list', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.startNew('Mine.');
  await playground.text.evaluate((element) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['Theirs.\r\nTwo lines.'], 'notes.txt', { type: 'text/plain' }));
    element.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  });
  await expect(playground.text).toHaveText('Theirs.Two lines.');
  await page.getByRole('button', { name: names.TEXTS }).click();
  await page
    .getByRole('dialog', { name: names.TEXTS })
    .getByRole('button', { name: /^Mine\./ })
    .click();
  await expect(playground.text).toHaveText('Mine.');
});

test('copies the whole text as plain text', async ({ playground, page }) => {
  await playground.open();
  await playground.startNew('= Tea =\n\nA drink.');
  await page.evaluate(() => {
    navigator.clipboard.writeText = async (text) => void Object.assign(window, { copied: text });
  });
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox', { name: names.COMMAND_FIELD })).toBeFocused();
  await page.keyboard.type('plain text');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Copied.', { exact: true }).first()).toBeVisible();
  expect(await page.evaluate(() => (window as unknown as { copied: string }).copied)).toBe(
    '= Tea =\n\nA drink.',
  );
});

test('keys typed right after Ctrl+K go to the palette and not to the text', async ({ playground, page }) => {
  await playground.open();
  await playground.startNew('Tea is a drink');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('benchmark');
  await expect(page.getByRole('combobox', { name: names.COMMAND_FIELD })).toHaveValue('benchmark');
  await page.keyboard.press('Escape');
  await expect(playground.text).toHaveText('Tea is a drink');
});

test('the palette opens a view of the lens, the field of a setting and a theme, and offers the other models', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.isReady();
  const field = page.getByRole('combobox', { name: names.COMMAND_FIELD });
  const type = async (words: string) => {
    await page.keyboard.press('Control+k');
    await expect(field).toBeFocused();
    await page.keyboard.type(words);
  };
  await type('temperature');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('spinbutton', { name: names.TEMPERATURE })).toBeFocused();
  await type('dark');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await type('matrix');
  await page.keyboard.press('Enter');
  const view = page.locator('.lens').getByRole('button', { name: names.MATRIX, exact: true });
  await expect(view).toHaveAttribute('aria-pressed', 'true');
  await type('model');
  const options = page.getByRole('dialog', { name: names.COMMANDS }).getByRole('option');
  await expect(options.filter({ hasText: /^Load / }).first()).toBeVisible();
  await expect(options.getByText(`Load ${model.manifest.name}`, { exact: true })).toHaveCount(0);
});
