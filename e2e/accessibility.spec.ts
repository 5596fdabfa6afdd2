import { GREEDY } from '../src/model/sampling/sampling';
import { encodeLink } from '../src/share/link';
import { findsNothing, LOOKS } from './axe';
import * as names from './names';
import { expect, model, PAGE, test } from './playground';

/** A text whose tokens the model would not pick. */
const LINK = await encodeLink({
  model: { id: model.manifest.id, digest: model.manifest.digest },
  runs: [
    { source: 'typed', text: 'Tea is' },
    {
      source: 'sampled',
      text: ' drunk daily',
      sampling: GREEDY,
      tokens: { ids: Uint32Array.of(300, 301), lengths: Uint32Array.of(6, 6) },
    },
  ],
  sampling: GREEDY,
  view: {},
});

for (const { name, colorScheme, width } of LOOKS)
  test.describe(name, () => {
    test.use({ colorScheme, viewport: { width, height: 740 } });

    test('axe finds no violation in the page and its cards, and nothing overflows', async ({
      playground,
      page,
    }) => {
      await playground.open();
      await playground.isReady();
      await findsNothing(page);

      await playground.press(playground.write);
      await findsNothing(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);

      for (const card of [
        names.MODEL,
        names.DEVICE,
        names.SHARE,
        names.HELP,
        /^More$/,
        /^LeaPformer/,
        /^New$/,
        names.TEXTS,
        names.MEMORY,
      ]) {
        await playground.openCard(card);
        await findsNothing(page);
        await page.keyboard.press('Escape');
      }
      await playground.openCard(names.MODEL);
      await page.getByRole('button', { name: names.STORAGE, exact: true }).click();
      await expect(page.getByText(/The browser may delete it/)).toBeVisible();
      await findsNothing(page);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+k');
      await expect(page.getByRole('option', { name: /^Undo/ })).toBeVisible();
      await findsNothing(page);
      await page.keyboard.press('Escape');
      await playground.startNew('Tea is a drink.'); // a QR code needs a short text
      await page.getByRole('button', { name: names.SHARE, exact: true }).click();
      for (const [name, shown] of [
        [names.QR_CODE, names.QR_CODE_OF_LINK],
        [names.IMAGE, names.COLOURED_TEXT],
      ]) {
        await page.getByRole('button', { name, exact: true }).click();
        await expect(page.getByRole('img', { name: shown })).toBeVisible();
        await findsNothing(page);
      }
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+k');
      await expect(page.getByRole('combobox', { name: names.COMMAND_FIELD })).toBeFocused();
      await findsNothing(page);
      await page.keyboard.press('Escape');
      await playground.openSettings();
      await page.getByText(names.SAVE_PRESET).click();
      await findsNothing(page);
      await page.getByRole('button', { name: names.closing(names.SETTINGS) }).click();
    });

    test('axe finds no violation in an empty text, a shared text, the benchmark and a failure', async ({
      playground,
      page,
    }) => {
      await playground.open();
      await playground.isReady();
      await playground.newText();
      await findsNothing(page);
      await page.goto(`${PAGE}#${LINK}`);
      await expect(page.getByRole('complementary', { name: names.ABOUT_TEXT })).toBeVisible();
      await page.getByRole('button', { name: names.VERIFY }).click();
      await page.getByText('Which tokens').click();
      await findsNothing(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);

      await page.goto(`${PAGE}&benchmark=64`);
      await page.getByRole('button', { name: names.MEASURE, exact: true }).click();
      await expect(page.getByRole('heading', { name: 'All figures' })).toBeVisible();
      await findsNothing(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);

      await page.goto('./?model=..');
      await expect(page.getByRole('alert')).toBeVisible();
      await findsNothing(page);
    });
  });

test('the chosen theme survives a reload', async ({ playground, page }) => {
  await playground.open();
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await playground.openMore();
  await page.getByRole('radio', { name: names.DARK }).check({ force: true });
  expect(await paper()).not.toBe(light);
  await page.reload();
  await playground.openMore();
  await expect(page.getByRole('radio', { name: names.DARK })).toBeChecked();
  expect(await paper()).not.toBe(light);
});
