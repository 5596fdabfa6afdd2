import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { smallModel } from '../tests/small-model';
import { openLens, sentence } from './lens';
import * as names from './names';
import { drop, folder, loaded } from './own-models';
import { test as base, expect, MODELS, type PlaygroundPage } from './playground';
import { type StaticHost, staticHost } from './static-host';

const ID = 'wiki-10m-int4-v1';
const { digest, name } = MODELS.find(({ id }) => id === ID)!;
const sizeOf = (id: string) => readFileSync(`public/weights/${id}/model.safetensors`).length;

/** A host of its own, because these tests take it away or change its site. */
const test = base.extend<{ host: StaticHost }>({
  host: async ({ playground }, use) => {
    playground.expectedErrors.push(/Failed to load resource|net::ERR|Failed to update a ServiceWorker/);
    const host = await staticHost('/play/');
    await use(host);
    host.close();
  },
});
test.use({ serviceWorkers: 'allow' });
test.slow();

const storage = (page: Page) => page.getByRole('dialog', { name: names.STORAGE });

async function open(playground: PlaygroundPage, host: StaticHost): Promise<void> {
  await playground.page.goto(`${host.address}?model=${ID}`);
  await playground.isReady();
}

async function openStorage(playground: PlaygroundPage): Promise<void> {
  await playground.page.getByRole('button', { name: names.MODEL }).click();
  await playground.page.getByRole('button', { name: names.STORAGE, exact: true }).click();
}

/** The bytes of a model's weights that the browser keeps. */
function keptWeights(page: Page, id = ID): Promise<number> {
  const { digest } = JSON.parse(readFileSync(`public/weights/${id}/manifest.json`, 'utf8'));
  return page.evaluate(async (digest) => {
    const cache = await caches.open('model-files');
    let bytes = 0;
    for (const request of await cache.keys())
      if (request.url.includes(digest)) bytes += (await (await cache.match(request))!.blob()).size;
    return bytes;
  }, digest);
}

/** Waits until the browser keeps the page and a model. */
async function isKept(page: Page, id = ID): Promise<void> {
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await expect.poll(() => keptWeights(page, id)).toBe(sizeOf(id));
}

test('after one visit, the page works without a network: load, write, lens, share', async ({
  playground,
  page,
  host,
}) => {
  await open(playground, host);
  await isKept(page);
  host.close();
  await page.reload();
  await playground.isReady();
  await playground.press(playground.oneToken);
  await expect(playground.undo).toBeEnabled();
  await openLens(playground, page);
  await expect(sentence(page)).toContainText(/head \d\.\d/);
  await playground.openCard(names.SHARE);
  await expect(page.getByRole('textbox', { name: names.LINK })).toHaveValue(/#.{100,}/);
  expect(host.weights).toEqual([0]);
});

test('after one visit, the page translates without a network', async ({ page, host }) => {
  const dialog = page.getByRole('dialog', { name: names.TRANSLATE });
  const german = dialog.getByRole('region', { name: 'German' }).getByRole('button').first();
  await page.goto(`${host.address}?model=${ID}&translate`);
  await expect(dialog.getByText('Ready', { exact: true })).toBeVisible();
  await isKept(page, 'translate-v1');
  host.close();
  await page.reload();
  await dialog.getByRole('textbox', { name: names.SOURCE }).pressSequentially('I have a dog. ');
  await expect(german).toHaveText(/Hund/);
});

test('a dropped model works without a network: load, write, open a text', async ({
  playground,
  page,
  host,
}) => {
  const tea = folder('Tea party', smallModel());
  await open(playground, host);
  await drop(page, tea);
  await loaded(page, tea);
  await playground.startNew('A kettle');
  await playground.startNew('The tea');
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  host.close();
  await page.reload();
  await loaded(page, tea);
  await playground.press(playground.oneToken);
  await expect(playground.text).toHaveText(/^The tea./);
  await playground.title.click();
  await page
    .getByRole('dialog', { name: names.TEXTS })
    .getByRole('button', { name: /^A kettle/ })
    .click();
  await expect(playground.text).toHaveText('A kettle');
  await playground.press(playground.oneToken);
  await expect(playground.text).toHaveText(/^A kettle./);
});

test('a load that breaks resumes where it stopped, and damaged storage heals', async ({
  playground,
  page,
  host,
}) => {
  host.breaksAfter = 0.4 * sizeOf(ID); // the engine asks twice
  await page.goto(`${host.address}?model=${ID}`);
  await expect(page.getByRole('alert')).toContainText('could not be loaded');
  host.breaksAfter = Number.POSITIVE_INFINITY;
  const before = host.weights.length;
  await page.getByRole('button', { name: names.TRY_AGAIN }).click();
  await playground.isReady();
  expect(host.weights.length).toBe(before + 1);
  expect(host.weights[before]).toBeGreaterThan(sizeOf(ID) / 2);

  await isKept(page);
  await page.evaluate(async (digest) => {
    const cache = await caches.open('model-files');
    const [first] = (await cache.keys()).filter(({ url }) => url.includes(digest));
    await cache.put(first, new Response(new Uint8Array(2 ** 20)));
  }, digest);
  await page.reload();
  await playground.isReady();
  expect(host.weights.slice(before + 1)).toEqual([0]);
  await isKept(page);
  await page.reload();
  await playground.isReady();
  expect(host.weights.length).toBe(before + 2);
});

test('the Storage card lists and deletes what is kept, and full storage only means that nothing is kept', async ({
  playground,
  page,
  context,
  host,
}) => {
  await open(playground, host);
  await isKept(page);
  await openStorage(playground);
  await expect(storage(page)).toContainText(`${name} is kept in this browser`);
  await storage(page)
    .getByRole('button', { name: `Delete ${name}`, exact: true })
    .click();
  await expect(storage(page)).toContainText(`This browser does not keep ${name}`);
  expect(await keptWeights(page)).toBe(0);

  const session = await context.newCDPSession(page);
  const { origin } = new URL(host.address);
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1000 });
  await page.reload();
  await playground.isReady();
  await playground.press(playground.oneToken);
  await openStorage(playground);
  await expect(storage(page)).toContainText(`This browser does not keep ${name}`);
  expect(host.weights).toEqual([0, 0]);
});

