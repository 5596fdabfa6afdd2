import { findsNothing } from './axe';
import { head, KEY, lens, matrix, openLens, percent, SIZE, sentence, showpiece, view } from './lens';
import * as names from './names';
import { picture } from './pictures';
import { expect, test } from './playground';

test('the tour is offered once, and goes through five steps on the text of the page', async ({
  playground,
  page,
}) => {
  await playground.open();
  await openLens(playground, page);
  await head(page, 1, 1).click();
  await lens(page).getByRole('button', { name: names.OFFERED_TOUR }).click();
  const tour = lens(page).getByRole('region', { name: names.TOUR });
  const [before, after] = [percent(showpiece.similarity), percent(showpiece.reweighted)];
  const steps = [
    new RegExp(
      `head ${showpiece.layer + 1}\\.${showpiece.head + 1} looks back at .*: \\d+% goes to “${KEY}”`,
    ),
    `“${KEY}” gets ${before} by similarity alone, and ${after} with proportions`,
    /In head \d\.\d, the one that forgets fastest, “\w+” itself gets (under )?\d+% by similarity alone, and \d+%/,
    /picture of \d+ by \d+ tokens.* [\d.]+ MB at any length\. Standard attention would keep [\d.]+ [MG]B/,
    /perplexity of this text goes from \d\.\d to \d\.\d\./,
  ];
  for (const [n, words] of steps.entries()) {
    await expect(tour).toContainText(`${n + 1} of 5`);
    await expect(tour).toContainText(words);
    const memory = page.getByRole('button', { name: names.MEMORY });
    const outline = () => memory.evaluate((meter) => getComputedStyle(meter).outlineStyle);
    await expect.poll(outline).toBe(n === 3 ? 'solid' : 'none');
    if (n === 3) await expect(matrix(page)).toBeVisible();
    if (n < 4) await tour.getByRole('button', { name: names.NEXT }).click();
  }
  await findsNothing(page);
  await picture(page, 'lens/tour', SIZE);
  await tour.getByRole('button', { name: names.DONE }).click();
  await expect(tour).toHaveCount(0);
  await expect(lens(page).getByRole('radio', { name: names.LEARNED })).toBeChecked();
  await page.getByRole('button', { name: names.closing(names.LENS) }).click();
  await openLens(playground, page);
  await expect(lens(page).getByRole('button', { name: names.OFFERED_TOUR })).toHaveCount(0);
  await page.getByRole('button', { name: names.TOUR, exact: true }).click();
  await expect(tour).toContainText('1 of 5');
});

test('fills the window beside a column of text, and the matrix is as high as the window', async ({
  playground,
  page,
}) => {
  await playground.open();
  await openLens(playground, page);
  await view(page, names.MATRIX).click();
  const before = (await matrix(page).boundingBox())!.height;
  await page.getByRole('button', { name: names.FULL_WINDOW }).click();
  await expect.poll(async () => (await matrix(page).boundingBox())!.height).toBeGreaterThan(before + 20);
  await expect(sentence(page)).toBeInViewport({ ratio: 1 });
  await expect(playground.write).toBeInViewport({ ratio: 1 });
  expect((await playground.text.boundingBox())!.width).toBeGreaterThan(280);
  await picture(page, 'lens/window', { width: 1280, height: 800 });
});

test.describe('below 960 px', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });

  test('is a sheet of three heights above the buttons, and the chosen word stays in sight', async ({
    playground,
    page,
  }) => {
    await playground.open();
    await playground.isReady();
    await page.getByRole('button', { name: names.OPEN_LENS, exact: true }).tap();
    await expect(sentence(page)).toBeInViewport({ ratio: 1 });
    await expect(lens(page).locator('.lens-rows tr:visible')).toHaveCount(3);
    const heights: number[] = [];
    for (const name of [names.TALLER, names.TALLER, names.LOWER]) {
      heights.push((await page.locator('.rail').boundingBox())!.height);
      await expect(playground.chosen.first()).toBeInViewport();
      await expect(playground.write).toBeInViewport({ ratio: 1 });
      await page.getByRole('button', { name, exact: true }).tap();
      await expect
        .poll(async () => (await page.locator('.rail').boundingBox())!.height)
        .not.toBe(heights.at(-1));
    }
    expect(heights).toEqual(heights.toSorted((a, b) => a - b));
    await view(page, names.MATRIX).tap();
    await expect(matrix(page)).toBeVisible();
    await playground.raiseLens();
    const scrolled = () => page.locator('.rail-body').evaluate((body) => body.scrollTop);
    await matrix(page).evaluate((canvas) => canvas.scrollIntoView({ block: 'center' }));
    const at = await scrolled();
    const { x, y } = (await matrix(page).boundingBox())!;
    const client = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', up: number | null) =>
      client.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: up === null ? [] : [{ x: x + 100, y: y + 150 - up }],
      });
    await touch('touchStart', 0);
    for (let up = 15; up <= 150; up += 15) await touch('touchMove', up);
    await touch('touchEnd', null);
    await expect.poll(scrolled).toBeGreaterThan(at + 50);
  });
});
