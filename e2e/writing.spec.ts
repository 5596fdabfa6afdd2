import * as names from './names';
import { exampleBy, expect, LONG, model, test } from './playground';

const BEGINNING = '= Tea =\n\nTea is a drink that is made';

test('the page opens with an example, and one press continues it', async ({ playground }) => {
  await playground.open();
  await expect(playground.text).toContainText(exampleBy(model.manifest.id).slice(0, 20));
  await expect(playground.title).toHaveAccessibleName(names.titled('Northern Lines'));
  const before = await playground.words();
  await playground.press(playground.write);
  const after = await playground.words();
  expect(after.startsWith(before)).toBe(true);
  expect(after.length).toBeGreaterThan(before.length);
  await expect(playground.page.getByText(/tokens\/s/)).toBeVisible();
});

test('generate, continue, one token, regenerate, undo and redo', async ({ playground }) => {
  // a high temperature, so that two draws of twelve tokens do not agree by chance
  await playground.open('', { sampler: { temperature: 2, topP: 1, minP: 0 } });
  await playground.isReady();
  await playground.startNew(BEGINNING);
  await expect(playground.write).toHaveText('Generate');

  const texts = [await playground.words()];
  for (const button of [playground.write, playground.write, playground.oneToken]) {
    await playground.press(button);
    texts.push(await playground.words());
    expect(texts.at(-1)!.startsWith(texts.at(-2)!)).toBe(true);
    expect(texts.at(-1)).not.toBe(texts.at(-2));
  }
  await expect(playground.write).toHaveText('Continue');

  await playground.undo.click();
  expect(await playground.words()).toBe(texts[2]);
  await playground.press(playground.regenerate);
  const anew = await playground.words();
  expect(anew.startsWith(texts[1])).toBe(true);
  expect(anew).not.toBe(texts[2]);

  for (const expected of [texts[2], texts[1], texts[0]]) {
    await playground.undo.click();
    expect(await playground.words()).toBe(expected);
  }
  for (const expected of [texts[1], texts[2], anew]) {
    await playground.redo.click();
    expect(await playground.words()).toBe(expected);
  }
});

test('stops midway, keeps the generated text, and continues', async ({ playground }) => {
  await playground.open('', LONG);
  await playground.isReady();
  await playground.startNew(BEGINNING);
  await playground.write.click();
  await expect(playground.page.getByText(/tokens\/s/)).toBeVisible();
  await playground.page.keyboard.press('Escape');
  await playground.isIdle();
  const stopped = await playground.words();
  expect(stopped.length).toBeGreaterThan(BEGINNING.length);
  await playground.press(playground.oneToken);
  expect((await playground.words()).startsWith(stopped)).toBe(true);
});

test('the same seed generates the same text', async ({ playground }) => {
  await playground.open('', { seed: 7, randomSeed: false });
  await playground.isReady();
  await playground.startNew(BEGINNING);
  await playground.press(playground.write);
  const first = await playground.words();
  await playground.undo.click();
  await playground.press(playground.write);
  expect(await playground.words()).toBe(first);
});

test('the model starts an article in an empty text', async ({ playground }) => {
  await playground.open();
  await playground.isReady();
  await playground.newText();
  await playground.press(playground.write);
  await expect(playground.text.locator('ins')).not.toHaveCount(0);
});

test('shortcuts generate, regenerate, undo and redo', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew(BEGINNING);
  const before = await playground.words();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText(/tokens written|article ends here/)).toBeAttached();
  const first = await playground.words();
  expect(first).not.toBe(before);
  await page.keyboard.press('Control+Shift+Enter');
  await expect.poll(() => playground.words()).not.toBe(first);
  await playground.isIdle();
  await page.keyboard.press('Alt+Enter');
  await expect(page.getByText('1 token written.')).toBeAttached();
  for (let i = 0; i < 3; i++) await page.keyboard.press('Control+z');
  expect(await playground.words()).toBe(before);
  await page.keyboard.press('Control+Shift+z');
  expect(await playground.words()).toBe(first);
  await page.keyboard.press('Control+,');
  await expect(page.getByRole('spinbutton', { name: names.TEMPERATURE })).toBeVisible();
});

test('typing during a generation stops it', async ({ playground, page }) => {
  await playground.open('', LONG);
  await playground.isReady();
  await playground.startNew(BEGINNING);
  await playground.write.click();
  await expect(page.getByText(/tokens\/s/)).toBeVisible();
  await playground.text.focus();
  await page.keyboard.press('Control+Home');
  await page.keyboard.insertText('First. ');
  await playground.isIdle();
  const words = await playground.words();
  expect(words).toMatch(/^First\. /);
  await page.waitForTimeout(300);
  expect(await playground.words()).toBe(words);
});

test('screen readers announce sentences, not tokens', async ({ playground, page }) => {
  await playground.open('', { length: 150, atArticleEnd: 'continue' });
  await playground.isReady();
  await playground.startNew(BEGINNING);
  const status = page.locator('[role=status].for-listeners');
  await status.evaluate((element) => {
    const said: string[] = [];
    Object.assign(globalThis, { said });
    const hear = () => said.push(element.textContent);
    new MutationObserver(hear).observe(element, { characterData: true, childList: true, subtree: true });
  });
  await playground.press(playground.write);
  await expect(status).toHaveText(/150 tokens written\.$/);
  const said = await page.evaluate(() => (globalThis as unknown as { said: string[] }).said);
  expect(said.length).toBeLessThan(20);
  const letters = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, '');
  const written = letters((await playground.text.locator('ins').allInnerTexts()).join(''));
  expect(written.length).toBeGreaterThan(100);
  expect(letters(said.join(''))).toContain(written.slice(0, 40));
});

