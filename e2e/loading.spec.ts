import type { Page } from '@playwright/test';
import * as names from './names';
import { expect, holdWeights, MODELS, model, test } from './playground';

const WEIGHTS = '**/model.safetensors';
const NETWORK_ERROR = /Failed to load resource/; // the browser's message for a 404

const alert = (page: Page) => page.getByRole('alert');

test('without WebGPU the model runs on the CPU, and the page shows the reason', async ({
  playground,
  page,
}) => {
  await playground.open();
  const device = page.getByRole('button', { name: names.RUNS_ON_CPU });
  await expect(device).toBeVisible();
  await device.click();
  await expect(page.getByRole('dialog', { name: names.DEVICE })).toContainText(
    /WebGPU.*so the model runs on the CPU/,
  );
});

test('a cross-origin isolated page uses threads', async ({ playground, page }) => {
  const isolated = {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  };
  await page.route('**/*', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), ...isolated } });
  });
  await playground.open('', { length: 24 });
  await page.getByRole('button', { name: names.RUNS_ON_CPU }).click();
  await expect(page.getByRole('dialog', { name: names.DEVICE })).toContainText(
    /WebAssembly SIMD, \d threads/,
  );
  await page.keyboard.press('Escape');
  await playground.press(playground.write);
  await expect(playground.text.locator('ins')).not.toHaveCount(0);
  await page.unrouteAll({ behavior: 'ignoreErrors' }); // the page still loads its late parts
});

test('the address chooses the backend, and a setting overrides it', async ({ playground, page }) => {
  await playground.open('&backend=reference');
  await page.getByRole('button', { name: names.RUNS_ON_REFERENCE }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: names.SETTINGS, exact: true }).click();
  await expect(page.getByText('Set by ?backend= in the address')).toBeVisible();
  await page.getByRole('radio', { name: names.AUTOMATIC }).check();
  await playground.isReady();
  await expect(page).not.toHaveURL(/backend/);
});

test('if WebGPU is requested but missing, the model runs on the CPU and the page shows the reason', async ({
  playground,
  page,
}) => {
  await playground.open('&backend=webgpu', { length: 1 });
  await playground.press(playground.write);
  await page.getByRole('button', { name: names.RUNS_ON_CPU }).click();
  await expect(page.getByRole('dialog', { name: names.DEVICE })).toContainText('no WebGPU device');
});

test('while the model loads, the user can edit, and a press on Generate takes effect later', async ({
  playground,
  page,
}) => {
  const letGo = await holdWeights(page);
  await playground.open();
  await expect(page.getByText('Loading the model')).toBeVisible();
  await expect(page.getByText(/of [\d.]+ MB/)).toBeVisible();
  await playground.startNew('Tea is');
  await playground.write.click();
  await expect(page.getByText('Writing starts when it has loaded.')).toBeVisible();
  letGo();
  await playground.isIdle();
  expect((await playground.words()).length).toBeGreaterThan('Tea is'.length);
});

test('before the weights the page fetches the index and one model’s own files', async ({
  playground,
  page,
}) => {
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(request.url().split('/weights/')[1]));
  await playground.open();
  await playground.isReady();
  const files = fetched.filter(Boolean);
  const { id } = model.manifest;
  const before = files.slice(0, files.indexOf(`${id}/model.safetensors`));
  const allowed = ['index.json', ...['manifest', 'config', 'tokenizer'].map((name) => `${id}/${name}.json`)];
  expect(allowed).toEqual(expect.arrayContaining(before));
  expect(files.filter((name) => name.endsWith('manifest.json'))).toHaveLength(1);
  expect(files.filter((name) => name.endsWith('tokenizer.json'))).toHaveLength(1);
});

test('loading can be cancelled and restarted', async ({ playground, page }) => {
  let isHeld = true;
  await page.route(WEIGHTS, async (route) => {
    if (isHeld) await new Promise(() => {});
    await route.continue();
  });
  await playground.open();
  await page.getByRole('button', { name: names.CANCEL }).click();
  await expect(page.getByText('Model not loaded.')).toBeVisible();
  isHeld = false;
  await page.getByRole('button', { name: names.LOAD }).click();
  await playground.isReady();
  await playground.press(playground.write);
});

test('a missing model shows an error, and loads on another try', async ({ playground, page }) => {
  playground.expectedErrors.push(NETWORK_ERROR);
  let isMissing = true;
  await page.route('**/manifest.json', (route) =>
    isMissing ? route.fulfill({ status: 404 }) : route.continue(),
  );
  await playground.open();
  await expect(alert(page)).toContainText('manifest.json could not be loaded: the server answered 404.');
  await expect(alert(page)).toContainText('try again');
  await playground.startNew('Still here');
  isMissing = false;
  await page.getByRole('button', { name: names.TRY_AGAIN }).click();
  await playground.isReady();
  expect(await playground.words()).toBe('Still here');
});

test('an address with a model that the site does not have offers another model', async ({
  playground,
  page,
}) => {
  for (const [name, details] of [
    ['../elsewhere', '"../elsewhere" is not a valid model name'],
    ['nowhere', 'manifest.json'],
  ]) {
    await page.goto(`./?model=${name}`);
    await expect(alert(page)).toContainText(`This site has no model with the name “${name}”`);
    await expect(alert(page).getByText(details)).toBeHidden();
    await alert(page).getByText('Details').click();
    await expect(alert(page).getByText(details)).toBeVisible();
  }
  await page.getByRole('button', { name: `Load ${MODELS[0].name}` }).click();
  await playground.isReady();
  await expect(page).toHaveURL((url) => !url.search);
});

const damaged: [name: string, body: () => Buffer, says: RegExp][] = [
  ['truncated', () => model.weights().subarray(0, 1_000_000), /has 1000000 bytes instead of/],
  ['corrupted', () => model.weights().fill(7, 5_000_000, 5_000_100), /does not match its SHA-256/],
];
for (const [name, body, says] of damaged)
  test(`${name} weights are rejected, and load on another try`, async ({ playground, page }) => {
    let isDamaged = true;
    await page.route(WEIGHTS, (route) => (isDamaged ? route.fulfill({ body: body() }) : route.continue()));
    await playground.open();
    await expect(alert(page)).toContainText(says);
    await expect(alert(page)).toContainText('Load again');
    isDamaged = false;
    await playground.press(playground.write); // Generate loads the model again
    await expect(playground.text.locator('ins')).not.toHaveCount(0);
  });

const lacking: [what: string, take: () => void, says: string][] = [
  [
    'AbortSignal.any',
    () => Object.defineProperty(AbortSignal, 'any', { value: undefined }),
    'it lacks AbortSignal.any.',
  ],
  [
    'workers, as in a sandboxed frame',
    () => {
      window.Worker = class {
        constructor() {
          throw new DOMException('Access is denied', 'SecurityError');
        }
      } as never;
    },
    "blocked the model's worker",
  ],
];
for (const [what, take, says] of lacking)
  test(`without ${what}, the page shows an error and the text`, async ({ playground, page }) => {
    await page.addInitScript(take);
    await playground.open();
    await expect(alert(page)).toContainText(says);
    await playground.startNew('Still here');
    expect(await playground.words()).toBe('Still here');
  });

test('the model generates without locks and the newest functions', async ({ playground, page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(Promise, 'withResolvers', { value: undefined });
    Object.defineProperty(Intl, 'Segmenter', { value: undefined });
    Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
  });
  await playground.open('', { length: 8 });
  await playground.press(playground.write);
  await expect(playground.text.locator('ins')).not.toHaveCount(0);
});
