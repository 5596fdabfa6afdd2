import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { bytes } from '../src/app/format';
import { parseConfig } from '../src/model/core/config';
import { cacheBytes } from '../src/model/runtime/snapshot';
import { GREEDY } from '../src/model/sampling/sampling';
import { encodeLink } from '../src/share/link';
import { findsNothing } from './axe';
import * as names from './names';
import { picture } from './pictures';
import { expect, holdWeights, LONG, model, type PlaygroundPage, test } from './playground';

const { id, digest } = model.manifest;
const read = (path: string) => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url)).toString());
const config = parseConfig(read(`public/weights/${id}/config.json`));
const example = read(`src/app/examples/${id}.json`);
/** The word of the showpiece. */
const word = (() => {
  const { typed, sampled, showpiece } = example;
  const lengths: number[] = [...typed.lengths, ...sampled.lengths];
  const from = lengths.slice(0, showpiece.query).reduce((sum, n) => sum + n, 0);
  return (typed.text + sampled.text).slice(from, from + lengths[showpiece.query]).trim();
})();

const SIZES = [
  { width: 1280, height: 800 },
  { width: 768, height: 1024 },
  { width: 360, height: 740 },
];

const introduction = (page: Page) => page.getByRole('complementary', { name: names.INTRODUCTION });
const tries = (page: Page) => page.getByRole('button', { name: names.lookingBack(word) });
const notes = (page: Page) => page.locator('.margin-note');
const left = async (of: Locator) => (await of.boundingBox())!.x;

for (const size of SIZES)
  for (const colorScheme of ['light', 'dark'] as const)
    test.describe(`${size.width} px, ${colorScheme}`, () => {
      test.use({ viewport: size, colorScheme });

      test('the first screen answers five questions without a click', async ({ playground, page }) => {
        await playground.open();
        await playground.isReady();
        const isWide = size.width >= 720;
        const inSight = (what: Locator) => expect(what).toBeInViewport({ ratio: 1 });

        // What is this, and where does it run?
        await inSight(page.getByText('A language model that runs entirely in this tab.'));
        await inSight(page.getByRole('button', { name: names.MODEL }));
        if (isWide) await inSight(page.getByRole('button', { name: names.RUNS_ON_CPU }));

        // Why is it special?
        await inSight(
          page.getByText(/Its memory never grows, and you can see what each word looks back at\./),
        );
        const memory = page.getByRole('button', { name: names.MEMORY });
        await inSight(memory);
        await expect(memory).toContainText(/[\d.]+ MB of memory at any length/);
        const tokens = example.typed.ids.length + example.sampled.ids.length;
        await expect(memory).toContainText(
          `standard attention: ${bytes(cacheBytes(config, 1 + tokens))} now, ${bytes(cacheBytes(config, 100_000))} at 100,000 tokens`,
        );

        // What can I do?
        for (const name of [names.SHARE, names.NEW, names.OPEN_LENS])
          await inSight(page.getByRole('button', { name, exact: true }));
        await inSight(playground.write);
        if (isWide) {
          await inSight(tries(page));
          await inSight(page.getByRole('button', { name: names.COLOUR_SURPRISING }));
        }

        // Who wrote what?
        await expect(page.locator('.sampled-bar')).toBeInViewport();
        if (size.width >= 1200)
          await expect(notes(page)).toHaveText(['Typed by a person', 'The model wrote this']);
        for (const note of size.width >= 1200 ? await notes(page).all() : []) await inSight(note);
        if (size.width < 1200) await inSight(page.getByText('A bar marks its words.'));

        await findsNothing(page);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
          size.width,
        );
        await picture(page, `first-screen/${size.width}-${colorScheme}`, size);
      });
    });

for (const { width, height } of SIZES.filter(({ width }) => width >= 720))
  test(`at ${width} px, the head, the text and the buttons share one column`, async ({
    playground,
    page,
  }) => {
    await page.setViewportSize({ width, height });
    await playground.open();
    await playground.isReady();
    const text = await left(playground.text);
    expect(await left(playground.write)).toBe(text);
    expect(await left(introduction(page))).toBe(text);
    const icon = playground.title.locator('svg').first();
    expect(Math.abs((await left(icon)) - text)).toBeLessThan(2);
    const column = (await playground.text.boundingBox())!;
    const words = await page.locator('.meter-words span').evaluateAll((lines) =>
      lines.map((line) => {
        const range = document.createRange();
        range.selectNodeContents(line);
        return range.getBoundingClientRect().right;
      }),
    );
    expect(Math.max(...words)).toBeLessThanOrEqual(column.x + column.width);
  });

test('the introduction can be closed for good, and does not return after a visit that wrote', async ({
  playground,
  page,
  browser,
}) => {
  await playground.open();
  await page.getByRole('button', { name: names.CLOSE_INTRODUCTION }).click();
  await expect(introduction(page)).toHaveCount(0);
  await page.reload();
  await expect(playground.text).toBeVisible();
  await expect(introduction(page)).toHaveCount(0);

  const other = await (await browser.newContext()).newPage();
  await other.goto(page.url());
  const write = other.getByRole('button', { name: names.ONE_TOKEN });
  await write.click();
  await expect(other.getByText('1 token written.')).toBeAttached();
  await expect(introduction(other)).toBeVisible();
  await other.reload();
  await expect(other.getByRole('button', { name: names.MODEL })).toBeVisible();
  await expect(introduction(other)).toHaveCount(0);
  await other.context().close();
});