test('where the browser denies storage, the page works and states that it keeps nothing', async ({
  playground,
  page,
  host,
}) => {
  const deny = () => {
    const denied = () => Promise.reject(new DOMException('Access is denied', 'SecurityError'));
    Object.defineProperty(globalThis, 'caches', { value: { open: denied } });
    if (navigator.serviceWorker) navigator.serviceWorker.register = denied;
    navigator.storage.persist = denied;
    navigator.storage.estimate = denied;
    navigator.storage.getDirectory = denied;
    IDBFactory.prototype.open = () => {
      throw new DOMException('Access is denied', 'SecurityError');
    };
  };
  await page.addInitScript(deny);
  await page.route(/\/(engine|own-models)\.worker-.*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${deny})();${await response.text()}` });
  });
  await open(playground, host);
  await playground.press(playground.oneToken);
  await expect(playground.undo).toBeEnabled();
  await expect(page.getByRole('status').filter({ hasText: 'blocks storage' })).toBeVisible();
  await openStorage(playground);
  await expect(storage(page)).toContainText(`This browser does not keep ${name}`);
  const before = host.weights.length;
  await page.reload();
  await playground.isReady();
  expect(host.weights.length).toBeGreaterThan(before);

  const tea = folder('Tea party', smallModel());
  await drop(page, tea);
  await expect(page.getByText('Tea party passed the check.')).toContainText('This browser does not keep it');
  await loaded(page, tea);
  await playground.press(playground.oneToken);
  await openStorage(playground);
  await expect(storage(page)).toContainText('This browser does not keep Tea party, so drop it again');
});

const REPOSITORY = 'https://next.example';

/** Builds a release with other code, whose model of the same name has other weights. */
async function nextRelease(): Promise<StaticHost['site']> {
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  const publicDir = join(folder, 'public');
  const weights = join(publicDir, 'weights');
  cpSync('public', publicDir, { recursive: true });
  rmSync(join(weights, ID), { recursive: true });
  cpSync(join(weights, 'wiki-10m-v3'), join(weights, ID), { recursive: true });
  const other = MODELS.find(({ id }) => id === 'wiki-10m-v3')!;
  const models = MODELS.map((model) => (model.id === ID ? { ...other, id: ID } : model));
  writeFileSync(join(weights, 'index.json'), JSON.stringify({ models }));
  const env = { ...process.env, REPOSITORY_URL: REPOSITORY };
  const site = join(folder, 'site');
  const options = JSON.stringify({ publicDir, logLevel: 'error', build: { outDir: site } });
  const script = `import { build } from 'vite'; await build(${options});`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env });
  return site;
}

test('a new release is offered, never mixes with the old one, and the text survives it', async ({
  playground,
  page,
  host,
}) => {
  const model = page.getByRole('button', { name: names.MODEL });
  await open(playground, host);
  await isKept(page);
  await playground.startNew('Some words of mine');
  host.site = await nextRelease();
  await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
  await expect(page.getByText(names.NEW_VERSION)).toBeVisible();
  await page.getByRole('button', { name: names.LATER }).click();
  await page.reload();
  await playground.isReady();
  await expect(model).toHaveAccessibleName(new RegExp(`${name}$`)); // the old page with its own weights
  expect(host.weights).toEqual([0]);

  await page.getByRole('button', { name: names.UPDATE }).click();
  await expect(model).toHaveAccessibleName(/Wiki 10M$/);
  await expect.poll(() => playground.words()).toContain('Some words of mine');
  expect(host.weights).toEqual([0, 0]);
  await playground.openMore();
  await expect(page.getByRole('link', { name: names.SOURCE_CODE })).toHaveAttribute('href', REPOSITORY);
  rmSync(dirname(host.site), { recursive: true });
});
