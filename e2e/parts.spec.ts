import { readdirSync, readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { GREEDY } from '../src/model/sampling/sampling';
import { encodeLink } from '../src/share/link';
import { PARTS } from './late-parts';
import * as names from './names';
import { expect, LONG, model, PAGE, test } from './playground';

/** The text, in the editor or in StillText. */
const words = (page: Page) => page.locator('.cm-content').filter({ hasText: 'Tidewater' });
const asset = (file: string) => `**/assets/${file}-*.js*`;
/** The browser's messages for files that the test blocks. */
const KEPT_BACK = /net::ERR_(FAILED|INTERNET_DISCONNECTED)/;

test('PARTS has every part that loads late', () => {
  const root = new URL('../src/app/', import.meta.url);
  const sources = (readdirSync(root, { recursive: true }) as string[]).filter(
    (path) => path.endsWith('.tsx') && path !== 'main.tsx', // embed.spec.ts has the embedded lens
  );
  const found = sources
    .map((path) => readFileSync(new URL(path, root), 'utf8'))
    .flatMap((source) =>
      [...source.matchAll(/\blate\(\(\) => import\('.*?(\w+)'\)/g)].map(([, file]) => file),
    );
  expect(found.sort()).toEqual(PARTS.map(({ file }) => file).sort());
});

/** Closes the part that is open, so that the next one can open. */
async function leave(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await page.mouse.move(0, 0);
}

const half = PARTS.length / 2;
for (const [which, parts] of [
  ['first', PARTS.slice(0, half)],
  ['second', PARTS.slice(half)],
] as const)
  test(`without a part of the ${which} half the page shows an error, keeps the text, and loads the part again`, async ({
    playground,
    page,
  }) => {
    test.slow();
    playground.expectedErrors.push(KEPT_BACK);
    for (const { file } of parts) await page.route(asset(file), (route) => route.abort());
    await page.goto(PAGE);
    await playground.isReady();
    for (const { file, name, isSilent, open, shown } of parts)
      await test.step(file, async () => {
        await expect(words(page)).toBeVisible();
        await open(page, playground);
        const message = page.getByRole('alert').filter({ hasText: `${name} did not load.` });
        const again = message.getByRole('button', { name: names.TRY_AGAIN });
        if (isSilent) {
          await expect(shown(page)).toHaveCount(0);
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
        await expect(shown(page).first()).toBeVisible();
        await expect(page.getByRole('alert')).toHaveCount(0);
        await expect(words(page)).toBeVisible();
        await leave(page);
      });
  });

for (const files of [['Editor'], ['LensPanel', 'CompareSheet', 'QrCode', 'Verification']])
  test(`an error in ${files.join(', ')} stops only that part`, async ({ playground, page }) => {
    playground.expectedErrors.push(/broken on purpose/);
    for (const file of files)
      await page.route(asset(file), (route) =>
        route.fulfill({
          contentType: 'text/javascript',
          body: "export { broken as default }; function broken() { throw new Error('broken on purpose'); }",
        }),
      );
    await page.goto(PAGE);
    await playground.isReady();
    for (const { name, open } of PARTS.filter(({ file }) => files.includes(file))) {
      await open(page, playground);
      await expect(page.getByRole('alert').filter({ hasText: `${name} stopped working.` })).toBeVisible();
      await expect(words(page)).toBeVisible();
      await expect(playground.write.or(page.getByRole('dialog'))).not.toHaveCount(0);
      await leave(page);
    }
  });

test('a link stays in the address until it can be opened', async ({ playground, page }) => {
  playground.expectedErrors.push(KEPT_BACK);
  await page.route(asset('sharing'), (route) => route.abort());
  const { id, digest } = model.manifest;
  const runs = [{ source: 'typed', text: 'A shared wren.' }] as const;
  const link = await encodeLink({ model: { id, digest }, runs, sampling: GREEDY, view: {} });
  await page.goto(`${PAGE}#${link}`);
  await expect(page.getByText('The link did not open.')).toBeVisible();
  expect(page.url()).toContain(`#${link}`);
  await page.unroute(asset('sharing'));
  await page.reload();
  await expect(playground.text).toContainText('A shared wren.');
  expect(page.url()).not.toContain('#');
});

test('a failed part loads again when it is reopened, and by itself when the network is back', async ({
  playground,
  page,
  context,
}) => {
  playground.expectedErrors.push(KEPT_BACK);
  for (const file of ['Card', 'Rail']) await page.route(asset(file), (route) => route.abort());
  await playground.open();
  await page.keyboard.press('Control+/');
  await expect(page.getByRole('button', { name: names.TRY_AGAIN })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.unroute(asset('Card'));
  await page.keyboard.press('Control+/');
  await expect(page.getByRole('heading', { name: 'How this works' })).toBeVisible();
  await leave(page);

  await page.keyboard.press('Control+,');
  await expect(page.getByRole('alert')).toContainText('The panel did not load.');
  await page.unroute(asset('Rail'));
  // Requests can still fail at the event that the network is back.
  await expect(async () => {
    await context.setOffline(true);
    await context.setOffline(false);
    await expect(page.getByRole('tab', { name: names.BRANCHES })).toBeVisible({ timeout: 5000 });
  }).toPass();
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
  const failed = page.getByRole('alert').filter({ hasText: 'did not load' }); // some pages lack the list of models
  for (const { open, shown } of PARTS) {
    await open(page, playground);
    await expect(shown(page).first()).toBeVisible();
    await expect(failed).toHaveCount(0);
    await leave(page);
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
    URLSearchParams.prototype.has = () => {
      throw new Error('broken on purpose');
    };
    dispatchEvent(new PopStateEvent('popstate'));
  });
  await expect(page.getByRole('alert')).toContainText('The page stopped working');
  await expect(page.getByRole('main')).toContainText('Tea is a drink that nobody may lose.');
  await page.getByRole('button', { name: names.RELOAD }).click();
  await expect(playground.text).toContainText('Tea is a drink that nobody may lose.');
});
