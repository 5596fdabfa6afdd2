import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { smallModel } from '../tests/small-model';
import { findsNothing, LOOKS } from './axe';
import * as names from './names';
import { disk, drop, folder } from './own-models';
import { expect, PAGE, type PlaygroundPage, test } from './playground';

/** A small model on the disk of the user, which learns in seconds. */
const small = folder('Small', smallModel(1));

const TEXT = 'The tea in the tin and the hen in the inn. '.repeat(90);

const dialog = (page: Page) => page.getByRole('dialog', { name: names.TEACH });
const button = (at: Locator | Page, name: string) => at.getByRole('button', { name, exact: true });
const modelNamed = (page: Page, name: RegExp) =>
  expect(page.getByRole('button', { name: names.MODEL })).toHaveAccessibleName(name);

async function addText(page: Page, text: string): Promise<void> {
  await dialog(page).getByRole('textbox').first().fill(text);
  await button(dialog(page), names.ADD_THIS_TEXT).click();
}

/** Opens the small model of the user, and the page that teaches. */
async function openTeach(page: Page, playground: PlaygroundPage): Promise<void> {
  await page.goto(PAGE);
  await playground.isReady();
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: names.MODEL }).click();
  await button(page, names.OPEN_OWN_FOLDER).click();
  await (await choosing).setFiles(small);
  await modelNamed(page, /Small/);
  await page.getByRole('button', { name: names.MODEL }).click();
  await button(page, names.OPEN_TEACH).click();
}

/** Opens the page by its command. */
async function openByCommand(page: Page): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: names.COMMAND_FIELD }).fill('fine-tune');
  await page.keyboard.press('Enter');
}

