import type { Locator } from '@playwright/test';
import { findsNothing, LOOKS } from './axe';
import * as names from './names';
import { expect, test } from './playground';

/** A key as another layout, another browser or an input method sends it; true if the page took it. */
function press(target: Locator, init: KeyboardEventInit): Promise<boolean> {
  const dispatch = (element: Element, init: object) =>
    !element.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init }));
  return target.evaluate(dispatch, init as object);
}

test('undo by the browser’s menu, by touch or by voice is the playground’s', async ({ playground, page }) => {
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
    session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', commands: [command] }); // as the menu does
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
  await ask(playground.title, 'historyUndo'); // the title is the text's first line
  await expect.poll(() => playground.words()).toBe('Tea is a drink.');
});

test('shortcuts on a Cyrillic layout, and characters that AltGr types', async ({ playground, page }) => {
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
  expect(await press(playground.text, { key: 'Enter', code: 'Enter', modifierAltGraph: true })).toBe(true); // a line
  await expect(playground.undo).toBeEnabled();
  expect(await playground.words()).toBe(written);
  await expect(playground.stop).toHaveCount(0);
});

test('a Mac’s Control is not Command, and a PC’s Windows key is not Ctrl', async ({
  browser,
  playground,
  page,
}) => {
  await playground.open();
  await playground.text.focus();
  await page.keyboard.press('Meta+k');
  const context = await browser.newContext({ userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)' });
  const mac = await context.newPage();
  await mac.goto('./');
  const field = mac.getByRole('combobox', { name: names.COMMAND_FIELD });
  await mac.getByRole('textbox', { name: names.TITLE }).focus();
  await mac.keyboard.press('Control+k');
  await mac.keyboard.press('Meta+k');
  await expect(field).toBeFocused();
  await mac.keyboard.press('Escape');
  await expect(field).toHaveCount(0);
  await context.close();
  await expect(page.getByRole('combobox', { name: names.COMMAND_FIELD })).toHaveCount(0);
});

test('a field’s keys stay with the field', async ({ playground, page }) => {
  await playground.open('', { length: 4000, atArticleEnd: 'continue', tokensPerSecond: 100 });
  await playground.isReady();
  await playground.startNew('Tea is');
  await page.keyboard.press('Control+,');
  const stops = page.getByRole('textbox', { name: names.STOP_AT });
  await stops.click();
  await page.keyboard.type('zzz');
  await page.keyboard.press('Control+z');
  await expect(stops).not.toHaveValue('zzz');
  for (let n = 0; n < 4; n++) await page.keyboard.press('Control+z'); // until it has nothing left
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

test('Enter and Escape of an input method end no name and no writing', async ({ playground, page }) => {
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

test('arrow keys change a number by its own step', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await page.keyboard.press('Control+,');
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

test('what is typed after the palette’s shortcut goes to the palette', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  await playground.startNew('Tea');
  // All in one task: no press of a hand is as quick.
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

test.describe('find', () => {
  const fieldOf = (playground: { page: import('@playwright/test').Page }) =>
    playground.page.getByRole('textbox', { name: names.FIND });

  test('sees the whole text, goes through the matches, and gives the focus back', async ({
    playground,
    page,
  }) => {
    await playground.open();
    await playground.startNew('');
    await playground.paste('A paragraph about nothing much.\n\n', 1500);
    await page.keyboard.insertText('The needle, and a Needle.');
    await playground.text.press('Control+Home');
    await expect(playground.text).not.toContainText('needle'); // it is not drawn
    await page.keyboard.press('Control+f');
    const field = fieldOf(playground);
    await expect(field).toBeFocused();
    await page.keyboard.type('needle');
    const count = page.locator('.find-count');
    await expect(count).toHaveText('1 of 2');
    await expect(page.locator('.cm-searchMatch-selected')).toBeInViewport();
    await expect(page.locator('.cm-searchMatch-selected')).toHaveText('needle');
    await page.keyboard.press('Enter');
    await expect(count).toHaveText('2 of 2');
    await page.keyboard.press('F3'); // and from the start again
    await expect(count).toHaveText('1 of 2');
    await page.keyboard.press('Shift+Enter');
    await expect(count).toHaveText('2 of 2');
    await page.getByRole('checkbox', { name: names.MATCH_CASE }).check();
    await expect(count).toHaveText('1 of 1');
    await field.fill('haystack');
    await expect(count).toHaveText('No matches');
    await field.fill('paragraph');
    await expect(count).toHaveText('1 of 1,000+');
    await field.press('Escape');
    await expect(field).toHaveCount(0);
    await expect(playground.text).toBeFocused();
  });

  for (const { name, colorScheme, width } of LOOKS)
    test(`axe finds nothing, ${name}`, async ({ playground, page }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await playground.open();
      await playground.text.focus();
      await page.keyboard.press('Control+f');
      await page.keyboard.type('album');
      await expect(page.locator('.find-count')).toHaveText(/\d of \d/);
      await findsNothing(page);
      expect(await page.locator('.find').evaluate((e) => e.scrollWidth <= e.clientWidth)).toBe(true);
    });

  test('replaces, each step with its own undo', async ({ playground, page }) => {
    await playground.open();
    await playground.startNew('teatea tea');
    await page.keyboard.press('Control+f');
    await page.keyboard.type('tea');
    await page.getByRole('textbox', { name: names.REPLACE_WITH }).fill('\\n');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await expect(playground.text).toHaveText('\\n\\n tea');
    await page.getByRole('button', { name: names.REPLACE_ALL }).click();
    await expect(playground.text).toHaveText('\\n\\n \\n');
    await page.keyboard.press('Control+z');
    await expect(playground.text).toHaveText('\\n\\n tea');
    await page.keyboard.press('Control+z');
    await expect(playground.text).toHaveText('\\ntea tea');
    await page.keyboard.press('Control+z');
    await expect(playground.text).toHaveText('teatea tea');
  });

  test('opens from the palette and from a card, and not behind a dialog', async ({ playground, page }) => {
    await playground.open();
    await playground.startNew('Tea');
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('combobox', { name: names.COMMAND_FIELD })).toBeFocused();
    await page.keyboard.type('find');
    await page.keyboard.press('Enter');
    await expect(fieldOf(playground)).toBeFocused();
    await page.keyboard.type('Te');
    await expect(fieldOf(playground)).toHaveValue('Te');
    await page.getByRole('button', { name: names.closing(names.FIND) }).click();

    await page.keyboard.press('Control+/');
    await expect(page.getByRole('dialog')).toBeFocused();
    await page.keyboard.press('Control+f');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(fieldOf(playground)).toBeFocused();
    await page.keyboard.press('Escape');

    await playground.isReady();
    await page.keyboard.press('Control+j');
    const compare = page.getByRole('dialog', { name: names.COMPARE });
    await expect(compare.getByRole('button', { name: names.WRITE_ALL })).toBeFocused();
    await page.keyboard.press('Control+f');
    await page.keyboard.press('Control+z');
    await expect(compare).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(compare).toHaveCount(0);
    await expect(fieldOf(playground)).toHaveCount(0);
    await expect(playground.text).toHaveText('Tea');
  });
});

test('each paragraph reads in the direction of its letters', async ({ playground, page }) => {
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
  await page.keyboard.press('ArrowLeft'); // to the left is onward
  await page.keyboard.type('|');
  await expect(page.locator('.cm-line').nth(1)).toHaveText(`${hebrew[0]}|${hebrew.slice(1)}`);

  await playground.title.fill('תה');
  const direction = (element: Element) => getComputedStyle(element).direction;
  expect(await playground.title.evaluate(direction)).toBe('rtl');
  await page.keyboard.press('Control+b');
  expect(await page.locator('.branch-text span').first().evaluate(direction)).toBe('rtl');
  await page.keyboard.press('Control+o');
  await page.getByRole('button', { name: names.renaming('תה') }).click();
  expect(await page.getByRole('textbox', { name: 'Name of תה' }).evaluate(direction)).toBe('rtl');
  await page.keyboard.press('Escape');
  expect(await page.locator('.text-name').first().evaluate(direction)).toBe('rtl');
});