test('undo restores replaced, pasted and deleted words', async ({ playground, page }) => {
  await playground.open();
  await playground.startNew('');
  await page.keyboard.type('A long sentence.');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('x');
  await expect(playground.text).toHaveText('x');
  await page.keyboard.press('Control+z');
  await expect(playground.text).toHaveText('A long sentence.');
  await page.keyboard.press('Control+End');
  await page.keyboard.type(' More.');
  await playground.paste(' Pasted.', 2);
  await page.keyboard.type('!');
  await page.keyboard.press('Control+z');
  await expect(playground.text).toHaveText('A long sentence. More. Pasted. Pasted.');
  await page.keyboard.press('Control+z');
  await expect(playground.text).toHaveText('A long sentence. More.');
  for (let n = 0; n < 6; n++) await page.keyboard.press('Backspace');
  await page.keyboard.press('Control+z');
  await expect(playground.text).toHaveText('A long sentence. More.');
  await page.keyboard.press('Control+z');
  await expect(playground.text).toHaveText('A long sentence.');
});

test('the first heading is the title', async ({ playground, page }) => {
  await playground.open();
  await playground.startNew('= Green tea =\n\nA drink.');
  await expect(playground.title).toHaveAccessibleName(names.titled('Green tea'));
  await expect(page).toHaveTitle('Green tea');
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('End');
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft');
  await page.keyboard.insertText('leaf ');
  await expect(playground.title).toHaveAccessibleName(names.titled('Green leaf tea'));
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('A drink.');
  await expect(playground.title).toHaveAccessibleName(names.titled('A drink.'));
  await expect(page).toHaveTitle('LeaPformer Playground');
});

test('sampled text is marked, and typed text is not', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew(BEGINNING);
  await playground.press(playground.write);
  await expect(page.locator('.sampled-bar')).toHaveCount(1);
  const place = async (of: string) => (await page.locator(of).boundingBox())!;
  expect((await place('.sampled-last')).y).toBe((await place('.sampled-bar')).y);
  await playground.press(playground.oneToken);
  const [bar, last] = [await place('.sampled-bar'), await place('.sampled-last')];
  expect(last.x).toBe(bar.x);
  expect(last.y + last.height).toBe(bar.y + bar.height);
  const underline = page.locator('.sampled-first'); // under the first sampled word, which follows typed words
  await expect(underline).toHaveCount(1);
  const [line, words] = await Promise.all([
    underline.boundingBox(),
    playground.text.locator('ins').first().boundingBox(),
  ]);
  expect(line!.width).toBeGreaterThan(4);
  expect(line!.x).toBeGreaterThanOrEqual(words!.x - 1);
  const sampled = (await playground.text.locator('ins').allInnerTexts()).join('');
  expect(BEGINNING).not.toContain(sampled);
  await page.keyboard.press('Control+Home');
  await page.keyboard.insertText('x');
  expect((await playground.text.locator('ins').allInnerTexts()).join('')).toBe(sampled);
});

test('settings survive a reload, and reset to the defaults', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await page.getByRole('button', { name: names.SETTINGS, exact: true }).click();
  const own = String(model.manifest.sampling.temperature);
  const temperature = page.getByRole('spinbutton', { name: names.TEMPERATURE });
  await expect(temperature).toHaveValue(own);
  await playground.unfoldSampling();
  const sequencePenalty = page.getByRole('spinbutton', { name: names.SEQUENCE_PENALTY });
  await expect(sequencePenalty).toHaveValue('1');
  await sequencePenalty.fill('0');
  await temperature.fill('0.3');
  await page.getByRole('radio', { name: names.NEXT_ARTICLE }).check();
  await page.reload();
  await playground.isReady();
  await page.getByRole('button', { name: names.SETTINGS, exact: true }).click();
  await expect(temperature).toHaveValue('0.3');
  await playground.unfoldSampling();
  await expect(sequencePenalty).toHaveValue('0');
  await expect(page.getByRole('radio', { name: names.NEXT_ARTICLE })).toBeChecked();
  await temperature.fill('99');
  await temperature.blur();
  await expect(temperature).toHaveValue('2');
  await page.getByRole('button', { name: names.RESET }).click();
  await expect(temperature).toHaveValue(own);
  await expect(sequencePenalty).toHaveValue('1');
});

test('a selection in text that is replaced does not break the next paste', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew('The wren sings.');
  await playground.text.focus();
  await page.keyboard.press('ArrowLeft');
  for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowLeft');
  await page.getByRole('button', { name: names.NEW, exact: true }).click(); // the editor loses the focus
  await page.getByRole('button', { name: 'A bird' }).click();
  await expect(playground.text).toContainText('warbler');
  await playground.paste('A robin.', 1);
  await expect(playground.text).toContainText('A robin.');
});
