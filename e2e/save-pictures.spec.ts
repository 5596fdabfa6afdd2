import { readFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import { lens, openLens, sentence, view } from './lens';
import * as names from './names';
import { expect, model, test } from './playground';

/** Presses the button and returns the file and its name. */
async function saved(page: Page, button: Locator): Promise<{ name: string; content: Buffer }> {
  const downloading = page.waitForEvent('download');
  await button.click();
  const download = await downloading;
  return { name: download.suggestedFilename(), content: await readFile(await download.path()) };
}

/** Width and height of a file as the browser draws it without the page; fails if it is not a picture. */
function sizeOf(page: Page, type: string, content: Buffer): Promise<number[]> {
  return page.evaluate(
    async (url) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      return [image.width, image.height];
    },
    `data:${type};base64,${content.toString('base64')}`,
  );
}

test('every picture of the lens is saved as a file that stands alone', async ({ playground, page }) => {
  await playground.open();
  await openLens(playground, page);
  const said = await sentence(page).innerText();
  await lens(page).getByText('Method', { exact: true }).click();
  const files = new Map<string, string>();
  for (const name of [names.LENS_WORDS, names.MATRIX, names.PROPORTIONS]) {
    await view(page, name).click();
    await expect(lens(page).locator('.lens-rows, canvas').first()).toBeVisible();
    for (const button of await lens(page).getByRole('button', { name: names.SAVE_PICTURE }).all()) {
      const { name, content } = await saved(page, button);
      const type = name.endsWith('.svg') ? 'image/svg+xml' : 'image/png';
      const [width, height] = await sizeOf(page, type, content);
      expect(Math.min(width, height)).toBeGreaterThan(100);
      files.set(name, content.toString());
      if (type === 'image/png') continue;
      const words = content.toString().replace(/<[^>]+>\s*/g, ' ');
      expect(words.replace(/\s+/g, ' ')).toContain(`${model.manifest.name}, LeaPformer Playground.`);
      expect(content.toString()).not.toMatch(/class=|var\(|rgba/);
    }
  }
  const head = /head (\d)\.(\d)/.exec(said)!;
  const ofHead = [
    'reweighting.png',
    'proportions.svg',
    'pairs.svg',
    'half-life.svg',
    'spans.svg',
    'share.png',
  ];
  expect([...files.keys()].toSorted()).toEqual(
    [
      'lens-heads.svg',
      'lens-words.svg',
      ...ofHead.map((part) => `lens-layer${head[1]}-head${head[2]}-${part}`),
    ].toSorted(),
  );
  expect(files.get('lens-words.svg')).toContain(`<title>${said}</title>`);
  expect(files.get('lens-words.svg')).toContain('with learned proportions');
});

test('the chart of the memory is saved with its legend and units', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await page.getByRole('button', { name: names.MEMORY }).click();
  const { name, content } = await saved(page, page.getByRole('button', { name: names.SAVE_PICTURE }));
  expect(name).toBe('memory.svg');
  for (const words of ['the whole memory of this model', 'Bytes by number of tokens', model.manifest.name])
    expect(content.toString()).toContain(words);
});
