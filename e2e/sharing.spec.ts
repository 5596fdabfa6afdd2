import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { GREEDY } from '../src/model/sampling/sampling';
import { seal } from '../src/share/container';
import { encodeLink } from '../src/share/link';
import type { Shared } from '../src/share/shared';
import * as names from './names';
import { expect, holdWeights, model, PAGE, PlaygroundPage, test } from './playground';

const MODEL = { id: model.manifest.id, digest: model.manifest.digest };
const SAMPLED = { ids: Uint32Array.of(300, 301), lengths: Uint32Array.of(6, 6) };
const shared: Shared = {
  model: MODEL,
  runs: [
    { source: 'typed', text: 'Tea is' },
    { source: 'sampled', text: ' drunk daily', tokens: SAMPLED, sampling: GREEDY },
  ],
  sampling: { ...GREEDY, seed: 5 },
  view: {},
};

const about = (page: Page) => page.getByRole('complementary', { name: names.ABOUT_TEXT });
const share = (page: Page) => page.getByRole('button', { name: names.SHARE, exact: true });

test('a copied link shows the same text in another browser before the weights load, and one press continues it', async ({
  playground,
  page,
  browser,
}) => {
  await playground.open('', { atArticleEnd: 'continue' });
  await playground.isReady();
  await playground.startNew('= Tea =\n\nTea is a drink that is made');
  await playground.press(playground.write);
  const words = await playground.words();
  await page.evaluate(() => {
    navigator.clipboard.writeText = async (text) => void Object.assign(window, { copied: text });
    navigator.share = async (data) => void Object.assign(window, { shared: data }); // some platforms lack it
  });
  await share(page).click();
  await page.getByRole('button', { name: names.COPY_LINK }).click();
  await expect(page.getByText('Copied', { exact: true })).toBeVisible();
  const link = await page.getByRole('textbox', { name: names.LINK }).inputValue();
  expect(await page.evaluate(() => (window as unknown as { copied: string }).copied)).toBe(link);
  await page.getByRole('button', { name: names.SHARE_WITH }).click();
  expect(await page.evaluate(() => (window as unknown as { shared: ShareData }).shared)).toEqual({
    title: 'Tea',
    url: link,
  });
  await page.getByRole('button', { name: names.QR_CODE }).click();
  await expect(page.getByRole('img', { name: names.QR_CODE_OF_LINK })).toBeVisible();
  const sampled = await playground.text.locator('ins').allInnerTexts();

  const theirPage = await browser.newPage();
  const friend = new PlaygroundPage(theirPage);
  const letGo = await holdWeights(theirPage);
  await theirPage.goto(link);
  await expect(friend.text.locator('ins')).toHaveText(sampled);
  expect(await friend.words()).toBe(words);
  await expect(about(theirPage)).toContainText(`Shared with you, written with ${MODEL.id}`);
  expect(theirPage.url()).not.toContain('#');
  letGo();
  await expect(about(theirPage)).toContainText('which is loaded: you can check it.');
  expect(await friend.words()).toBe(words); // the model does not start by itself
  await theirPage.getByRole('button', { name: names.VERIFY }).click();
  const verification = theirPage.getByRole('complementary', { name: names.VERIFICATION });
  await expect(verification).toContainText('Verified: all 12 generated tokens.');
  await expect(verification).toContainText('does not prove who made');
  await friend.write.click();
  await expect.poll(async () => (await friend.words()).length).toBeGreaterThan(words.length);
  await theirPage.close();
});

test('a link opens the colours and the chosen token, and keeps the token when the model reads the text', async ({
  playground,
  page,
}) => {
  const [typed, sampled] = shared.runs;
  const view = { tint: 'probability', tintAt: typed.text.length };
  await playground.open(`#${await encodeLink({ ...shared, runs: [typed, sampled], view })}`);
  await playground.isReady();
  const panel = page.getByRole('region', { name: names.TOKEN });
  await expect(page.getByRole('radio', { name: names.RANK })).toBeChecked();
  await expect(panel).toContainText('written by the model · id 300');
  await expect.poll(() => playground.colours()).toBeGreaterThan(0);
  await expect(panel).toContainText(/Token [2-9], written by the model · id 300/);
  await expect(panel.getByRole('listitem')).toHaveCount(10);
  await expect(page.getByRole('button', { name: names.SCORE_TEXT })).toHaveCount(0);
  await playground.startNew('Another text has none of these tokens.');
});

