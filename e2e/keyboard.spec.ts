import type { Locator } from '@playwright/test';
import * as names from './names';
import { expect, PAGE, test } from './playground';

/** Sends a key event of another layout, browser or input method. Returns true if the page handled it. */
function press(target: Locator, init: KeyboardEventInit): Promise<boolean> {
  const dispatch = (element: Element, init: object) =>
    !element.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init }));
  return target.evaluate(dispatch, init as object);
}

test('the browser’s undo (menu, touch or voice) runs the playground’s undo', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew('Tea is a drink.');
  await playground.press(playground.write);
  const written = await playground.words();
  await playground.text.press('Control+End');
  await page.keyboard.type('!');
  await expect.poll(() => playground.words()).toBe(`${written}!`);

  const session = await page.context().newCDPSession(page);
  const choose = (command: string) =>
    session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', commands: [command] }); // like the menu
  await choose('undo');
  await expect.poll(() => playground.words()).toBe(written);
  const ask = (target: Locator, inputType: string) =>
    target.evaluate(
      (element, inputType) =>
        element.dispatchEvent(new InputEvent('beforeinput', { inputType, bubbles: true, cancelable: true })),
      inputType,
    );
  await ask(playground.text, 'historyUndo');
  await expect.poll(() => playground.words()).toBe('Tea is a drink.');
  await ask(playground.text, 'historyRedo');
  await expect.poll(() => playground.words()).toBe(written);
});

test('shortcuts work on a Cyrillic layout, and AltGr types characters', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew('Tea');
  expect(await press(playground.text, { key: 'я', code: 'KeyZ', ctrlKey: true })).toBe(true);
  await expect(playground.text).not.toHaveText('Tea');
  await press(playground.text, { key: 'Я', code: 'KeyZ', ctrlKey: true, shiftKey: true });
  await expect(playground.text).toHaveText('Tea');

  await playground.press(playground.write);
  const written = await playground.words();
  await page.keyboard.press('Control+i');
  await playground.text.press('Control+End');
  await page.keyboard.press('Alt+ArrowLeft');
  await expect(playground.chosen.first()).toBeVisible();
  const german = { key: '{', code: 'Digit7' };
  expect(await press(playground.text, { ...german, modifierAltGraph: true })).toBe(false);
  expect(await press(playground.text, { ...german, ctrlKey: true, altKey: true })).toBe(false); // on Windows
  expect(await press(playground.text, { key: 'Enter', code: 'Enter', modifierAltGraph: true })).toBe(true); // a new line
  await expect(playground.undo).toBeEnabled();
  expect(await playground.words()).toBe(written);
  await expect(playground.stop).toHaveCount(0);
});

test('Control on a Mac is not Command, and the Windows key is not Ctrl', async ({
  browser,
  playground,
  page,
}) => {
  await playground.open();
  await playground.text.focus();
  await page.keyboard.press('Meta+k');
  const context = await browser.newContext({ userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)' });
  const mac = await context.newPage();
  await mac.goto(PAGE);
  const field = mac.getByRole('combobox', { name: names.COMMAND_FIELD });
  await mac.getByRole('textbox', { name: names.TEXT, exact: true }).focus();
  await mac.keyboard.press('Control+k');
  await mac.keyboard.press('Meta+k');
  await expect(field).toBeFocused();
  await mac.keyboard.press('Escape');
  await expect(field).toHaveCount(0);
  await context.close();
  await expect(page.getByRole('combobox', { name: names.COMMAND_FIELD })).toHaveCount(0);
});

test('a field handles its own keys', async ({ playground, page }) => {
  await playground.open('', { length: 4000, atArticleEnd: 'continue', tokensPerSecond: 100 });
  await playground.isReady();
  await playground.startNew('Tea is');
  await page.keyboard.press('Control+,');
  const stops = page.getByRole('textbox', { name: names.STOP_AT });
  await stops.click();
  await page.keyboard.type('zzz');
  await page.keyboard.press('Control+z');
  await expect(stops).not.toHaveValue('zzz');
  for (let n = 0; n < 4; n++) await page.keyboard.press('Control+z'); // until the field has nothing left to undo
  await expect(playground.text).toHaveText('Tea is');

  await playground.write.click();
  await expect(playground.stop).toBeVisible();
  await stops.focus();
  await page.keyboard.press('Escape');
  await expect(playground.stop).toBeVisible();
  await playground.text.focus();
  await page.keyboard.press('Escape');
  await expect(playground.stop).toHaveCount(0);
});

test('Enter and Escape of an input method neither end a name nor stop a generation', async ({
  playground,
  page,
}) => {
  await playground.open();
  await playground.startNew('Tea');
  await page.keyboard.press('Control+o');
  await page
    .getByRole('button', { name: /^Rename/ })
    .first()
    .click();
  const field = page.getByRole('textbox', { name: /^Name of/ });
  const session = await page.context().newCDPSession(page);
  await session.send('Input.imeSetComposition', { text: 'とうき', selectionStart: 3, selectionEnd: 3 });
  await expect(field).toHaveValue('とうき');
  await press(field, { key: 'Enter', isComposing: true });
  await press(field, { key: 'Enter', keyCode: 229 }); // Safari
  await press(field, { key: 'Escape', isComposing: true });
  await expect(field).toHaveValue('とうき');
  await session.send('Input.insertText', { text: '東京' });
  await expect(field).toHaveValue('東京');
  await page.keyboard.press('Enter');
  await expect(field).toHaveCount(0);
  await expect(page.getByRole('button', { name: names.renaming('東京') })).toBeVisible();
});

test('arrow keys change a number by the step of its range', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await page.keyboard.press('Control+,');
  await playground.unfoldSampling();
  const top = page.getByRole('spinbutton', { name: names.TOP_P });
  await top.fill('0.955'); // between two steps
  await page.keyboard.press('ArrowUp');
  await expect(top).toHaveValue('0.96');
  for (let n = 0; n < 9; n++) await page.keyboard.press('ArrowUp');
  await expect(top).toHaveValue('1');
  await page.keyboard.press('ArrowDown');
  await expect(top).toHaveValue('0.99');
  await page.keyboard.press('Control+j');
  const temperature = page.getByRole('spinbutton', { name: names.TEMPERATURE }).first();
  await temperature.fill('1');
  await page.keyboard.press('ArrowDown');
  await expect(temperature).toHaveValue('0.95');
});

