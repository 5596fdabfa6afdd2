import { readdirSync, readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import * as names from './names';
import { expect, LONG, type PlaygroundPage, test } from './playground';

interface LatePart {
  /** The start of its file name, in the source and in the build. */
  readonly file: string;
  readonly name: string;
  /** Its failure shows no message. */
  readonly isSilent?: boolean;
  open(page: Page, playground: PlaygroundPage): Promise<void>;
  /** An element that is visible once the part has loaded. */
  shown(page: Page): Locator;
}

const press = (name: string | RegExp) => (page: Page) =>
  page.getByRole('button', { name, exact: true }).click();

const PARTS: readonly LatePart[] = [
  {
    file: 'Editor',
    name: 'The editor',
    open: async () => {},
    shown: (page) => page.getByRole('textbox', { name: names.TEXT, exact: true }),
  },
  {
    file: 'Card',
    name: 'This card',
    open: press('Help and shortcuts'),
    shown: (page) => page.getByRole('heading', { name: 'How this works' }),
  },
  {
    file: 'Sharing',
    name: 'Sharing',
    open: (page) => page.keyboard.press('Control+s'),
    shown: (page) => page.getByRole('heading', { name: 'Share this text' }),
  },
  {
    file: 'QrCode',
    name: 'The QR code',
    open: async (page) => {
      await press('Share')(page);
      await press('QR code')(page);
    },
    shown: (page) => page.getByRole('img', { name: names.QR_CODE_OF_LINK }),
  },
  {
    file: 'ShareImage',
    name: 'The image',
    open: async (page) => {
      await press('Share')(page);
      await press(names.IMAGE)(page);
    },
    shown: (page) => page.getByRole('img', { name: names.COLOURED_TEXT }),
  },
  {
    file: 'Rail',
    name: 'The panel',
    open: press('Settings'),
    shown: (page) => page.getByRole('tab', { name: names.BRANCHES }),
  },
  {
    file: 'LensPanel',
    name: 'The lens',
    open: press(names.OPEN_LENS),
    shown: (page) => page.getByRole('group', { name: 'View' }),
  },
  {
    file: 'CommandPalette',
    name: 'The list of commands',
    open: (page) => page.keyboard.press('Control+k'),
    shown: (page) => page.getByRole('combobox', { name: names.COMMAND_FIELD }),
  },
  {
    file: 'CompareSheet',
    name: 'The comparison',
    open: (page) => page.keyboard.press('Control+j'),
    shown: (page) => page.getByRole('button', { name: names.GENERATE_ALL }),
  },
  {
    file: 'BenchmarkPage',
    name: 'The benchmark',
    open: (page) =>
      page.evaluate(() => {
        history.pushState(null, '', '?benchmark');
        dispatchEvent(new PopStateEvent('popstate'));
      }),
    shown: (page) => page.getByRole('heading', { name: names.BENCHMARK }),
  },
  {
    file: 'Verification',
    name: 'The verification result',
    open: async (page, playground) => {
      await playground.press(playground.oneToken);
      await press('Share')(page);
      await press('Verify the text')(page);
    },
    shown: (page) => page.getByRole('complementary', { name: names.VERIFICATION }),
  },
  {
    file: 'Tooltips',
    name: 'Tooltips',
    isSilent: true,
    open: (page) => page.getByRole('button', { name: names.HELP }).hover(),
    shown: (page) => page.locator('.tooltip'),
  },
];

/** The text, in the editor or in StillText. */
const words = (page: Page) => page.locator('.cm-content').filter({ hasText: 'Tidewater' });
const asset = (file: string) => `**/assets/${file}-*.js`;
/** The browser's messages for files that the test blocks. */
const KEPT_BACK = /net::ERR_(FAILED|INTERNET_DISCONNECTED)/;

test('PARTS has every part that loads late', () => {
  const root = new URL('../src/app/', import.meta.url);
  const sources = (readdirSync(root, { recursive: true }) as string[]).filter((path) =>
    path.endsWith('.tsx'),
  );
  const found = sources
    .map((path) => readFileSync(new URL(path, root), 'utf8'))
    .flatMap((source) =>
      [...source.matchAll(/\blate\(\(\) => import\('.*?(\w+)'\)/g)].map(([, file]) => file),
    );
  expect(found.sort()).toEqual(PARTS.map(({ file }) => file).sort());
});

for (const { file, name, isSilent, open, shown } of PARTS)
  test(`without ${file} the page shows an error, keeps the text, and loads again`, async ({
    playground,
    page,
  }) => {
    playground.expectedErrors.push(KEPT_BACK);
    await page.route(asset(file), (route) => route.abort());
    await page.goto('./');
    await playground.isReady();
    await expect(words(page)).toBeVisible();
    await open(page, playground);
    const message = page.getByRole('alert').filter({ hasText: `${name} did not load.` });
    const again = message.getByRole('button', { name: names.TRY_AGAIN });
    if (isSilent) {
      await page.waitForTimeout(1000);
      await expect(page.getByRole('alert')).toHaveCount(0);
    } else {
      await expect(message).toBeVisible();
      await expect(words(page)).toBeVisible();
      await expect(message.getByRole('button', { name: names.RELOAD })).toHaveCount(0);
      await again.click();
      await expect(message.getByRole('button', { name: names.RELOAD })).toBeVisible();
    }
    await page.unroute(asset(file));
    if (isSilent) {
      await page.evaluate(() => dispatchEvent(new Event('online')));
      await expect(async () => {
        await page.mouse.move(0, 0);
        await open(page, playground);
        await expect(shown(page)).toBeVisible({ timeout: 2000 });
      }).toPass();
    } else await again.click();
    await expect(shown(page)).toBeVisible();
    await expect(page.getByRole('alert')).toHaveCount(0);
    await expect(words(page)).toBeVisible();
  });

for (const { file, name, open } of PARTS.filter(({ file }) =>
  ['QrCode', 'LensPanel', 'CompareSheet', 'Verification', 'Editor'].includes(file),
))
  test(`an error in ${file} stops only that part`, async ({ playground, page }) => {
    playground.expectedErrors.push(/broken on purpose/);
    await page.route(asset(file), (route) =>
      route.fulfill({
        contentType: 'text/javascript',
        body: "export { broken as default }; function broken() { throw new Error('broken on purpose'); }",
      }),
    );
    await page.goto('./');
    await playground.isReady();
    await open(page, playground);
    await expect(page.getByRole('alert')).toContainText(`${name} stopped working.`);
    await expect(words(page)).toBeVisible();
    await expect(playground.write.or(page.getByRole('dialog'))).not.toHaveCount(0);
  });

test('a failed part loads again when it is closed and reopened', async ({ playground, page }) => {
  playground.expectedErrors.push(KEPT_BACK);
  await page.route(asset('Card'), (route) => route.abort());
  await playground.open();
  await page.keyboard.press('Control+/');
  await expect(page.getByRole('button', { name: names.TRY_AGAIN })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.unroute(asset('Card'));
  await page.keyboard.press('Control+/');
  await expect(page.getByRole('heading', { name: 'How this works' })).toBeVisible();
});

test('a failed part loads by itself when the network is back', async ({ playground, page, context }) => {
  playground.expectedErrors.push(KEPT_BACK);
  await page.route(asset('Rail'), (route) => route.abort());
  await playground.open();
  await playground.isReady();
  await page.keyboard.press('Control+,');
  await expect(page.getByRole('alert')).toContainText('The panel did not load.');
  await context.setOffline(true);
  await page.unroute(asset('Rail'));
  await context.setOffline(false);
  await expect(page.getByRole('tab', { name: names.BRANCHES })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

const isLoaded = (file: string) =>
  performance.getEntriesByType('resource').some(({ name }) => name.includes(`/${file}-`));

test('after loading, every part opens offline', async ({ playground, page, context }) => {
  playground.expectedErrors.push(KEPT_BACK); // a font for letters that no earlier text had
  await playground.open();
  await playground.isReady();
  for (const { file } of PARTS) await expect.poll(() => page.evaluate(isLoaded, file)).toBe(true);
  await context.setOffline(true);
  for (const { open, shown } of PARTS) {
    await open(page, playground);
    await expect(shown(page).first()).toBeVisible();
    await expect(page.getByRole('alert')).toHaveCount(0);
    await page.keyboard.press('Escape');
    await page.mouse.move(0, 0);
  }
  await context.setOffline(false);
});

test('without the editor, a long text shows in full and the model can continue it', async ({
  playground,
  page,
}) => {
  playground.expectedErrors.push(KEPT_BACK);
  await playground.open('', LONG);
  await playground.startNew('');
  await playground.paste('Tea is a drink.\n', 300);
  await expect.poll(async () => (await playground.kept()).text.length).toBe(4800);
  await page.route(asset('Editor'), (route) => route.abort());
  await page.reload();
  await expect(page.getByRole('alert')).toContainText('The editor did not load.');
  await expect(page.locator('.still-text .cm-line')).toHaveCount(301);
  await playground.isReady();
  const length = async () => (await page.locator('.still-text').innerText()).length;
  const before = await length();
  await playground.write.click();
  await expect.poll(length).toBeGreaterThan(before + 50);
  await playground.stop.click();
  await playground.isIdle();
});

test('an error in one bar leaves the text and the other bar intact', async ({ playground, page }) => {
  playground.expectedErrors.push(/broken on purpose/);
  await page.addInitScript(() => {
    const { get } = Object.getOwnPropertyDescriptor(Intl.NumberFormat.prototype, 'format')!;
    Object.defineProperty(Intl.NumberFormat.prototype, 'format', {
      get() {
        if ('isBroken' in window) throw new Error('broken on purpose');
        return get!.call(this);
      },
    });
  });
  await playground.open();
  await playground.isReady();
  await page.evaluate(() => Object.assign(window, { isBroken: true }));
  await playground.undo.or(playground.oneToken).first().click();
  await expect(page.getByRole('alert').first()).toContainText('The bar below the text stopped working.');
  await expect(words(page)).toBeVisible();
  await page.evaluate(() => Reflect.deleteProperty(window, 'isBroken'));
  await page.getByRole('button', { name: names.TRY_AGAIN }).first().click();
  await playground.isIdle();
});

test('after an error in the page itself, the user can read the text and reload the page', async ({
  playground,
  page,
}) => {
  playground.expectedErrors.push(/broken on purpose/);
  await playground.open();
  await playground.startNew('Tea is a drink that nobody may lose.');
  await page.evaluate(() => {
    URLSearchParams.prototype.get = () => {
      throw new Error('broken on purpose');
    };
    dispatchEvent(new PopStateEvent('popstate'));
  });
  await expect(page.getByRole('alert')).toContainText('The page stopped working');
  await expect(page.getByRole('main')).toContainText('Tea is a drink that nobody may lose.');
  await page.getByRole('button', { name: names.RELOAD }).click();
  await expect(playground.text).toContainText('Tea is a drink that nobody may lose.');
});
