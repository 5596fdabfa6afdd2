import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Frame, Page } from '@playwright/test';
import { findsNothing } from './axe';
import { KEY, openLens, SIZE, sentence, view } from './lens';
import * as names from './names';
import { picture } from './pictures';
import { expect, PAGE, type PlaygroundPage, test } from './playground';

/** The views that the address can name, and an element of each. */
const VIEWS = {
  text: '.lens-rows',
  matrix: '.heat-map canvas',
  proportions: '.lens-chart',
  overview: '.lens-table',
};

/** A page of another origin, with a frame. Each test asks for its own frame. */
let server: Server;
let theirs: string;
test.beforeAll(async () => {
  server = createServer(({ url }, response) => {
    const { searchParams } = new URL(url!, 'http://localhost');
    response.setHeader('Content-Type', 'text/html');
    response.end(
      `<!doctype html><html lang="en"><title>A post</title><h1>A post</h1>${searchParams.get('frame')}`,
    );
  }).listen(0, 'localhost');
  await new Promise((resolve) => server.once('listening', resolve));
  theirs = `http://localhost:${(server.address() as AddressInfo).port}/`;
});
test.afterAll(() => server.close());

/** Opens the code of a frame in the other page. */
async function embed(page: Page, code: string): Promise<Frame> {
  await page.goto(`${theirs}?frame=${encodeURIComponent(code)}`);
  const frame = await (await page.waitForSelector('iframe')).contentFrame();
  return frame!;
}

/** The code that Share offers while the lens is open. */
async function embedCode(page: Page): Promise<string> {
  await page.evaluate(() => {
    navigator.clipboard.writeText = async (text) => void Object.assign(window, { copied: text });
  });
  await page.getByRole('button', { name: names.SHARE, exact: true }).click();
  await page.getByRole('button', { name: names.COPY_EMBED }).click();
  await expect(page.getByText('Copied', { exact: true })).toBeVisible();
  return page.evaluate(() => (window as unknown as { copied: string }).copied);
}

async function codeOf(playground: PlaygroundPage, page: Page, name: string): Promise<string> {
  await playground.open();
  await openLens(playground, page);
  await view(page, name).click();
  return embedCode(page);
}

/** What the page of this origin keeps in the browser. */
const kept = (page: Page) =>
  page.evaluate(async () => ({
    site: { ...localStorage },
    tab: { ...sessionStorage },
    databases: (await indexedDB.databases()).map(({ name }) => name),
  }));

test('a frame in a page of another origin, which has no storage, shows the view and links to the whole page', async ({
  playground,
  page,
  context,
}) => {
  const code = await codeOf(playground, page, names.LENS_WORDS);
  const [words, reading] = [await playground.words(), await sentence(page).innerText()];
  const reader = await kept(page);
  const frame = await embed(page, code);
  await expect(frame.locator('.lens-sentence')).toHaveText(reading);
  await expect(frame.locator('.lens-rows tr').first()).toContainText(KEY);
  await expect(frame.locator('.lens-key')).toContainText('similarity alone');
  await expect(frame.getByRole('textbox', { name: names.TEXT })).toHaveAttribute('aria-readonly', 'true');
  await expect(frame.locator('.token.chosen').first()).toBeInViewport();
  await findsNothing(frame);
  await picture(page, 'lens/embed', SIZE);

  await frame.locator('.lens-rows').getByRole('button', { name: KEY }).first().click();
  await expect(frame.locator('.lens-sentence')).toContainText(`“${KEY}”, head`);
  const own = await context.newPage(); // of the reader, without the page's scripts
  await own.goto('weights/index.json');
  expect(await kept(own)).toEqual({ ...reader, tab: {} });
  await own.close();
  const looked = await frame.locator('.lens-sentence').innerText();
  await frame.getByRole('textbox', { name: names.TEXT }).press('x');

  const opening = context.waitForEvent('page');
  await frame.getByRole('link', { name: names.OPEN_WHOLE }).click();
  const whole = await opening;
  await expect(whole.locator('.lens-sentence')).toHaveText(looked);
  const text = whole.getByRole('textbox', { name: names.TEXT, exact: true });
  expect((await text.innerText()).replace(/\s+/g, ' ').trim()).toBe(words);
});

const SIZES = [
  { colorScheme: 'light', width: 1000 },
  { colorScheme: 'dark', width: 360 },
] as const;

for (const [name, picture] of Object.entries(VIEWS))
  test(`${name} fits its frame, and axe finds no violation`, async ({ page }) => {
    await page.goto(`${PAGE}&embed=${name}`);
    for (const { colorScheme, width } of SIZES) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 640 });
      await expect(page.locator(picture).first()).toBeVisible();
      await expect(page.locator('.lens-sentence')).toContainText(/[Hh]ead \d\.\d/);
      await expect(page.getByRole('textbox', { name: names.TEXT })).toHaveCount(name === 'text' ? 1 : 0);
      await expect(page.getByRole('link', { name: names.OPEN_WHOLE })).toBeInViewport({ ratio: 1 });
      for (const part of ['html', '.embed-views', '.lens'])
        expect(await page.locator(part).evaluate((e) => e.scrollWidth - e.clientWidth)).toBeLessThanOrEqual(
          0,
        );
      await findsNothing(page);
    }
  });

test('leaves the texts, the settings and the tour of the reader as they are, even outside a frame', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew('= Mine =\n\nMy own words.');
  await expect.poll(async () => (await playground.kept()).text).toContain('My own words.');
  await page.getByRole('button', { name: names.CLOSE_INTRODUCTION }).click();
  const before = await kept(page);
  await page.goto(`${PAGE}&embed`);
  await expect(page.locator('.lens-rows')).toBeVisible();
  await page.evaluate(() => dispatchEvent(new Event('pagehide')));
  expect(await kept(page)).toEqual(before);
  await playground.open();
  expect(await playground.words()).toBe('Mine My own words.');
});

test('shows an error if its code does not load, and loads again', async ({ playground, page }) => {
  playground.expectedErrors.push(/net::ERR_FAILED/);
  await page.route('**/assets/EmbeddedLens-*.js*', (route) => route.abort());
  await page.goto(`${PAGE}&embed`);
  await expect(page.getByRole('alert')).toContainText('The lens did not load.');
  await page.unroute('**/assets/EmbeddedLens-*.js*');
  await page.getByRole('button', { name: names.TRY_AGAIN }).click();
  await expect(page.locator('.lens-rows')).toBeVisible();
});

test('works where the browser blocks all storage', async ({ page, playground }) => {
  await page.addInitScript(() => {
    const blocked = {
      get: () => {
        throw new DOMException('blocked', 'SecurityError');
      },
    };
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
      Object.defineProperty(window, name, blocked);
  });
  await page.goto(`${PAGE}&embed=matrix`);
  await expect(page.locator('.heat-map canvas')).toBeVisible();
  expect(playground.unexpectedErrors()).toEqual([]);
});