test('keys typed after the palette’s shortcut go to the palette', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew('Tea');
  // All in one task, which is faster than any typist.
  await playground.text.evaluate((element) => {
    const key = (init: KeyboardEventInit) =>
      element.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init }));
    if (key({ key: 'k', code: 'KeyK', ctrlKey: true })) throw Error('the palette did not open');
    for (const letter of 'Hep') if (key({ key: letter })) throw Error(`the text takes ${letter}`);
    key({ key: 'Backspace' });
    key({ key: 'l' });
  });
  await expect(page.getByRole('combobox', { name: names.COMMAND_FIELD })).toHaveValue('Hel');
  await page.keyboard.type('p');
  await expect(page.getByRole('option', { name: /^Help/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(playground.text).toBeFocused();
  await page.keyboard.type('!');
  await expect(playground.text).toHaveText('Tea!');
});

test('the first letter of a paragraph sets its direction', async ({ playground, page }) => {
  await playground.open();
  const hebrew = 'תה הוא משקה חם.';
  await playground.startNew(`Tea is a drink.\n${hebrew}\nالشاي مشروب.`);
  const directions = () =>
    page.locator('.cm-line').evaluateAll((lines) => lines.map((line) => getComputedStyle(line).direction));
  expect(await directions()).toEqual(['ltr', 'rtl', 'rtl']);
  const { left, right } = await page.evaluate(() => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelectorAll('.cm-line')[1]);
    const line = document.querySelector('.cm-content')!.getBoundingClientRect();
    const words = range.getBoundingClientRect();
    return { left: words.left - line.left, right: line.right - words.right };
  });
  expect(right).toBeLessThan(2);
  expect(left).toBeGreaterThan(100);

  await page.keyboard.press('Control+Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Home'); // the right end
  await page.keyboard.press('ArrowLeft'); // left is forward in Hebrew
  await page.keyboard.type('|');
  await expect(page.locator('.cm-line').nth(1)).toHaveText(`${hebrew[0]}|${hebrew.slice(1)}`);

  await page.keyboard.press('Control+Home');
  await page.keyboard.insertText('= תה =\n\n');
  const direction = (element: Element) => getComputedStyle(element).direction;
  expect(await playground.title.locator('bdi').evaluate(direction)).toBe('rtl');
  await page.keyboard.press('Control+b');
  expect(await page.locator('.branch-text span').first().evaluate(direction)).toBe('rtl');
  await page.keyboard.press('Control+o');
  await page.getByRole('button', { name: names.renaming('תה') }).click();
  expect(await page.getByRole('textbox', { name: 'Name of תה' }).evaluate(direction)).toBe('rtl');
  await page.keyboard.press('Escape');
  expect(await page.locator('.text-name').first().evaluate(direction)).toBe('rtl');
});
