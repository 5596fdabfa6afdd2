import { readFile } from 'node:fs/promises';
import { findsNothing } from './axe';
import { head, KEY, lens, matrix, openLens, percent, SIZE, sentence, showpiece, token, view } from './lens';
import * as names from './names';
import { picture } from './pictures';
import { expect, holdWeights, LONG, model, PlaygroundPage, test } from './playground';

const VIEWS = [names.LENS_WORDS, names.MATRIX, names.PROPORTIONS, names.ALL_HEADS];

test('opens the example on its showpiece, in words and in the figures of the example', async ({
  playground,
  page,
}) => {
  await playground.open();
  await openLens(playground, page);
  await expect(token(page)).toHaveValue(String(showpiece.query));
  const name = `${showpiece.layer + 1}.${showpiece.head + 1}`;
  const change = `from ${percent(showpiece.similarity)} to ${percent(showpiece.reweighted)}`;
  await expect(sentence(page)).toContainText(
    new RegExp(`^Reading “\\w+”, head ${name} looks back at .* tokens earlier`),
  );
  await expect(sentence(page)).toContainText(`Learned proportions raise “${KEY}” ${change}.`);
  const first = lens(page).locator('.lens-rows tr').first();
  await expect(first).toContainText(KEY);
  await expect(first).toContainText(`${percent(showpiece.similarity)} → ${percent(showpiece.reweighted)}`);
  await expect(head(page, showpiece.layer + 1, showpiece.head + 1)).toHaveAttribute('aria-pressed', 'true');
  await expect(lens(page)).toContainText('A strong case, found by a search');
  await expect(lens(page)).toContainText(
    new RegExp(`Over all ${model.heads} heads, proportions (narrow|widen) the span by \\d+% on average`),
  );
  await expect.poll(() => playground.colours()).toBeGreaterThan(0);
  await picture(page, 'lens/words', SIZE);

  const chosen = await playground.chosenPlace();
  await first.getByRole('button').hover();
  await expect(page.locator('.token.hovered')).toHaveCount(1);
  await expect(lens(page).locator('.lens-hovered')).toContainText(`“${KEY}”`);
  await first.getByRole('button').click();
  await expect.poll(() => playground.chosenPlace()).not.toBe(chosen);
  await expect(sentence(page)).toContainText(`“${KEY}”, head`);
  await page.getByRole('button', { name: names.closing(names.LENS) }).click();
  await expect(page.locator('.token')).toHaveCount(0);
  await expect.poll(() => playground.colours()).toBe(0);
});

for (const colorScheme of ['light', 'dark'] as const)
  test(`the three largest words carry their share, and the text keeps its lines (${colorScheme})`, async ({
    playground,
    page,
  }) => {
    await page.emulateMedia({ colorScheme });
    await playground.open();
    await openLens(playground, page);
    const labels = page.locator('.token-label');
    await expect(labels).toHaveCount(3);
    const first = lens(page).locator('.lens-rows tr').first();
    const share = await first.locator('b').innerText();
    await expect(labels.filter({ hasText: share })).toHaveCount(1);
    expect(await labels.first().evaluate((label) => label.closest('[aria-hidden=true]') !== null)).toBe(true);
    expect(await labels.first().evaluate((label) => getComputedStyle(label).fontSize)).toBe('11px');
    const heights = () =>
      page.locator('.cm-line').evaluateAll((lines) => lines.map((line) => line.clientHeight));
    const before = await heights();
    await first.getByRole('button').click();
    await expect(labels.filter({ hasText: share })).toHaveCount(0);
    expect(await heights()).toEqual(before);
    await page.emulateMedia({ forcedColors: 'active' });
    await expect(labels.first()).toBeVisible();
    await page.emulateMedia({ forcedColors: 'none' });
    await view(page, names.MATRIX).click();
    await expect(labels).toHaveCount(0);
  });

test('opens on the word at the cursor, or on a pair of words', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew(
    '= Tea =\n\nTea is a drink from leaves of a plant. The leaves of this plant are dried in the sun, and later the farmers sell them to traders in the city of London.',
  );
  await openLens(playground, page);
  await expect(sentence(page)).toContainText(/^Reading “\w{4,}”, head \d\.\d looks/);
  const pair = await token(page).inputValue();
  await page.getByRole('button', { name: names.closing(names.LENS) }).click();
  await playground.text.getByText('Tea is').click({ position: { x: 80, y: 10 } });
  await openLens(playground, page);
  await expect.poll(async () => Number(await token(page).inputValue())).toBeLessThan(12);
  expect(Number(pair)).toBeGreaterThan(20);
});

