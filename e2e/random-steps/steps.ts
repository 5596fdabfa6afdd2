import { expect } from '@playwright/test';
import { hash } from '../../src/model/sampling/random';
import * as names from '../names';
import { PlaygroundPage } from '../playground';
import { look, type Seen } from './oracle';

const WORDS = [
  'river ',
  'Tokyo (東京) ',
  'naïve ',
  '👩‍🚀 ',
  'שלום ',
  'a\nb ',
  '= Tea =\n\n',
  'x',
  'the end.',
];
export const SETTLES = 15_000; // ms within which the screen, the store and the database must agree again

/** Random steps on the page, like a user's. Each returns its random choices, for the log. */
export class Steps {
  /** The steps taken, for the message of a failure. */
  readonly log: string[] = [];
  protected readonly playground: PlaygroundPage;
  private readonly seed: number;
  private draws = 0;
  /** Generated texts, which must always stay reachable. */
  protected readonly written: Seen[] = [];
  /** Texts on screen after each step since the page was loaded, which undo must reach. */
  protected typed: Seen[] = [];
  /** Length of `typed` before the current run of typing. */
  protected burst = 0;
  protected fails = false;

  constructor(playground: PlaygroundPage, seed: number) {
    this.playground = playground;
    this.seed = seed;
  }

  protected get page() {
    return this.playground.page;
  }

  private below(n: number): number {
    return hash(this.seed, this.draws++, 0) % n;
  }

  protected pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** Generates by `act`, and records the generated text. */
  private async writing(step: string, act: () => Promise<void>): Promise<void> {
    const before = await look(this.page, []);
    await act();
    await this.playground.isIdle();
    const { words, endsInSampled } = await look(this.page, []);
    if (endsInSampled && words !== before.words) this.written.push({ words, step });
  }

  /** Opens the list of texts. Returns its rows. */
  private async openTexts() {
    await this.page.getByRole('button', { name: names.TEXTS }).click();
    const rows = this.page.locator('.texts-list li');
    await expect(rows.first()).toBeVisible();
    return rows;
  }

  private async goOnline(): Promise<void> {
    await this.page.context().setOffline(false);
  }

  async type(): Promise<string> {
    const words = this.pick(WORDS);
    await this.playground.text.focus();
    for (const character of words)
      if (character === '\n') await this.page.keyboard.press('Enter');
      else await this.page.keyboard.insertText(character);
    return JSON.stringify(words);
  }

  async paste(): Promise<string> {
    const words = this.pick(WORDS);
    await this.playground.paste(words, 1 + this.below(3));
    return JSON.stringify(words);
  }

  async move(): Promise<string> {
    const key = this.pick(['Home', 'End', 'Control+Home', 'Control+End', 'ArrowLeft', 'ArrowUp']);
    await this.playground.text.focus();
    await this.page.keyboard.press(key);
    return key;
  }

  async select(): Promise<string> {
    const keys = this.pick(['Control+a', 'Shift+ArrowLeft', 'Control+Shift+ArrowLeft', 'Shift+Home']);
    await this.playground.text.focus();
    await this.page.keyboard.press(keys);
    return keys;
  }

  async erase(): Promise<string> {
    const key = this.pick(['Backspace', 'Delete']);
    const times = 1 + this.below(4);
    this.typed.length = this.burst; // an undo step may contain both the typing and the erasing
    await this.playground.text.focus();
    for (let i = 0; i < times; i++) await this.page.keyboard.press(key);
    return `${key} x ${times}`;
  }

  async replaceAll(): Promise<void> {
    await this.playground.text.focus();
    await this.page.keyboard.press('Control+a');
    await this.page.keyboard.insertText('x');
  }

  async undo(): Promise<string> {
    const times = 1 + this.below(3);
    await this.playground.text.focus();
    for (let i = 0; i < times; i++) await this.page.keyboard.press('Control+z');
    return `x ${times}`;
  }

  async redo(): Promise<string> {
    const times = 1 + this.below(3);
    await this.playground.text.focus();
    for (let i = 0; i < times; i++) await this.page.keyboard.press('Control+Shift+z');
    return `x ${times}`;
  }

  async generate(): Promise<void> {
    await this.writing('generate', () => this.page.keyboard.press('Control+Enter'));
  }

  async oneToken(): Promise<void> {
    await this.writing('oneToken', () => this.page.keyboard.press('Alt+Enter'));
  }

