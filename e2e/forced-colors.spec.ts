import type { Page } from '@playwright/test';
import { findsNothing } from './axe';
import * as names from './names';
import { expect, test } from './playground';

/** The computed style of an element. Two states must differ in it, and so must a shape and its background. */
type Look = Record<string, string>;

const look = (page: Page, selector: string, pseudo?: string): Promise<Look> =>
  page
    .locator(selector)
    .first()
    .evaluate((element, pseudo) => {
      const style = getComputedStyle(element, pseudo);
      const names = [
        'color',
        'backgroundColor',
        'borderTopWidth',
        'borderLeftWidth',
        'outlineStyle',
        'outlineWidth',
      ];
      return Object.fromEntries(names.map((name) => [name, style[name as 'color']]));
    }, pseudo);

for (const colorScheme of ['light', 'dark'] as const)
  test.describe(colorScheme, () => {
    test.use({ colorScheme, viewport: { width: 1280, height: 800 } });

    test('states and shapes are distinguishable in forced colours', async ({ playground, page }) => {
      await page.emulateMedia({ forcedColors: 'active' });
      await playground.open();
      await playground.isReady();
      await playground.press(playground.write);
      const differ = (one: string, other: string) =>
        expect(async () => {
          expect(await look(page, one), `${one} and ${other}`).not.toEqual(await look(page, other));
        }).toPass();
      const canvas = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);

      // The accented button has a border, and the bar in the margin has a width.
      expect((await look(page, '.write-button')).borderTopWidth).not.toBe('0px');
      expect((await look(page, '.sampled-bar')).borderLeftWidth).toBe('2px');
      await differ('[aria-disabled="true"]', '.actions [aria-disabled="false"]');

      await playground.openPanel(names.TOKEN);
      await differ('.tab[aria-selected="true"]', '.tab[aria-selected="false"]');
      await differ('.choice-options input:checked + span', '.choice-options input:not(:checked) + span');
      await page.getByRole('button', { name: names.PREVIOUS_TOKEN }).click();
      await expect(page.locator('.bars > *').first()).toBeVisible();
      expect((await look(page, '.token.chosen')).outlineStyle).toBe('solid');
      for (const bar of ['.bars .bar-sampler', '.bars > :not(.bar-sampler)', '.divider'])
        expect.soft((await look(page, bar)).backgroundColor, bar).not.toBe(canvas);

      // Token colours keep their strengths, because the text opts out of forced colours.
      await expect.poll(() => playground.colours()).toBeGreaterThan(10);
      const adjust = await playground.text.evaluate((element) =>
        getComputedStyle(element).getPropertyValue('forced-color-adjust'),
      );
      expect(adjust).toBe('none');
      await findsNothing(page);

      await playground.openPanel(names.SETTINGS);
      await findsNothing(page);
      await playground.openPanel(names.LENS);
      await differ('.top-bar [aria-expanded="true"]', '.top-bar [aria-expanded="false"]');
      await differ('.lens-modes [aria-pressed="true"]', '.lens-modes [aria-pressed="false"]');
      const parts = page.locator('.lens-track > :not(u)');
      await expect(parts.filter({ visible: true }).first()).toBeVisible(); // a share of 0% has no width
      expect((await look(page, '.lens-track > :not(u)')).backgroundColor).not.toBe(canvas);
      await playground.openPanel(names.BRANCHES);
      await playground.press(playground.regenerate);
      await differ('.branch-text[aria-current="true"]', '.branch-text:not([aria-current="true"])');
      await page.keyboard.press('Control+k');
      await differ('.palette-item[data-highlighted]', '.palette-item:not([data-highlighted])');
    });
  });