test('the grid chooses a head by click and arrow keys, and averages', async ({ playground, page }) => {
  await playground.open();
  await openLens(playground, page);
  await expect(head(page, 1, 1)).toHaveAttribute('aria-label', /spreads over [\d.]+ tokens/);
  await head(page, 2, 2).click();
  await expect(sentence(page)).toContainText('head 2.2 ');
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowLeft']) await page.keyboard.press(key);
  await expect(head(page, 4, 2)).toBeFocused();
  await expect(sentence(page)).toContainText(/[Hh]ead 4\.2 /);
  await head(page, 1, 3).hover();
  await expect(lens(page)).toContainText(/Head 1\.3: (self|structure|far|local|broad)\. Spreads over/);
  await lens(page).getByRole('button', { name: names.AVERAGE_OF_ALL }).click();
  await expect(sentence(page)).toContainText(`the average of all ${model.heads} heads`);
  await lens(page)
    .getByRole('button', { name: names.averageOfLayer(2) })
    .click();
  await expect(sentence(page)).toContainText('the average of layer 2');
  await lens(page).getByLabel(names.LENS_MEASURE, { exact: true }).selectOption('contribution');
  await expect(sentence(page)).toContainText(/output of the average of layer 2/);

  await view(page, names.ALL_HEADS).click();
  const table = lens(page).getByRole('table', { name: names.HEADS_IN_NUMBERS });
  await expect(table.getByRole('row')).toHaveCount(1 + model.heads);
  await picture(page, 'lens/all-heads', SIZE);
  const spans = async () => (await table.locator('td:nth-child(3)').allInnerTexts()).map(Number);
  await table.getByRole('button', { name: 'Span' }).click();
  expect(await spans()).toEqual((await spans()).toSorted((a, b) => b - a));
  const [widest] = await table.locator('tbody th').allInnerTexts();
  await table.getByRole('button', { name: widest, exact: true }).click();
  await expect(sentence(page)).toContainText(new RegExp(`[Hh]ead ${widest} `));
});

test('follows a generation, and a click holds', async ({ playground, page }) => {
  await playground.open('', LONG);
  await openLens(playground, page);
  const before = Number(await token(page).getAttribute('max'));
  await playground.write.click();
  for (const written of [0, 20]) {
    await expect.poll(async () => Number(await token(page).inputValue())).toBeGreaterThan(before + written);
    await expect(playground.stop).toBeVisible();
  }
  await expect(page.getByRole('checkbox', { name: names.FOLLOW })).toBeChecked();
  await lens(page).locator('.lens-rows button:enabled').first().click();
  await expect(page.getByRole('checkbox', { name: names.FOLLOW })).not.toBeChecked();
  const held = await token(page).inputValue();
  await page.getByRole('checkbox', { name: names.FOLLOW }).check();
  await expect.poll(async () => Number(await token(page).inputValue())).toBeGreaterThan(Number(held));
  await playground.stop.click();
  await playground.isIdle();
  await token(page).press('ArrowLeft');
  await expect(token(page)).toHaveValue(String(Number(await token(page).getAttribute('max')) - 1));
});

test('the switch runs the text by position and without proportions, and states the perplexities', async ({
  playground,
  page,
}) => {
  await playground.open();
  await openLens(playground, page);
  const learned = await sentence(page).innerText();
  const choose = (name: string) => lens(page).getByRole('radio', { name, exact: true }).check();
  await choose(names.OFF);
  const finding = lens(page).locator('.lens-finding');
  await expect(finding.first()).toContainText(
    /^Off: this text gets harder to predict, perplexity [\d.]+ → [\d.]+\.$/,
  );
  await expect(sentence(page)).not.toContainText('proportions');
  await expect(lens(page).locator('.lens-key')).not.toContainText('proportions');
  await expect(lens(page)).toContainText('Most of this text was written by this very model');
  await picture(page, 'lens/off', SIZE);
  await lens(page).getByText('Method', { exact: true }).click();
  const downloading = page.waitForEvent('download');
  await lens(page).getByRole('button', { name: names.SAVE_JSON }).click();
  const saved = JSON.parse(await readFile(await (await downloading).path(), 'utf8'));
  expect(saved.sentence).toBe(await sentence(page).innerText());
  expect(saved.heads).toHaveLength(model.heads);
  expect(saved.perplexity.changed).toBeGreaterThan(saved.perplexity.learned);
  const value = await token(page).inputValue();
  await finding.nth(1).getByRole('button').first().click();
  await expect(token(page)).not.toHaveValue(value);
  await choose(names.BY_POSITION);
  await expect(finding.first()).toContainText(/^By position: this text gets/);
  await expect(sentence(page)).toContainText('Proportions by position');
  await choose(names.LEARNED);
  await expect(finding).toContainText(
    /^Perplexity of this text: learned [\d.]+, by position [\d.]+, off [\d.]+\.$/,
  );
  await expect(sentence(page)).toContainText('Learned proportions');
  expect(learned).toContain('Learned proportions');
});