test('on a shared link, the line about the text stands in the place of the introduction, and turns into the result', async ({
  playground,
  page,
}) => {
  const tea = { source: 'typed', text: 'Tea is' } as const;
  await playground.open(
    `#${await encodeLink({ model: { id, digest }, runs: [tea], sampling: GREEDY, view: {} })}`,
  );
  const about = page.getByRole('complementary', { name: names.ABOUT_TEXT });
  await expect(about).toContainText('language model that runs entirely in this tab');
  await expect(introduction(page)).toHaveCount(0);
  await page.getByRole('button', { name: names.VERIFY, exact: true }).click();
  await expect(page.getByRole('complementary', { name: names.VERIFICATION })).toBeVisible();
  await expect(about).toHaveCount(0);
  await page.getByRole('button', { name: names.DISMISS }).click();
  await expect(about).toBeVisible();
});

test('below the example, a button opens the lens at its showpiece, and another colours every word', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.isReady();
  await tries(page).click();
  await expect(page.getByRole('button', { name: names.OPEN_LENS })).toHaveAttribute('aria-expanded', 'true');
  const { layer, head, query: token } = example.showpiece;
  const lens = await page.evaluate(() => {
    const all = globalThis as unknown as { playground: { store: { getState(): { lens: object } } } };
    return all.playground.store.getState().lens;
  });
  expect(lens).toMatchObject({ layer, head, token, spread: 'head' });
  await page.getByRole('button', { name: names.COLOUR_SURPRISING }).click();
  await expect(page.getByRole('tab', { name: names.TOKEN })).toHaveAttribute('aria-selected', 'true');
  await expect.poll(() => playground.colours()).toBeGreaterThan(100);
  await expect(page.getByRole('button', { name: names.SCORE_TEXT })).toHaveCount(0); // typed words too
});

test('the things to try and the notes go when the text changes, and undo brings them back', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.isReady();
  await expect(notes(page).first()).toBeVisible();
  await expect(tries(page)).toBeVisible();
  await playground.press(playground.oneToken);
  await expect(tries(page)).toHaveCount(0);
  await expect(notes(page).first()).toBeHidden();
  await playground.undo.click();
  await expect(tries(page)).toBeVisible();
  await playground.startNew('Mine.');
  await expect(tries(page)).toHaveCount(0);
});

test('a link to the example offers the same things to try', async ({ playground, page }) => {
  await playground.open();
  await page.getByRole('button', { name: names.SHARE, exact: true }).click();
  const link = await page.getByRole('textbox', { name: names.LINK }).inputValue();
  await page.goto(link);
  await expect(page.getByRole('complementary', { name: names.ABOUT_TEXT })).toBeVisible();
  await playground.isReady();
  await tries(page).click();
  await expect(page.getByRole('button', { name: names.OPEN_LENS })).toHaveAttribute('aria-expanded', 'true');
});

/** The left edges of the buttons in the bar below. */
const places = async (playground: PlaygroundPage) => {
  const { oneToken, regenerate, undo, redo } = playground;
  return Promise.all([oneToken, regenerate, undo, redo].map(left));
};

test('the buttons keep their places while the model loads, writes and rests', async ({
  playground,
  page,
}) => {
  const letGo = await holdWeights(page);
  await playground.open('', LONG);
  await expect(playground.write).toHaveAccessibleName(/^Continue · loading \d+%$/);
  const loading = await places(playground);
  letGo();
  await playground.isReady();
  await expect(playground.write).toHaveAccessibleName('Continue');
  expect(await places(playground)).toEqual(loading);
  await playground.write.click();
  const memory = page.getByRole('button', { name: names.MEMORY });
  await expect(memory).toContainText(/\d tokens\/s · [\d,]+ tokens/);
  expect(await places(playground)).toEqual(loading);
  await playground.stop.click();
  await playground.isIdle();
  expect(await places(playground)).toEqual(loading);
  await expect(memory).toContainText('of memory at any length');
});

test('the name opens the pages, and the bar below compares', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await page.getByRole('button', { name: names.PAGES, exact: true }).click();
  await page.getByRole('button', { name: names.BENCHMARK }).click();
  await expect(page).toHaveURL(/[?&]benchmark/);
  await page.goBack();
  await page.getByRole('button', { name: names.COMPARE }).click();
  await expect(page.getByRole('dialog', { name: names.COMPARE })).toBeVisible();
});

test('on a phone, the last menu holds what the bars have no room for', async ({ playground, page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await playground.open();
  await playground.isReady();
  await playground.press(playground.oneToken);
  const longer = await playground.words();
  await playground.undo.click();
  await playground.openMore();
  await page.getByRole('button', { name: names.REDO, exact: true }).click();
  await expect.poll(() => playground.words()).toBe(longer);
  await playground.openMore();
  await page.getByRole('button', { name: names.RUNS_ON_CPU }).click();
  const device = page.getByRole('dialog', { name: names.DEVICE });
  await expect(device).toBeFocused();
  await page.keyboard.press('Escape');
  await playground.openMore();
  await page.getByRole('button', { name: names.COMPARE }).click();
  await expect(page.getByRole('button', { name: names.GENERATE_ALL })).toBeVisible();
});
