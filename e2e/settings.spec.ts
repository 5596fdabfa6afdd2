import * as names from './names';
import { expect, PAGE, PlaygroundPage, test } from './playground';

test('saves settings as a preset, and applies it after a reload', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await page.keyboard.press('Control+,');
  const preset = page.getByRole('combobox', { name: names.PRESET });
  await expect(preset).toHaveText('Default');
  await playground.unfoldSampling();
  await page.getByRole('spinbutton', { name: names.TOP_K }).fill('7');
  await expect(preset).toHaveText('Custom');
  await page.getByText(names.SAVE_PRESET).click();
  await page.getByRole('textbox', { name: names.PRESET_NAME }).fill('Seven');
  await page.keyboard.press('Enter');
  await expect(preset).toHaveText('Seven');
  await preset.click();
  await page.getByRole('option', { name: 'Precise' }).click();
  await expect(page.getByRole('spinbutton', { name: names.TEMPERATURE })).toHaveValue('0.5');
  await page.reload();
  await playground.isReady();
  await page.keyboard.press('Control+,');
  await playground.unfoldSampling();
  await preset.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('option', { name: 'Precise' })).toBeFocused();
  await page.keyboard.press('End'); // the last is the user's own
  await expect(page.getByRole('option', { name: 'Seven' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(preset).toHaveText('Seven');
  await expect(page.getByRole('spinbutton', { name: names.TOP_K })).toHaveValue('7');
  await page.getByRole('button', { name: 'Delete “Seven”' }).click();
  await expect(preset).toHaveText('Custom');
  await page.getByRole('button', { name: names.UNDO_SETTINGS }).click();
  await expect(preset).toHaveText('Seven');
  await page.getByRole('button', { name: names.UNDO_SETTINGS }).click();
  await expect(preset).toHaveText('Precise');
  await page.getByRole('button', { name: names.REDO_SETTINGS }).click();
  await expect(preset).toHaveText('Seven');

  const other = await page.context().newPage(); // two tabs keep each other's presets
  await other.goto(PAGE);
  const theirs = new PlaygroundPage(other);
  await theirs.isReady();
  await theirs.openPanel(names.SETTINGS);
  await expect(other.getByRole('combobox', { name: names.PRESET })).toHaveText('Seven');
  await other.getByText(names.SAVE_PRESET).click();
  await other.getByRole('textbox', { name: names.PRESET_NAME }).fill('Theirs');
  await other.keyboard.press('Enter');
  await expect(other.getByRole('combobox', { name: names.PRESET })).toHaveText('Theirs');
  await preset.click();
  await expect(page.getByRole('option', { name: 'Theirs' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('spinbutton', { name: names.TOP_K }).fill('9');
  await other.getByRole('combobox', { name: names.PRESET }).click();
  await expect(other.getByRole('option', { name: 'Theirs' })).toBeVisible();
  await other.close();
});

test('length, temperature and seed come first, and the rest of the sampling is folded', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.openSettings();
  const top = async (name: string) => (await page.getByLabel(name, { exact: true }).first().boundingBox())!.y;
  expect(await top(names.LENGTH)).toBeLessThan(await top(names.TEMPERATURE));
  expect(await top(names.TEMPERATURE)).toBeLessThan(await top(names.SEED));
  expect(await top(names.SEED)).toBeLessThan(await top(names.PRESET));
  await expect(page.getByRole('spinbutton', { name: names.TOP_K })).toBeHidden();
  const tooltip = page.locator('.tooltip');
  await expect(tooltip).toHaveCount(0);
  await expect(async () => {
    await page.mouse.move(0, 0);
    await page.getByLabel(names.LENGTH, { exact: true }).hover(); // tooltips load after the first paint
    await expect(tooltip).toContainText('How much one press generates.', { timeout: 2000 });
  }).toPass();
});

test('two tabs that change different settings keep each other’s changes', async ({
  playground,
  page,
  context,
}) => {
  await playground.open();
  await playground.isReady();
  const other = new PlaygroundPage(await context.newPage());
  await other.open();
  await other.isReady();
  await playground.openPanel(names.SETTINGS);
  await page.getByRole('spinbutton', { name: names.TEMPERATURE }).fill('1.5');
  await page.getByText(names.SAVE_PRESET).click();
  await page.getByRole('textbox', { name: names.PRESET_NAME }).fill('Hot');
  await page.keyboard.press('Enter');
  await other.openPanel(names.SETTINGS);
  await expect(other.page.getByRole('spinbutton', { name: names.TEMPERATURE })).not.toHaveValue('1.5');
  await other.press(other.write); // it draws a seed
  await other.unfoldSampling();
  await other.page.getByRole('spinbutton', { name: names.TOP_K }).fill('7');
  await page.reload();
  await playground.isReady();
  await playground.openPanel(names.SETTINGS);
  await expect(page.getByRole('spinbutton', { name: names.TEMPERATURE })).toHaveValue('1.5');
  await playground.unfoldSampling();
  await expect(page.getByRole('spinbutton', { name: names.TOP_K })).toHaveValue('7');
  await other.page.close();
});

test('generation ends at a stop sequence and respects the speed limit', async ({ playground, page }) => {
  await playground.open('', { length: 400, seed: 7, randomSeed: false, atArticleEnd: 'continue' });
  await playground.isReady();
  await playground.startNew('Tea is a drink that is made');
  await page.keyboard.press('Control+,');
  await page.getByRole('textbox', { name: names.STOP_AT }).fill(' the');
  await playground.press(playground.write);
  await expect(page.getByText('up to a stop sequence.')).toBeAttached();
  const sampled = (await playground.text.locator('ins').allInnerTexts()).join('');
  expect(sampled.lastIndexOf(' the')).toBeGreaterThanOrEqual(sampled.length - 8);

  await page.getByRole('textbox', { name: names.STOP_AT }).fill('');
  await page.getByRole('spinbutton', { name: names.SPEED }).fill('2');
  const began = Date.now(); // before the click, because the first token may arrive before the click returns
  await playground.write.click();
  const words = await playground.words();
  for (const seen = new Set([words]); seen.size < 4; ) seen.add(await playground.words());
  await page.keyboard.press('Escape');
  await playground.isIdle();
  const seconds = (Date.now() - began) / 1000;
  expect(seconds).toBeGreaterThan(1); // the first token comes at once, two more after 0.5 s each
  const stopped = await page.getByText(/Stopped after \d+ tokens\.$/).innerText();
  expect(Number(/\d+/.exec(stopped))).toBeLessThanOrEqual(1 + 2 * seconds);
});