  async regenerate(): Promise<void> {
    await this.writing('regenerate', () => this.page.keyboard.press('Control+Shift+Enter'));
  }

  async generateFromCursor(): Promise<void> {
    await this.writing('generateFromCursor', () => this.page.keyboard.press('Control+Alt+Enter'));
  }

  async stop(): Promise<string> {
    const after = this.below(60);
    await this.playground.text.focus();
    await this.writing('stop', async () => {
      await this.page.keyboard.press('Control+Enter');
      await this.page.waitForTimeout(after);
      await this.page.keyboard.press('Escape');
    });
    return `after ${after} ms`;
  }

  async typeWhileWriting(): Promise<void> {
    await this.playground.text.focus();
    await this.page.keyboard.press('Control+Enter');
    await this.page.waitForTimeout(this.below(60));
    await this.page.keyboard.insertText('!');
  }

  async branch(): Promise<string> {
    await this.playground.openPanel('Branches');
    const nodes = this.page.locator('.branch-text');
    const count = await nodes.count();
    const chosen = this.below(Math.max(1, count));
    if (count) await nodes.nth(chosen).click();
    await this.page.keyboard.press('Control+b');
    return `${chosen} of ${count}`;
  }

  async newText(): Promise<void> {
    await this.playground.newText();
  }

  async example(): Promise<string> {
    await this.page.getByRole('button', { name: names.NEW, exact: true }).click();
    const choices = this.page.getByRole('dialog').locator('.choices button');
    await expect(choices.first()).toBeVisible();
    const chosen = this.below(await choices.count());
    await choices.nth(chosen).click();
    return String(chosen);
  }

  async openText(): Promise<string> {
    const rows = await this.openTexts();
    const chosen = this.below(await rows.count());
    await rows.nth(chosen).getByRole('button').first().click();
    return String(chosen);
  }

  async deleteText(): Promise<string> {
    const rows = await this.openTexts();
    const count = await rows.count();
    const chosen = this.below(count);
    if (count > 1) {
      const { isPristine } = await look(this.page, []);
      await rows
        .nth(chosen)
        .getByRole('button', { name: /^Delete/ })
        .click();
      await this.page.getByRole('button', { name: names.BRING_BACK }).click();
      // The restored text is shown. If a new, empty text was shown before, it leaves the list.
      const least = isPristine ? count - 1 : count;
      await expect.poll(() => rows.count()).toBeGreaterThanOrEqual(least);
    }
    await this.page.keyboard.press('Escape');
    return `${chosen} of ${count}, and back`;
  }

  async reload(): Promise<void> {
    const { words, id, isPristine } = await look(this.page, []);
    await this.goOnline();
    await this.page.reload();
    await this.playground.isReady();
    this.fails = false;
    this.typed = [];
    this.burst = 0;
    const now = await look(this.page, []);
    if (!isPristine) expect({ id: now.id, words: now.words }, 'after a reload').toEqual({ id, words });
  }

  async secondTab(): Promise<string> {
    await this.goOnline();
    const other = new PlaygroundPage(await this.page.context().newPage());
    await other.page.goto(this.page.url());
    await expect(other.text).toBeVisible();
    await other.text.focus();
    await other.page.keyboard.press('Control+End');
    await other.page.keyboard.insertText(` Tab ${this.log.length}.`);
    const { words } = await look(other.page, []);
    await other.page.close({ runBeforeUnload: true });
    await this.page.bringToFront();
    // If the other tab closed before its write, this tab writes the text when its list of texts is opened.
    const isThere = async () => {
      await this.openTexts();
      await this.page.keyboard.press('Escape');
      return (await look(this.page, [{ words, step: 'secondTab' }])).unstored.length === 0;
    };
    if (!this.fails) await expect.poll(isThere, { timeout: SETTLES, message: words }).toBe(true);
    return JSON.stringify(words.slice(-20));
  }

  async offline(): Promise<string> {
    const isOffline = this.below(2) === 0;
    await this.page.context().setOffline(isOffline);
    return String(isOffline);
  }

  async storage(): Promise<string> {
    this.fails = this.below(2) === 0;
    await this.page.evaluate((fails) => {
      if (fails) Object.assign(globalThis, { storageFails: true });
      else Reflect.deleteProperty(globalThis, 'storageFails');
    }, this.fails);
    return this.fails ? 'fails' : 'works';
  }
}
