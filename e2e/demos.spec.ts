import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { Demo } from '../src/app/demos';
import type { Playground } from '../src/app/store/playground';
import { findsNothing, TWO_LOOKS } from './axe';
import { lens, sentence } from './lens';
import * as names from './names';
import { expect, type PlaygroundPage, test } from './playground';

const DEMOS: readonly Demo[] = JSON.parse(readFileSync('public/demos/demos.json', 'utf8'));
const notice = (page: Page) => page.locator('.status', { hasText: /./ });
const list = (page: Page) => page.getByRole('dialog', { name: names.DEMOS });

/** The figures and quoted words of a sentence. */
const figures = (text: string) => text.match(/“[^”]+”|\d[\d,.]*(%| [MG]B| tokens earlier)/g)!;

/** Checks on the page that a demo shows the figures of its sentence. */
const CHECKS: Readonly<
  Record<string, (page: Page, demo: Demo, playground: PlaygroundPage) => Promise<void>>
> = {
  'far-word': async (page, demo) => {
    for (const figure of figures(demo.sentence))
      await expect(sentence(page)).toContainText(figure.replace(/[“”]/g, ''));
  },
  off: showsPerplexities,
  'by-position': showsPerplexities,
  gate: async (page, { sentence }) => {
    const ends = () =>
      page.evaluate(async () => {
        const { playground } = globalThis as unknown as { playground: Playground };
        const { layer, head } = playground.store.getState().lens;
        const { answer } = await playground.lens.ask('proportions', { layer, head });
        const part = (all: Float32Array, holds: (p: number) => boolean) =>
          `${Math.round((100 * all.filter(holds).length) / all.length)}%`;
        return [part(answer.query, (p) => p >= 0.9), part(answer.key, (p) => p <= 0.1)];
      });
    // A question of the test cancels one of the page, and one of the page cancels one of the test.
    await expect(lens(page).getByRole('img').first()).toBeVisible();
    await expect(async () => expect(sentence.match(/\d+%/g)).toEqual(await ends())).toPass();
  },
  structure: async (page, { sentence }) => {
    const [, name, share] = /Head (\d\.\d).*?(\d+%)/.exec(sentence)!;
    await expect(
      lens(page).getByRole('row', { name: new RegExp(`^${name} structure\\b.* ${share} `) }),
    ).toBeVisible();
  },
  surprise: async (page, { sentence }) => {
    const panel = page.getByRole('region', { name: names.TOKEN });
    await expect(panel).toBeVisible();
    const word = figures(sentence)[2].replace(/[“”]/g, '');
    await page.evaluate((word) => {
      const { playground } = globalThis as unknown as { playground: Playground };
      const at = playground.text.runs
        .map(({ text }) => text)
        .join('')
        .lastIndexOf(` ${word}`);
      const choose = () => {
        for (let chosen = 0; ; chosen++) {
          const found = playground.inspection.find(chosen);
          if (!found) return setTimeout(choose, 50); // the model has not read so far
          if (found.token.to > at + 1) return playground.tokens.setState({ chosen });
        }
      };
      choose();
    }, word);
    for (const figure of sentence.match(/[\d.<> ]+%/g)!) await expect(panel).toContainText(figure);
  },
  branch: async (page, { sentence }) => {
    const tree = page.getByRole('list', { name: names.BRANCHES });
    for (const word of figures(sentence)
      .filter((figure) => figure.startsWith('“'))
      .slice(1))
      await expect(tree.getByRole('button', { name: word.replace(/[“”]/g, '') })).not.toHaveCount(0);
  },
  eight: async (page) => {
    const sheet = page.getByRole('dialog', { name: names.COMPARE });
    await sheet.getByRole('button', { name: names.GENERATE_ALL }).click();
    await expect(sheet.getByText(/12 tokens ·/)).toHaveCount(8);
    await page.keyboard.press('Escape');
  },
  verify: async (page, { sentence }) => {
    await page.getByRole('button', { name: names.VERIFY }).click();
    const [, tokens] = /of (\d+) places/.exec(sentence)!;
    await expect(page.getByRole('complementary', { name: names.VERIFICATION })).toContainText(
      `Verified: all ${tokens} generated tokens.`,
    );
  },
  long: async (page, { sentence }) => {
    const memory = page.getByRole('dialog', { name: 'Memory' });
    for (const figure of figures(sentence)) await expect(memory).toContainText(figure);
    await page.keyboard.press('Escape');
  },
};

async function showsPerplexities(page: Page, { sentence }: Demo): Promise<void> {
  const [after, before] = sentence.match(/\d+\.\d/g)!;
  // The model reads the text twice, on the slow machine of a test.
  const finding = lens(page).locator('.lens-finding').first();
  await expect(finding).toContainText(`perplexity ${before} → ${after}`, { timeout: 60_000 });
}

test('each demo opens from the list as a new text, and shows what its sentence says', async ({
  playground,
  page,
}) => {
  test.setTimeout(180_000);
  await page.addInitScript(() => localStorage.setItem('settings', JSON.stringify({ length: 12 })));
  await page.goto('./');
  await playground.isReady();
  for (const demo of DEMOS) {
    await playground.openCard(names.DEMOS);
    await list(page).getByRole('button', { name: demo.title }).click();
    await expect(list(page)).toBeHidden();
    await expect(notice(page).filter({ hasText: demo.sentence })).toBeVisible();
    await CHECKS[demo.id](page, demo, playground);
  }
  const texts = await page.evaluate(
    () =>
      (globalThis as unknown as { playground: Playground }).playground.texts.store.getState().entries.length,
  );
  expect(texts).toBe(DEMOS.length);
});

test('an address with ?demo= opens the demo, and a reload shows the edited text', async ({
  playground,
  page,
}) => {
  const [demo] = DEMOS;
  await page.goto(`./?demo=${demo.id}`);
  await expect(notice(page).filter({ hasText: demo.sentence })).toBeVisible();
  expect(new URL(page.url()).search).toBe('');
  await playground.text.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText(' by me');
  await page.reload();
  await expect(playground.text).toContainText('by me');
  await page.goto('./?demo=nope');
  await expect(page.getByText('There is no demo “nope”.')).toBeVisible();
  await expect(playground.text).toContainText('by me');
});

for (const { name, colorScheme, width } of TWO_LOOKS)
  test.describe(name, () => {
    test.use({ colorScheme, viewport: { width, height: 740 } });

    test('the list of demos fits, has no violation of axe, and opens one by keyboard', async ({
      playground,
      page,
    }) => {
      await playground.open();
      await playground.openCard(names.DEMOS);
      await expect(list(page).getByRole('button')).toHaveCount(DEMOS.length);
      await findsNothing(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await list(page).getByRole('button').first().press('Enter');
      await expect(notice(page).filter({ hasText: DEMOS[0].sentence })).toBeVisible();
    });
  });