test('a token has the same number everywhere', async ({ playground, page }) => {
  const [typed, sampled] = shared.runs;
  const view = { tint: 'probability', tintAt: typed.text.length };
  await playground.open(`#${await encodeLink({ ...shared, runs: [typed, sampled], view })}`);
  await playground.isReady();
  const panel = page.getByRole('region', { name: names.TOKEN });
  await expect(panel).toContainText(/Token [2-9], written by the model · id 300/);
  const number = Number(/Token (\d+)/.exec(await panel.innerText())![1]);

  await page.getByRole('button', { name: names.VERIFY }).click();
  await page.getByText('Which tokens').click();
  await expect(page.getByRole('complementary', { name: names.VERIFICATION })).toContainText(
    `Token ${number},`,
  );

  for (let n = 1; n < SAMPLED.ids.length; n++)
    await page.getByRole('button', { name: names.NEXT_TOKEN }).click();
  const last = number + SAMPLED.ids.length - 1;
  await expect(panel).toContainText(`Token ${last},`);
  await page.getByRole('button', { name: names.MEMORY }).click();
  await expect(page.getByRole('dialog', { name: 'Memory' })).toContainText(`after these ${last} tokens`);
  await page.keyboard.press('Escape');
  await playground.openPanel(names.LENS);
  await expect(page.getByRole('slider', { name: names.LENS_TOKEN })).toHaveValue(String(last - 1));
});

test('a link pasted into the same tab loses no text, across edits and a reload', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.startNew('My own words.');
  const fragment = await encodeLink(shared);
  await page.goto(`${PAGE}#${fragment}`);
  await expect(playground.text).toHaveText('Tea is drunk daily');
  await expect(about(page)).toBeVisible();
  expect(page.url()).not.toContain('#');
  await playground.text.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText(' by me');
  await page.reload();
  await expect(playground.text).toHaveText('Tea is drunk daily by me');
  await expect(playground.text.locator('ins')).toHaveText(' drunk daily');
  await page.getByRole('button', { name: names.USE_SETTINGS }).click();
  await expect(page.getByRole('button', { name: names.USE_SETTINGS })).toBeHidden();
  await about(page).getByRole('button', { name: names.DISMISS }).click();
  await expect(about(page)).toBeHidden();
  await page.getByRole('button', { name: names.TEXTS }).click();
  await page
    .getByRole('dialog', { name: names.TEXTS })
    .getByRole('button', { name: /^My own words/ })
    .click();
  await expect(playground.text).toHaveText('My own words.');
});

test('links of another model, links of a newer version and damaged links show a message', async ({
  playground,
  page,
}) => {
  const foreign = await encodeLink({ ...shared, model: { id: 'other-1b', digest: '0'.repeat(64) } });
  await playground.open(`#${foreign}`);
  await playground.isReady();
  await expect(about(page)).toContainText(
    /written with other-1b \(SHA-256 0{64}\), which is not published here/,
  );
  await expect(playground.text.locator('ins')).toHaveText(' drunk daily');

  await page.goto(`${PAGE}#${await seal({ version: 9, text: 'From later.', body: new Uint8Array(2) })}`);
  await expect(playground.text).toHaveText('From later.');
  await expect(about(page)).toContainText('newer version');

  await page.goto(`${PAGE}#${foreign.slice(0, -4)}`);
  await expect(
    page.getByText(/This link is incomplete or damaged.*Your own text is unchanged/),
  ).toBeVisible();
  await expect(playground.text).toHaveText('From later.');
});

test('if the browser blocks copying, the link is selected for copying by hand', async ({
  playground,
  page,
}) => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await playground.open();
  await share(page).click();
  await page.getByRole('button', { name: names.COPY_LINK }).click();
  await expect(page.getByText(/Copy the link from the field/)).toBeVisible();
  const selected = await page
    .getByRole('textbox', { name: names.LINK })
    .evaluate((field: HTMLInputElement) => (field.selectionEnd ?? 0) - (field.selectionStart ?? 0));
  expect(selected).toBeGreaterThan(100);
});

test('the page loads the model with the link’s digest', async ({ playground, page }) => {
  await page.route('**/weights/index.json', (route) =>
    route.fulfill({
      json: {
        models: [
          { id: 'first', digest: 'f'.repeat(64) },
          { id: MODEL.id, digest: MODEL.digest },
        ],
      },
    }),
  );
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`./#${await encodeLink({ ...shared, model: { ...MODEL, id: 'renamed' } })}`);
  await playground.isReady();
  await expect(about(page)).toContainText('which is loaded: you can check it.');
  expect(asked.filter((path) => path.includes('weights/first/'))).toEqual([]);
});

