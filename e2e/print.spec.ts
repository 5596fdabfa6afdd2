import * as names from './names';
import { expect, test } from './playground';

const LINES = 400;

test('prints the whole of a long text and nothing else', async ({ playground, page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await playground.open();
  await playground.isReady();
  await playground.openPanel(names.SETTINGS);
  await playground.startNew('= Tea =\n');
  await playground.paste('\nTea is a drink that is made of leaves.\n', LINES);
  // The content of the page while the browser lays out the printed pages.
  await page.evaluate(() => {
    addEventListener('beforeprint', () => {
      const all = [...document.querySelectorAll('.still-text .cm-line')];
      Object.assign(window, { printed: all.map(({ textContent }) => textContent).filter(Boolean) });
    });
  });
  const pages = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type\s*\/Page\b/g)!;
  expect(pages.length).toBeGreaterThanOrEqual(8);
  const printed = await page.evaluate(() => (window as unknown as { printed: string[] }).printed);
  expect(printed.length).toBe(LINES + 1);
  await expect(page.locator('.still-text')).toHaveCount(0); // the page has its normal content again

  // The printed page shows StillText instead of the editor.
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('button')).toHaveCount(0);
  await expect(page.getByRole('tab')).toHaveCount(0);
  await expect(playground.text).toBeHidden();
  await expect(page.locator('.still-text').getByText('made of leaves').last()).toBeVisible();
  const look = await page.locator('.still-text').evaluate((element) => {
    const { color } = getComputedStyle(element);
    const paper = getComputedStyle(document.body).backgroundColor;
    return { color, paper, height: element.getBoundingClientRect().height, all: document.body.scrollHeight };
  });
  expect(look.color).toBe('rgb(29, 31, 33)');
  expect(look.paper).toBe('rgb(253, 252, 250)');
  expect(look.all).toBeGreaterThanOrEqual(look.height);
});

test('prints the text while a card, a comparison or the palette is open', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  for (const keys of ['Control+/', 'Control+j', 'Control+k']) {
    await page.keyboard.press(keys);
    await expect(page.getByRole('dialog')).toBeVisible();
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    await page.emulateMedia({ media: 'print' });
    await expect(page.getByRole('dialog')).toBeHidden();
    await expect(page.locator('.still-text')).toBeVisible();
    await page.emulateMedia({ media: 'screen' });
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    await page.keyboard.press('Escape');
  }
});
