import { findsNothing, TWO_LOOKS } from './axe';
import * as names from './names';
import { expect, test } from './playground';

const BEGINNING = '= Tea =\n\nTea is a drink that is made';

test('by keyboard: steps through tokens, and replaces one with an alternative', async ({
  playground,
  page,
}) => {
  // a fixed seed, whose alternatives are words that the test can find in the text
  await playground.open('', { seed: 7, randomSeed: false });
  await playground.isReady();
  await playground.startNew(BEGINNING);
  await playground.press(playground.write);
  const before = await playground.words();
  await page.keyboard.press('Control+,');
  await page.getByRole('tab', { name: names.TOKEN }).focus();
  const panel = page.getByRole('region', { name: names.TOKEN });
  await playground.text.focus();
  await page.keyboard.press('Control+End');
  for (let i = 0; i < 4; i++) await page.keyboard.press('Alt+ArrowLeft');
  await expect(panel).toContainText(/Token \d+, written by the model/);
  await expect(panel.getByRole('listitem')).toHaveCount(10);
  await expect(panel.getByRole('listitem').first()).toContainText(/after sampling/);
  const place = Number(/Token (\d+)/.exec(await panel.innerText())![1]);
  await page.keyboard.press('Alt+ArrowRight');
  await expect(panel).toContainText(`Token ${place + 1},`);
  await page.keyboard.press('Alt+ArrowLeft');

  // An alternative other than the current token.
  const other = panel.getByRole('button', { name: /%/ }).and(page.locator('[aria-current="false"]')).first();
  const words = (await other.locator('code').innerText()).replaceAll('·', ' ');
  await page.keyboard.press(`Alt+${(await other.locator('kbd').innerText()).trim()}`);
  await expect.poll(() => playground.words()).not.toBe(before);
  await playground.isIdle();
  const after = await playground.words();
  expect(after).toContain(words.trim());
  await playground.undo.click();
  expect(await playground.words()).toBe(before);
  await playground.redo.click();
  expect(await playground.words()).toBe(after);
});

test('the model reads a short text by itself, a long one after a press, and hovering shows alternatives', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew('Tea 🫖 is\n');
  await playground.openPanel(names.TOKEN);
  await expect.poll(() => playground.colours()).toBeGreaterThan(0);
  const panel = page.getByRole('region', { name: names.TOKEN });
  await playground.text.getByText('Tea').hover({ position: { x: 10, y: 10 } });
  await expect(panel).toContainText(/Token \d+, typed/);
  await expect(panel.getByRole('listitem')).toHaveCount(10);
  await page.mouse.move(0, 0);

  // Special characters and bytes are visible.
  await playground.text.focus();
  await page.keyboard.press('Control+End');
  const glyphs: string[] = [];
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press('Alt+ArrowLeft');
    glyphs.push(await panel.locator('.token-glyph').innerText());
  }
  expect(glyphs.join('')).toMatch(/␊.*·is.*<0x.*·/);

  await playground.paste('Tea is a drink. ', 700);
  await expect(page.getByRole('button', { name: names.SCORE_TEXT })).toBeVisible();
});

test('branches can be opened, named, deleted and exported, and survive a reload', async ({
  playground,
  page,
}) => {
  await playground.open('', { sampler: { temperature: 2, topP: 1, minP: 0 } });
  await playground.isReady();
  await playground.startNew(BEGINNING);
  await playground.press(playground.write);
  const first = await playground.words();
  await playground.press(playground.regenerate);
  const second = await playground.words();
  await playground.openPanel(names.BRANCHES);
  const tree = page.getByRole('list', { name: names.BRANCHES });
  const texts = tree.locator('.branch-text');
  await expect(texts).toHaveCount(3); // the common beginning, and both continuations

  await texts.nth(1).press('Enter');
  expect(await playground.words()).toBe(first);
  await page.getByRole('button', { name: names.NAME_BRANCH }).first().press('Enter');
  await page.keyboard.type('hot');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Name hot' })).toBeFocused();
  await expect(tree).toContainText('hot');

  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: names.JSON_FILE }).click();
  const file = await (await saved).createReadStream();
  let json = '';
  for await (const part of file) json += part;
  expect(JSON.parse(json).tree.children).toMatchObject([{ name: 'hot', here: true }, {}]);

  await page.reload();
  await playground.isReady();
  await playground.openPanel(names.BRANCHES);
  await expect(tree).toContainText('hot');
  await texts.nth(2).click();
  expect(await playground.words()).toBe(second);

  await page.getByRole('button', { name: names.DELETE_BRANCH }).first().click();
  await expect(tree).not.toContainText('hot');
  await playground.undo.click();
  await expect(tree).toContainText('hot');
});