test('the user can choose another model, and the address keeps the choice', async ({ playground, page }) => {
  const other = { id: 'other', name: 'Other', summary: 'for this test' };
  await page.route('**/weights/index.json', (route) =>
    route.fulfill({
      json: {
        models: [
          { id: MODEL.id, name: 'One' },
          { ...other, parameters: 5e6, bytes: 6e6 },
        ],
      },
    }),
  );
  await page.route('**/weights/other/**', async (route) => {
    const response = await route.fetch({ url: route.request().url().replace('/other/', `/${MODEL.id}/`) });
    const isManifest = route.request().url().endsWith('manifest.json');
    await route.fulfill(isManifest ? { json: { ...(await response.json()), ...other } } : { response });
  });
  await playground.open();
  await page.getByRole('button', { name: names.MODEL }).click();
  await page.getByRole('button', { name: 'Other 5M parameters, 6 MB: for this test' }).click();
  await expect(page.getByRole('button', { name: 'About the model: Other' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('button', { name: 'About the model: Other' })).toBeVisible();
});

test('a long model name leaves the buttons visible on a narrow screen', async ({ playground, page }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  await page.route('**/manifest.json', async (route) => {
    const manifest = await (await route.fetch()).json();
    await route.fulfill({ json: { ...manifest, name: 'A model with a name of many words' } });
  });
  await playground.open();
  await playground.isReady();
  for (const name of [names.SHARE, names.MORE])
    await expect(page.getByRole('button', { name, exact: true })).toBeInViewport({ ratio: 1 });
});

test('another model can read the same words', async ({ playground, page }) => {
  const theirs = { id: 'other', digest: '0'.repeat(64) };
  await playground.open(`#${await encodeLink({ ...shared, model: theirs })}`);
  await playground.isReady();
  const words = await playground.words();
  const read = page.getByRole('button', { name: names.READ_FOREIGN });
  await playground.openPanel(names.TOKEN);
  await expect(read).toBeVisible();
  await playground.openPanel(names.LENS);
  await read.click();
  await expect(page.locator('.lens-rows')).toBeVisible();
  expect(await playground.words()).toBe(words);
  const foreign = page.locator('.sampled-bar.foreign'); // the words of the first model keep a bar
  await expect(foreign).not.toHaveCount(0);
  await playground.press(playground.undo);
  await expect(foreign).toHaveCount(0);
  await expect(playground.text.locator('ins')).not.toHaveCount(0);
  await expect(read).toBeVisible();
});

test('the image of a text shows the sampled text and its surprise', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await share(page).click();
  await page.getByRole('button', { name: names.IMAGE }).click();
  await expect(page.getByRole('img', { name: names.COLOURED_TEXT })).toBeVisible();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: names.DOWNLOAD_IMAGE }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/\.png$/);
  const file = [...(await readFile(await download.path()))];
  const { width, colours } = await page.evaluate(async (file) => {
    const image = await createImageBitmap(new Blob([Uint8Array.from(file)]));
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d')!;
    context.drawImage(image, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
    return { width: image.width, colours: new Set(pixels).size };
  }, file);
  expect(width).toBe(1200);
  expect(colours).toBeGreaterThan(300); // an image without tint has fewer colours
});

test('the share card offers a QR code for a short link alone, and names the view that goes along', async ({
  playground,
  page,
}) => {
  await playground.open('', { length: 64, atArticleEnd: 'continue' });
  await playground.isReady();
  await playground.press(playground.write);
  await share(page).click();
  const card = page.getByRole('dialog', { name: names.SHARE });
  await expect(card.getByRole('textbox', { name: names.LINK })).toHaveValue(/^.{1001,}$/);
  await expect(card.getByRole('button', { name: names.QR_CODE })).toHaveCount(0);
  await expect(card).not.toContainText('lens');
  await page.keyboard.press('Escape');
  await playground.startNew('= Tea =\n\nTea is');
  await expect(page).toHaveTitle('Tea');
  await playground.openPanel(names.LENS);
  await share(page).click();
  await expect(card).toContainText('and it opens the lens in this view');
  await expect(card.getByRole('button', { name: names.QR_CODE })).toBeVisible();
  await page.keyboard.press('Escape');
  await playground.startNew('Coffee is');
  await expect(page).toHaveTitle('LeaPformer Playground');
});
