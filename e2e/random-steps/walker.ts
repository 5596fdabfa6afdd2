import { expect } from '@playwright/test';
import { hash } from '../../src/model/sampling/random';
import * as names from '../names';
import { PlaygroundPage } from '../playground';
import { type Look, look, type Seen, wordsAlone } from './oracle';

const LONGEST = 1500; // characters, so that the whole text is on screen
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
const SETTLES = 15_000; // ms within which the screen, the store and the database must agree again

/** Takes random steps on the page like a user, and checks after each that nothing is lost. */
export class Walker {
  /** The steps taken, for the message of a failure. */
  readonly log: string[] = [];
  private readonly playground: PlaygroundPage;
  private readonly seed: number;
  private draws = 0;
  /** Generated texts, which must always stay reachable. */
  private readonly written: Seen[] = [];
  /** Texts on screen after each step since the page was loaded, which undo must reach. */
  private typed: Seen[] = [];
  /** Length of `typed` before the current run of typing. */
  private burst = 0;
  private fails = false;

  constructor(playground: PlaygroundPage, seed: number) {
    this.playground = playground;
    this.seed = seed;
  }

  private get page() {
    return this.playground.page;
  }

  private below(n: number): number {
    return hash(this.seed, this.draws++, 0) % n;
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** Opens the page, with a database that can fail on request. */
  async begin(): Promise<void> {
    this.page.setDefaultTimeout(SETTLES); // an impossible step fails
    await this.page.setViewportSize({ width: 1280, height: 3000 }); // tall, because the editor draws only the visible part
    await this.page.addInitScript(() => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (...values) {
        if ('storageFails' in globalThis) throw new DOMException('The disk is full.', 'QuotaExceededError');
        return put.apply(this, values);
      };
    });
    await this.playground.open('', { length: 8, atArticleEnd: 'continue' });
    await this.playground.isReady();
    await this.check('open');
  }

  async step(): Promise<void> {
    const before = await look(this.page, []);
    const name = before.words.length > LONGEST ? this.pick(['newText', 'replaceAll']) : this.pick(STEPS);
    const arguments_ = this.log.push(name) - 1;
    const detail = await this[name as StepName]();
    if (detail) this.log[arguments_] += ` ${detail}`;
    expect(this.playground.unexpectedErrors()).toEqual([]);
    if (!TYPING.has(name)) this.burst = this.typed.length;
    await this.check(name, before);
    if (!TYPING.has(name)) this.burst = this.typed.length;
  }

  /** @throws when the screen, the store and the database differ, or a text is lost */
  private async check(step: string, before: Look | null = null): Promise<void> {
    if (before?.canRedo && CHANGES.has(step)) await this.forgetUndone();
    const settled = async () => {
      const written = new Set(this.written.map(({ words }) => words));
      const now = await look(this.page, [...this.written, ...this.typed]);
      const isKept = now.isStored || now.isPristine;
      return {
        isIdle: now.isIdle,
        screen: wordsAlone(now.screen) === wordsAlone(now.words) || now.words === '' ? '' : now.screen,
        words: wordsAlone(now.screen) === wordsAlone(now.words) || now.words === '' ? '' : now.words,
        isKept: this.fails ? isKept || now.saysUnkept : isKept && !now.saysUnkept,
        lost: now.unreachable.map(said),
        unstored: this.fails ? [] : now.unstored.filter(({ words }) => written.has(words)).map(said),
      };
    };
    const good = { isIdle: true, screen: '', words: '', isKept: true, lost: [], unstored: [] };
    await expect.poll(settled, { timeout: SETTLES, message: `after ${step}` }).toEqual(good);
    const { words } = await look(this.page, []);
    this.typed.push({ words, step });
  }

  /** Drops texts that a change after an undo has made unreachable. This is allowed for typed texts, not for generated ones. */
  private async forgetUndone(): Promise<void> {
    const { unreachable } = await look(this.page, this.typed);
    const gone = new Set(unreachable.map(({ words }) => words));
    this.typed = this.typed.filter(({ words }) => !gone.has(words));
    this.burst = Math.min(this.burst, this.typed.length);
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

  // The steps. Each returns its random choices, for the log.

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

  async title(): Promise<string> {
    const words = this.pick(['Tea', '= Tea =', '東京', '']);
    await this.playground.title.fill(words);
    return JSON.stringify(words);
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
    await this.page.getByRole('button', { name: names.NEW, exact: true }).click();
  }

  async example(): Promise<string> {
    await this.page.getByRole('button', { name: names.EXAMPLES }).click();
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

const said = ({ step, words }: Seen) => `${step}: …${words.slice(-150)}`;

/** Every step, the frequent ones several times. */
const STEPS = [
  ...Array(6).fill('type'),
  ...Array(2).fill('paste'),
  ...Array(4).fill('move'),
  ...Array(3).fill('select'),
  ...Array(4).fill('erase'),
  ...Array(5).fill('undo'),
  ...Array(3).fill('redo'),
  ...Array(3).fill('generate'),
  ...Array(2).fill('oneToken'),
  ...Array(2).fill('regenerate'),
  ...Array(2).fill('generateFromCursor'),
  ...Array(2).fill('stop'),
  ...Array(2).fill('typeWhileWriting'),
  ...Array(2).fill('branch'),
  ...Array(2).fill('openText'),
  ...['replaceAll', 'title', 'newText', 'example', 'deleteText', 'reload', 'secondTab', 'offline', 'storage'],
] as const satisfies StepName[];

type StepName = Exclude<keyof Walker, 'log' | 'begin' | 'step'>;

const CHANGES: ReadonlySet<string> = new Set([
  ...['type', 'paste', 'erase', 'replaceAll', 'title', 'branch', 'generate', 'oneToken', 'regenerate'],
  ...['generateFromCursor', 'stop', 'typeWhileWriting'],
]);

/** Steps whose changes may join one undo step. */
const TYPING: ReadonlySet<string> = new Set(['type', 'erase', 'title']);
