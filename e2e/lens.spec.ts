import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { findsNothing } from './axe';
import * as names from './names';
import { picture } from './pictures';
import { expect, LONG, model, PlaygroundPage, test } from './playground';

const SIZE = { width: 1120, height: 700 }; // of pictures

const VIEWS = [
  names.LENS_TEXT,
  names.MATRIX,
  names.PROPORTIONS,
  names.OVERVIEW,
  names.WHAT_IF,
  names.EXPLAIN,
];
const lens = (page: Page) => page.locator('.lens');
const view = (page: Page, name: string) => lens(page).getByRole('button', { name, exact: true });
const matrix = (page: Page) => lens(page).getByRole('img', { name: names.MATRIX_PICTURE });

async function openLens(playground: PlaygroundPage, page: Page): Promise<void> {
  await playground.isReady();
  await page.getByRole('button', { name: names.OPEN_LENS }).click();
  await expect(lens(page).locator('.lens-bars')).toBeVisible();
}

test('chooses a token, steps, follows the generation, and shows shares as numbers', async ({
  playground,
  page,
}) => {
  await playground.open('', LONG);
  await openLens(playground, page);
  const token = page.getByRole('slider', { name: names.LENS_TOKEN });
  const last = Number(await token.getAttribute('max'));
  await expect(token).toHaveValue(String(last));
  const shares = await lens(page).locator('.lens-number').allInnerTexts();
  expect(shares.every((share) => /^[\d.]+%$|^< 0\.01%$/.test(share))).toBe(true);

  await token.press('ArrowLeft');
  await expect(token).toHaveValue(String(last - 1));
  await expect(playground.chosen).toHaveCount(1);
  await expect.poll(() => playground.colours()).toBeGreaterThan(0);
  await playground.text
    .getByText('Tidewater')
    .first()
    .click({ position: { x: 10, y: 10 } });
  await expect.poll(async () => Number(await token.inputValue())).toBeLessThan(100);
  await expect(lens(page)).toContainText('not an attribution');
  await lens(page).getByLabel(names.LENS_OF, { exact: true }).selectOption('one head');
  await lens(page).getByLabel(names.LAYER, { exact: true }).selectOption({ label: '3' });
  await lens(page).getByLabel(names.HEAD, { exact: true }).selectOption({ label: '3' });
  await lens(page).getByLabel(names.LENS_MEASURE, { exact: true }).selectOption('contribution');
  const { x, y, width, height } = (await playground.chosen.boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  await expect(lens(page).locator('.lens-hovered')).toContainText('%');

  await page.getByRole('checkbox', { name: names.FOLLOW }).check();
  await lens(page).getByLabel(names.LENS_MEASURE, { exact: true }).selectOption('attention');
  await expect(lens(page).locator('.lens-caption').first()).toContainText('The share of attention that');
  await picture(page, 'lens/text', SIZE);
  await playground.write.click();
  for (const written of [0, 20]) {
    await expect.poll(async () => Number(await token.inputValue())).toBeGreaterThan(last + written);
    await expect(playground.stop).toBeVisible(); // it follows during a generation
  }
  await playground.stop.click();
  await playground.isIdle();
  const end = await lens(page).locator('.lens-stepper b').innerText();
  await expect(lens(page).locator('.lens-caption').first()).toContainText(
    `The share of attention that ${end} gives to`,
  );
  await page.getByRole('button', { name: names.closing(names.LENS) }).click();
  await expect(page.locator('.token')).toHaveCount(0);
  await expect.poll(() => playground.colours()).toBe(0);
});

test('keys move through the matrix, it can be exported, and a link reopens the same view', async ({
  playground,
  page,
  browser,
}) => {
  await playground.open();
  await openLens(playground, page);
  await view(page, names.OVERVIEW).click();
  await expect(lens(page).locator('.lens-head')).toHaveCount(model.heads);
  await picture(page, 'lens/overview', SIZE);
  await lens(page).locator('tr').nth(3).locator('.lens-head').nth(2).click();
  await expect(matrix(page)).toBeVisible();
  await expect(lens(page).getByLabel(names.LAYER, { exact: true })).toHaveValue('2');
  await expect(lens(page).getByLabel(names.HEAD, { exact: true })).toHaveValue('2');
  await picture(page, 'lens/matrix', SIZE);
  await lens(page).getByLabel(names.LENS_SHOW, { exact: true }).selectOption('re-weighting alone');
  await expect(lens(page).locator('.lens-readout')).toContainText(/: \d\.\d{3}$/);

  const readout = lens(page).locator('.lens-readout');
  const before = await readout.innerText();
  await matrix(page).focus();
  for (const key of ['ArrowUp', 'Shift+ArrowLeft', '+', '+', 'Enter']) await page.keyboard.press(key);
  expect(await readout.innerText()).not.toBe(before);
  expect(await readout.innerText()).toMatch(/looks back at .*: \d\.\d{3}$/);

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
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await theirPage.route('**/model.safetensors', (route) => held.then(() => route.continue()));
  await theirPage.goto(link);
  await expect(lens(theirPage)).toContainText('Opens when the model has loaded');
  letGo();
  await expect(matrix(theirPage)).toBeVisible();
  await expect(lens(theirPage).getByLabel(names.LAYER, { exact: true })).toHaveValue('2');
  await expect(lens(theirPage).getByLabel(names.LENS_SHOW, { exact: true })).toHaveValue('reweighting');
  await expect.poll(() => friend.chosenPlace()).toBe(chosen);
  await theirPage.close();
});

test('proportions, what if, and the tour show their figures', async ({ playground, page }) => {
  await playground.open();
  await openLens(playground, page);
  await view(page, names.PROPORTIONS).click();
  await lens(page).getByLabel(names.LAYER, { exact: true }).selectOption({ label: '3' });
  await lens(page).getByLabel(names.HEAD, { exact: true }).selectOption({ label: '3' });
  await expect(lens(page).getByRole('row', { name: names.SIMILARITY_ALONE })).toContainText(/\d/);
  await picture(page, 'lens/proportions', SIZE);

  await view(page, names.WHAT_IF).click();
  await expect(lens(page)).toContainText('was trained with learned re-weighting');
  await lens(page).getByLabel(names.REPLACE_PROPORTIONS, { exact: true }).selectOption('static (cosFormer)');
  await lens(page).getByRole('button', { name: names.RUN_BOTH }).click();
  const perplexity = lens(page).getByRole('row', { name: names.PERPLEXITY });
  await expect(perplexity).toBeVisible();
  const [learned, changed] = (await perplexity.locator('td').allInnerTexts()).map(Number);
  expect(learned).toBeGreaterThan(1);
  expect(changed).not.toBe(learned);
  await expect(lens(page)).toContainText('min(position / 512, 1)');
  await picture(page, 'lens/what-if', SIZE);
  const beside = lens(page).locator('.lens-readout');
  await expect(beside).toContainText(/learned [<\d].*%, replaced [<\d].*%/);
  const atTheEnd = await beside.innerText();
  await lens(page).getByRole('img', { name: names.DIVERGENCE }).click(); // in the middle
  await expect(beside).not.toHaveText(atTheEnd);

  await view(page, names.EXPLAIN).click();
  await lens(page).getByRole('button', { name: names.NEXT_STEP }).click();
  await expect(lens(page)).toContainText('Step 2 of 5');
  await expect(lens(page).getByRole('link', { name: /2405\.13046/ })).toBeVisible();
  await expect(lens(page).locator('canvas')).toBeVisible();
  await picture(page, 'lens/explain', SIZE);
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
      for (const name of VIEWS) {
        await view(page, name).click();
        if (name === names.WHAT_IF) await lens(page).getByRole('button', { name: names.RUN_BOTH }).click();
        await expect(lens(page).locator('.lens-bars, canvas, .lens-head').first()).toBeVisible();
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
