import type { Page } from '@playwright/test';
import * as names from './names';
import { expect, LONG, PAGE, test } from './playground';

const MEGABYTES = 5 * 2 ** 20;

test('the text survives a reload, with its typed and sampled parts', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew('= Tea =\n\nTea is a drink that is made');
  await playground.press(playground.write);
  await page.keyboard.insertText(' And so on.');
  const before = await playground.words();
  const sampled = await playground.text.locator('ins').allInnerTexts();
  await page.reload(); // at once, before any timer
  await expect(playground.text).toBeVisible();
  expect(await playground.words()).toBe(before);
  expect(await playground.text.locator('ins').allInnerTexts()).toEqual(sampled);
  await playground.isReady();
  await playground.press(playground.write);
});

test('a text that is being generated survives a reload', async ({ playground, page }) => {
  await playground.open('', LONG);
  await playground.isReady();
  await playground.startNew('Tea is');
  await playground.write.click();
  await expect(page.getByText(/tokens\/s/)).toBeVisible();
  const before = await playground.words();
  await page.reload();
  await expect(playground.text).toBeVisible();
  expect((await playground.words()).startsWith(before)).toBe(true);
});

for (const [name, unit] of [
  ['with spaces', 'tea leaves and water\n'.repeat(8)],
  ['without spaces', 'tealeaves'],
])
  test(`5 MB pasted, ${name}: the page responds, reading can be stopped, and no text is lost`, async ({
    playground,
    page,
  }) => {
    await playground.open();
    await playground.isReady();
    await playground.newText();
    const times = Math.ceil(MEGABYTES / unit.length);
    await playground.paste(unit, times);
    await playground.write.click();
    await expect(page.getByRole('progressbar', { name: 'Reading your text' })).toBeVisible();
    await playground.stop.click();
    await playground.isIdle();
    await page.keyboard.press('Control+End');
    await playground.text.focus();
    await page.keyboard.insertText('!');
    await expect.poll(async () => (await playground.kept()).text.length).toBe(unit.length * times + 1);
  });

test('reading a long text shows progress', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.newText();
  await playground.paste('tea leaves and water\n', 20_000);
  await playground.write.click();
  await expect(page.getByText(/[1-9][\d,]* of [\d,]+ tokens/)).toBeVisible();
  await page.keyboard.press('Escape');
  await playground.isIdle();
  await expect(page.getByText('Stopped after 0 tokens.')).toBeAttached();
});

test('a hidden tab continues to generate', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew('Tea is');
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { get: () => true });
    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
    window.requestAnimationFrame = () => 0; // hidden tabs draw no frames
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await playground.write.click();
  await expect.poll(async () => (await playground.kept()).sources).toEqual(['typed', 'sampled']);
  await playground.isIdle();
});

const notSaved = (page: Page) => page.getByRole('status').filter({ hasText: 'keeps trying to save' });

test('with storage blocked, the page shows that nothing is saved, keeps each text in memory, and warns before leaving', async ({
  playground,
  page,
}) => {
  await page.addInitScript(() => {
    for (const name of ['indexedDB', 'localStorage', 'sessionStorage'])
      Object.defineProperty(window, name, {
        get: () => {
          throw new DOMException('The operation is insecure.', 'SecurityError');
        },
      });
  });
  await page.goto(PAGE);
  await playground.startNew('Mine.');
  await expect(notSaved(page)).toContainText('This browser blocks storage');
  await expect(notSaved(page)).toContainText('are not saved');
  await playground.startNew('Another.');
  await page.getByRole('button', { name: names.TEXTS }).click();
  const list = page.getByRole('dialog', { name: names.TEXTS });
  await expect(list).toContainText('not saved yet');
  await list.getByRole('button', { name: /^Mine\./ }).click();
  await expect(playground.text).toHaveText('Mine.');
  await expect(notSaved(page).getByRole('button', { name: names.EXPORT })).toBeVisible();
  const warning = page.waitForEvent('dialog');
  const leaving = page.reload();
  expect((await warning).type()).toBe('beforeunload');
  await (await warning).accept();
  await leaving;
});

test('a full disk is reported each time, and unsaved texts are saved once there is space', async ({
  playground,
  page,
}) => {
  await page.addInitScript(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...args) {
      if ('isFull' in window) throw new DOMException('No room.', 'QuotaExceededError');
      return put.apply(this, args);
    };
  });
  const fill = (isFull: boolean) =>
    page.evaluate((isFull) => {
      if (isFull) Object.assign(window, { isFull });
      else Reflect.deleteProperty(window, 'isFull');
    }, isFull);
  await playground.open();
  for (const words of ['First.', 'Second.']) {
    await fill(true);
    await playground.startNew(words);
    await expect(notSaved(page)).toContainText('storage is full');
    await playground.startNew(`More ${words}`);
    await fill(false);
    await expect(notSaved(page)).toHaveCount(0);
  }
  await fill(true);
  await playground.startNew('Third.');
  await expect(notSaved(page)).toBeVisible();
  await page.reload(); // sessionStorage holds the text too, so there is no warning
  await expect(playground.text).toHaveText('Third.');
  await page.getByRole('button', { name: names.TEXTS }).click();
  for (const words of ['First.', 'More First.', 'Second.', 'More Second.', 'Third.'])
    await expect(page.getByRole('button', { name: words, exact: false }).first()).toBeVisible();
});

test('an example opens as a new text, and the previous text survives a reload', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.startNew('My own words.');
  await page.getByRole('button', { name: names.NEW, exact: true }).click();
  await page.getByRole('button', { name: names.FINISHED_EXAMPLE }).click();
  await expect(playground.title).toHaveAccessibleName(names.titled('Northern Lines'));
  await page.reload();
  await page.getByRole('button', { name: names.TEXTS }).click();
  const list = page.getByRole('dialog', { name: names.TEXTS });
  await list.getByRole('button', { name: /^My own words\./ }).click();
  await expect(playground.text).toHaveText('My own words.');
});