test('keys move through the matrix, it can be exported, and a link reopens the same view', async ({
  playground,
  page,
  browser,
}) => {
  await playground.open();
  await openLens(playground, page);
  await head(page, 3, 3).click();
  await view(page, names.MATRIX).click();
  await expect(matrix(page)).toBeVisible();
  await picture(page, 'lens/matrix', SIZE);
  await lens(page).getByLabel(names.LENS_SHOW, { exact: true }).selectOption('re-weighting alone');
  await expect(lens(page).locator('.lens-readout')).toContainText(
    /: \d\.\d{3}, [\d.]+ times the row’s median$/,
  );

  const readout = lens(page).locator('.lens-readout');
  const before = await readout.innerText();
  await matrix(page).focus();
  for (const key of ['ArrowUp', 'Shift+ArrowLeft', '+', '+', 'Enter']) await page.keyboard.press(key);
  expect(await readout.innerText()).not.toBe(before);
  expect(await readout.innerText()).toMatch(/looks back at .*: \d\.\d{3}, /);

  const saved = async (button: string) => {
    const downloading = page.waitForEvent('download');
    await lens(page).getByRole('button', { name: button }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(/^lens-layer3-head3-reweighting\.(png|csv)$/);
    return readFile(await download.path());
  };
  expect((await saved('Save as PNG')).subarray(1, 4).toString()).toBe('PNG');
  const lines = (await saved('Save as CSV')).toString().trim().split('\r\n');
  expect(Number(lines.at(-1)!.split(',')[0])).toBe(lines.length - 2); // one row per token, after the header
  expect(lines[3].split(',')).toHaveLength(2 + 3);

  const chosen = await playground.chosenPlace();
  await page.getByRole('button', { name: names.SHARE, exact: true }).click();
  const link = await page.getByRole('textbox', { name: names.LINK }).inputValue();
  const theirPage = await browser.newPage();
  const friend = new PlaygroundPage(theirPage);
  const letGo = await holdWeights(theirPage);
  await theirPage.goto(link);
  await expect(lens(theirPage)).toContainText('Opens when the model has loaded');
  letGo();
  await expect(matrix(theirPage)).toBeVisible();
  await expect(head(theirPage, 3, 3)).toHaveAttribute('aria-pressed', 'true');
  await expect(lens(theirPage).getByLabel(names.LENS_SHOW, { exact: true })).toHaveValue('reweighting');
  await expect.poll(() => friend.chosenPlace()).toBe(chosen);
  await theirPage.close();
});

test('the proportions of a head show their figures', async ({ playground, page }) => {
  await playground.open();
  await openLens(playground, page);
  await view(page, names.PROPORTIONS).click();
  await expect(lens(page).getByRole('row', { name: names.SIMILARITY_ALONE })).toContainText(/\d/);
  await picture(page, 'lens/proportions', SIZE);
  await lens(page).getByRole('radio', { name: names.OFF, exact: true }).check();
  await expect(lens(page)).toContainText('The model runs without proportions.');
});

for (const { colorScheme, width } of [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 360 },
] as const)
  test.describe(`${colorScheme}, ${width} px wide`, () => {
    test.use({ colorScheme, viewport: { width, height: 740 } });

    test('axe finds no violation in any view, and nothing overflows', async ({ playground, page }) => {
      await playground.open();
      await openLens(playground, page);
      const frame = page.locator('.rail');
      const first = (await frame.boundingBox())!.width;
      for (const name of VIEWS) {
        await view(page, name).click();
        expect((await frame.boundingBox())!.width).toBe(first); // the text keeps its lines
        await expect(lens(page).locator('.lens-rows, canvas, .lens-table').first()).toBeVisible();
        await findsNothing(page);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        expect(
          await page.locator('.rail-body').evaluate((b) => b.scrollWidth - b.clientWidth),
        ).toBeLessThanOrEqual(0);
      }
    });
  });

test('the memory meter counts the state of the text alone, and names the memory of the open lens beside it', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.isReady();
  const meter = page.getByRole('button', { name: names.MEMORY });
  const state = meter.locator('.meter-state');
  const before = await state.innerText();
  await openLens(playground, page);
  await playground.press(playground.oneToken);
  await expect(state).toHaveText(before);
  await meter.click();
  const card = page.getByRole('dialog', { name: 'Memory' });
  await expect(card).toContainText(/The open lens adds [\d.]+ MB/);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: names.closing(names.LENS) }).click();
  await meter.click();
  await expect(card).toBeVisible();
  await expect(card).not.toContainText('lens');
});
