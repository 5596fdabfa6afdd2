import type { Page } from '@playwright/test';
import * as names from './names';
import { expect, LONG, test } from './playground';

test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

/** Touch targets below 44 px, and fields with letters below 16 px, into which Safari zooms. */
function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const name = (element: Element) => element.getAttribute('aria-label') ?? element.textContent?.trim();
    const shown = (selector: string) =>
      [...document.querySelectorAll(selector)].filter(
        (element) => element.checkVisibility() && getComputedStyle(element).clipPath === 'none',
      );
    const targets = shown(
      'button, select, summary, [role="tab"], [role="option"], label:has(input), .heat-map-zoom > *, input',
    ).filter(
      (element) =>
        // A word in the lens can also be tapped in the text.
        !element.matches('label input:is([type="checkbox"], [type="radio"]), .lens-word'),
    );
    const small = targets.flatMap((element) => {
      const { width, height } = element.getBoundingClientRect();
      return Math.min(width, height) < 43.9
        ? [`${element.tagName} “${name(element)}”: ${width.toFixed()} x ${height.toFixed()}`]
        : [];
    });
    const zoomed = shown('input, textarea, select, [contenteditable="true"]').flatMap((element) =>
      Number.parseFloat(getComputedStyle(element).fontSize) < 16 ? [`letters of ${name(element)}`] : [],
    );
    return [...small, ...zoomed];
  });
}

test('touch targets are at least 44 px high and wide', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.press(playground.write);
  expect.soft(await tooSmall(page), 'page').toEqual([]);
  for (const panel of ['Settings', 'Token', 'Branches', 'Lens']) {
    await playground.openPanel(panel);
    if (panel === 'Token') await page.getByRole('button', { name: names.PREVIOUS_TOKEN }).click();
    await expect(page.locator('.lens-waiting')).toHaveCount(0);
    expect.soft(await tooSmall(page), panel).toEqual([]);
  }
  for (const view of ['Matrix', 'Proportions', 'All heads']) {
    await page.getByRole('button', { name: view, exact: true }).click();
    await expect(page.locator('.lens-waiting')).toHaveCount(0);
    expect.soft(await tooSmall(page), view).toEqual([]);
  }
  await page.getByRole('button', { name: names.closing(names.LENS) }).click();
  for (const card of [
    /^About the model/,
    /^Share/,
    /^Runs on/,
    /^More$/,
    /^Help/,
    /^LeaPformer/,
    /^New$/,
    /^Your texts/,
    /^Memory/,
  ]) {
    await playground.openCard(card);
    await expect(
      page.getByRole('dialog').getByRole('heading').or(page.getByRole('listitem')).first(),
    ).toBeVisible();
    expect.soft(await tooSmall(page), String(card)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
  for (const keys of ['Control+k', 'Control+j']) {
    await page.keyboard.press(keys);
    await expect(page.getByRole('dialog')).toBeVisible();
    expect.soft(await tooSmall(page), keys).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
});

test('the lens opens from the top bar, and the model generates and stops while a sheet is open', async ({
  playground,
  page,
}) => {
  await playground.open('', LONG);
  await playground.isReady();
  await page.getByRole('button', { name: names.OPEN_LENS }).tap();
  await expect(page.locator('.lens-rows')).toBeVisible();
  await playground.write.tap();
  await playground.stop.tap();
  await playground.isIdle();
  await expect(page.locator('.lens-rows')).toBeVisible();
  await expect(page.getByRole('main')).toBeInViewport({ ratio: 1 });
});

test('a tap on a word opens the keyboard only while no sheet is open', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  const word = playground.text.getByText('Tidewater').first();
  await word.tap();
  await expect(playground.text).toBeFocused();
  await playground.openSettings();
  await page.getByRole('tab', { name: names.TOKEN }).tap();
  await expect(playground.text).not.toBeFocused();
  await word.tap({ position: { x: 30, y: 8 } });
  await expect(playground.chosen).not.toHaveCount(0);
  await expect(playground.text).toHaveAttribute('inputmode', 'none');
  await page.getByRole('button', { name: names.closing(names.TOKEN) }).tap();
  await word.tap();
  await expect(playground.text).toHaveAttribute('inputmode', 'text');
});

/** In Safari, the keyboard covers the page, and only visualViewport gives the visible part. */
test('the caret and the buttons stay visible above the on-screen keyboard', async ({ playground, page }) => {
  await page.addInitScript(() => {
    const sight = Object.assign(new EventTarget(), {
      width: 360,
      height: 740,
      scale: 1,
      offsetTop: 0,
      offsetLeft: 0,
      pageTop: 0,
      pageLeft: 0,
    });
    Object.defineProperty(window, 'visualViewport', { value: sight });
  });
  const see = (change: Partial<VisualViewport>) =>
    page.evaluate((change) => {
      Object.assign(visualViewport!, change);
      visualViewport!.dispatchEvent(new Event('resize'));
    }, change);
  const within = async (bottom: number, top = 0) => {
    await expect(async () => {
      const boxes = [await playground.write.boundingBox(), await caret()]; // the editor scrolls in the next frame
      for (const box of boxes) {
        expect(box!.y).toBeGreaterThanOrEqual(top);
        expect(box!.y + box!.height).toBeLessThanOrEqual(bottom);
      }
      expect(boxes[1]!.y + boxes[1]!.height).toBeLessThanOrEqual(boxes[0]!.y);
    }).toPass({ timeout: 5000 });
  };
  const caret = () =>
    page.evaluate(() => {
      const { focusNode, focusOffset } = getSelection()!;
      const range = document.createRange();
      range.setStart(focusNode!, Math.max(focusOffset - 1, 0));
      range.setEnd(focusNode!, focusOffset);
      const { x, y, width, height } = range.getBoundingClientRect();
      return { x, y, width, height };
    });
  await playground.open();
  await playground.isReady();
  await playground.startNew('Tea');
  await playground.paste('\n\nTea is a drink.', 60);
  await within(740);
  await see({ height: 380 });
  await expect(() => within(380)).toPass();
  await see({ height: 380, offsetTop: 120 }); // Safari also scrolls the visual viewport
  await expect(() => within(500, 120)).toPass();
  await page.keyboard.press('Control+k');
  const palette = (await page.getByRole('dialog', { name: names.COMMANDS }).boundingBox())!;
  expect(palette.y).toBeGreaterThanOrEqual(120);
  expect(palette.y + palette.height).toBeLessThanOrEqual(500);
  await page.keyboard.press('Escape');
  await see({ height: 740, offsetTop: 0 });
  await expect.poll(async () => (await playground.write.boundingBox())!.y).toBeGreaterThan(600);
  // Pinch zoom does not change the layout.
  await see({ height: 300, scale: 740 / 300 });
  await page.waitForTimeout(200);
  expect((await playground.write.boundingBox())!.y).toBeGreaterThan(600);
});
