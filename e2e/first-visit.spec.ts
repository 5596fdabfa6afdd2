import type { Page } from '@playwright/test';
import * as names from './names';
import { picture } from './pictures';
import { exampleBy, expect, MODELS, type PlaygroundPage, test } from './playground';

const [first] = MODELS;
const small = MODELS.find(({ saveData }) => saveData)!;

/** The folders whose weights the page has requested. */
function loadedFolders(page: Page): string[] {
  const folders: string[] = [];
  page.on('request', (request) => {
    const found = /weights\/([^/]+)\/model\.safetensors/.exec(request.url());
    if (found) folders.push(found[1]);
  });
  return folders;
}

async function showsAndContinues(playground: PlaygroundPage, id: string): Promise<void> {
  await expect(playground.text).toContainText(exampleBy(id).slice(0, 20));
  await playground.isReady();
  const before = await playground.words();
  await playground.press(playground.oneToken);
  expect((await playground.words()).startsWith(before)).toBe(true);
  await expect(playground.undo).toBeEnabled();
}

test('the page opens the first model and its example', async ({ playground, page }) => {
  const folders = loadedFolders(page);
  await page.goto('./');
  await playground.isReady();
  await picture(page, 'playground', { width: 1280, height: 800 });
  await showsAndContinues(playground, first.id);
  expect(folders).toEqual([first.id]);
});

test('in a browser that saves data, the page opens the smaller model and its example, and offers the first', async ({
  playground,
  page,
}) => {
  await page.addInitScript(() =>
    Object.defineProperty(navigator, 'connection', { value: { saveData: true } }),
  );
  const folders = loadedFolders(page);
  await page.goto('./');
  await showsAndContinues(playground, small.id);
  expect(folders).toEqual([small.id]);
  await page.getByRole('button', { name: names.MODEL }).click();
  await page
    .getByRole('button', { name: `${first.name} `, exact: false })
    .first()
    .click();
  await expect(page).toHaveURL(new RegExp(`model=${first.id}`));
});

test('without the list of models, the page shows an error and an opening to continue', async ({
  playground,
  page,
}) => {
  playground.expectedErrors.push(/Failed to load resource/);
  await page.route('**/weights/index.json', (route) => route.fulfill({ status: 404 }));
  await page.goto('./');
  await expect(page.getByRole('alert')).toContainText('The list of models could not be loaded');
  await expect(playground.text).toContainText('Kestrel Lighthouse');
});