test('teaches a model a text, writes with it, exports it, forgets it, and opens it from its file', async ({
  playground,
  page,
}) => {
  test.slow();
  await openTeach(page, playground);
  await addText(page, TEXT);
  await expect(dialog(page).getByRole('status')).toContainText(/2,\d{3} tokens for .* 2 rounds take about/);
  await button(dialog(page), names.TEACH).click();
  await expect(dialog(page).getByRole('img', { name: /^Loss: base/ })).toBeVisible();
  const taught = dialog(page).getByRole('region', { name: names.TAUGHT_MODELS });
  await expect(taught).toContainText(/the loss went from \d+\.\d+ to \d+\.\d+ bits per token \(−/);
  await expect(taught.getByText('Before the lesson')).toBeVisible();
  await expect(taught.locator('mark').first()).toBeVisible();
  await expect(taught).toContainText(/the loss went from \d+\.\d+ to \d+\.\d+: what it forgot/);
  for (const { colorScheme, width } of [LOOKS[1], LOOKS[2]]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    expect(await dialog(page).evaluate((popup) => popup.scrollWidth - popup.clientWidth)).toBe(0);
    await findsNothing(page);
  }
  await page.setViewportSize({ width: 1280, height: 800 });

  await taught.getByLabel(names.NAME).fill('Tea style');
  await taught.getByLabel(names.STRENGTH).focus();
  await page.keyboard.press('End');
  await expect(taught.getByRole('status')).toHaveText('150%');
  await button(taught, names.EXPORT_ADAPTER).click();
  await expect(taught).toContainText('can give parts of it away');
  const saving = page.waitForEvent('download');
  await button(taught, names.SAVE_FILE).click();
  const file = join(disk, 'Tea style.adapter.zip');
  await (await saving).saveAs(file);
  await button(taught, names.USE_IT).click();
  await modelNamed(page, /: Tea style$/);
  await playground.startNew('The tea');
  await playground.press(playground.oneToken);
  await page.reload();
  await modelNamed(page, /: Tea style$/);
  await playground.press(playground.oneToken);

  await openByCommand(page);
  await button(taught, names.COMPARE_WITH_BASE).click();
  const sheet = page.getByRole('dialog', { name: names.COMPARE });
  await sheet.getByRole('button', { name: names.GENERATE_ALL }).click();
  await expect(sheet.getByRole('button', { name: names.GENERATE_AGAIN })).toBeVisible();
  const texts = [1, 2].map((n) => sheet.getByRole('region', { name: names.continuationText(n) }).innerText());
  expect(new Set(await Promise.all(texts)).size).toBe(2);
  await expect(sheet.getByRole('heading', { name: /the base$/ })).toHaveCount(1);
  await findsNothing(page);
  await page.keyboard.press('Escape');

  await button(page, names.SHARE).click();
  const link = await page.getByRole('textbox', { name: names.LINK }).inputValue();
  await button(page, names.DOWNLOAD_WITH_ADAPTER).click();
  await expect(page.getByText('can give parts of them away')).toBeVisible();
  const sharing = page.waitForEvent('download');
  await button(page, names.SAVE_FILE).click();
  const shared = join(disk, 'Shared.leapformer.zip');
  await (await sharing).saveAs(shared);
  await page.keyboard.press('Escape');

  await openByCommand(page);
  await button(taught, names.TEACH_MORE).click();
  await expect(dialog(page).getByText('Tea style learns more')).toBeVisible();
  await addText(page, TEXT.slice(0, 600));
  await button(dialog(page), names.TEACH).click();
  const more = taught.getByRole('listitem');
  await expect(more).toHaveCount(2);
  await expect(more.first().getByLabel(names.NAME)).toHaveValue(/^Tea style and /);
  await button(more.first(), names.DELETE).click();
  await button(more.first(), names.DELETE_IT).click();
  await expect(more).toHaveCount(1);
  await button(taught, names.DELETE).click();
  await button(taught, names.DELETE_IT).click();
  await expect(taught).toHaveCount(0);
  await button(dialog(page), 'Close').click();
  const words = await playground.words();
  await page.reload();
  await expect(page.getByText(/The model of this text, taught-.* is not in this browser/)).toBeVisible();
  expect(await playground.words()).toBe(words);
  await page.goto(link);
  const about = page.getByRole('complementary', { name: names.ABOUT_TEXT });
  await expect(about).toContainText(/It was taught from .* Drop the file of the adapter/);
  await drop(page, shared);
  await expect(page.getByText(/Shared is open: an adapter of/)).toBeVisible();
  await expect(about).toContainText('Shared, which is loaded: you can check it.');
  await button(about, names.VERIFY).click();
  await expect(page.getByRole('complementary', { name: names.VERIFICATION })).toContainText('Verified');
});

test('a reload in the middle of a lesson loses nothing, and Stop and Discard end it', async ({
  playground,
  page,
}) => {
  await openTeach(page, playground);
  await addText(page, TEXT.repeat(20));
  await dialog(page).getByRole('textbox').first().fill('Half a sen');
  await expect(dialog(page).getByRole('status')).toContainText(/\d tokens for/);
  await page.reload();
  await expect(dialog(page).getByRole('textbox').first()).toHaveValue('Half a sen');
  await dialog(page).getByRole('textbox').first().fill('');
  await expect(dialog(page).getByRole('status')).toContainText(/\d tokens for/);
  await button(dialog(page), names.TEACH).click();
  const lesson = dialog(page).getByRole('region', { name: names.LESSON });
  await expect(lesson).toContainText(/Segment [1-9]/);
  await expect(lesson.getByText(/^After \d+ segments/)).toBeVisible();
  await page.reload();
  await expect(dialog(page)).toContainText('was interrupted');
  await button(dialog(page), names.CONTINUE).click();
  await expect(lesson).toContainText(/Segment [1-9]/);
  await button(lesson, names.STOP_LESSON).click();
  await expect(button(lesson, names.CONTINUE)).toBeVisible();
  await button(lesson, names.DISCARD_LESSON).click();
  await expect(lesson).toHaveCount(0);
  await page.reload();
  await expect(button(dialog(page), names.TEACH)).toBeDisabled();
  await expect(dialog(page)).not.toContainText('was interrupted');
  await button(dialog(page), 'Close').click();
  await playground.isReady();
});

test('by keyboard alone: opens Teach, adds a text, teaches, names the result and uses it', async ({
  playground,
  page,
}) => {
  await openTeach(page, playground);
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toHaveCount(0);
  await openByCommand(page);
  await expect(dialog(page)).toBeVisible();
  /** Presses Tab until an element has the focus, which is visible. */
  const tabTo = async (target: Locator) => {
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      if (await target.evaluate((element) => element === document.activeElement)) break;
    }
    await expect(target).toBeFocused();
    const outline = () => target.evaluate((element) => getComputedStyle(element).outlineStyle);
    await expect.poll(outline).not.toBe('none');
  };
  await tabTo(dialog(page).getByRole('textbox').first());
  await page.keyboard.insertText(TEXT.slice(0, 600));
  await tabTo(button(dialog(page), names.ADD_THIS_TEXT));
  await page.keyboard.press('Enter');
  await expect(button(dialog(page), names.TEACH)).toBeEnabled();
  await tabTo(button(dialog(page), names.TEACH));
  await page.keyboard.press('Enter');
  const taught = dialog(page).getByRole('region', { name: names.TAUGHT_MODELS });
  await expect(taught).toBeVisible();
  await tabTo(taught.getByLabel(names.NAME));
  await page.keyboard.press('Control+a');
  await page.keyboard.type('Tea style');
  await tabTo(button(taught, names.USE_IT));
  await page.keyboard.press('Enter');
  await modelNamed(page, /: Tea style$/);
  await expect(dialog(page)).toHaveCount(0);
});