test('after an edit, the model continues from the cursor, and the old text stays as a branch', async ({
  playground,
  page,
}) => {
  await playground.open('', { seed: 7, randomSeed: false, atArticleEnd: 'continue' });
  await playground.isReady();
  await playground.startNew('Tea is a drink that is made');
  await playground.press(playground.write);
  const before = await playground.words();
  await playground.text.focus();
  await page.keyboard.press('Control+Home');
  for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.insertText(' not');
  const edited = await playground.words();
  await page.keyboard.press('Control+Alt+Enter');
  await playground.isIdle();
  const after = await playground.words();
  expect(after).toMatch(/^Tea is not./);
  expect(after).not.toBe(edited);
  expect(after).not.toContain('a drink that is made');
  await page.keyboard.press('Control+b');
  await expect(page.getByRole('list', { name: names.BRANCHES })).toContainText('a drink that is made');
  for (const expected of [edited, before]) {
    await playground.undo.click();
    expect(await playground.words()).toBe(expected);
  }
});

for (const { name, colorScheme, width } of TWO_LOOKS)
  test.describe(name, () => {
    test.use({ colorScheme, viewport: { width, height: 740 } });

    test('axe finds no violation in the panel and the colours', async ({ playground, page }) => {
      await playground.open();
      await playground.isReady();
      await playground.openPanel(names.TOKEN);
      await page.getByRole('button', { name: names.PREVIOUS_TOKEN }).click();
      await expect(page.getByRole('region', { name: names.TOKEN }).getByRole('listitem')).toHaveCount(10);
      await expect.poll(() => playground.colours()).toBeGreaterThan(0);
      // On a narrow page, the token is above the sheet.
      const box = async (of: string) => (await page.locator(of).boundingBox())!;
      const end = () => box('.token.chosen').then(({ y, height }) => y + height);
      if (width === 360) {
        await expect.poll(end).toBeLessThanOrEqual((await box('.sheet')).y);
        const { y } = await box('.token.chosen');
        await page
          .locator('.cm-line')
          .filter({ hasText: /^The band/ })
          .click({ position: { x: 9, y: 9 } });
        await expect.poll(async () => (await box('.token.chosen')).y).not.toBe(y);
      }
      await findsNothing(page);
      await page.getByRole('radio', { name: names.RANK }).check();
      await findsNothing(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);

      await page.getByRole('button', { name: names.closing(names.TOKEN) }).click();
      await playground.press(playground.write);
      await playground.press(playground.regenerate);
      await playground.openPanel(names.BRANCHES);
      await expect(page.locator('.branch-text')).not.toHaveCount(1);
      await findsNothing(page);
    });
  });

test('a clicked token gets the probabilities after sampling, also if the pointer has rested on it before the click', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew(BEGINNING);
  await playground.press(playground.oneToken); // encodes the text
  await playground.openPanel(names.TOKEN);
  const panel = page.getByRole('region', { name: names.TOKEN });
  const word = playground.text.getByText('Tea is a drink').first();
  await word.hover({ position: { x: 10, y: 10 } });
  await expect(panel).toContainText(/Token \d+, typed/);
  await expect(panel.getByRole('listitem')).toHaveCount(10); // the model has read the text by itself
  await page.waitForTimeout(500); // the pointer rests longer than the panel waits
  await expect(panel.locator('.share-sampler')).toHaveCount(0);
  await word.click({ position: { x: 10, y: 10 } });
  await expect(panel.locator('.share-sampler')).toHaveCount(10);
  await page.keyboard.insertText('!'); // the cursor stays where the pointer pressed
  await expect(playground.text).toContainText(/T!ea|Te!a/);
});
