import { readFileSync } from 'node:fs';
import { test as base, expect, type Locator, type Page } from '@playwright/test';
import type { StoredExample } from '../src/app/examples';
import type { Settings } from '../src/app/store/settings/settings';
import type { Manifest } from '../src/model/runtime/folder';
import type { IndexEntry } from '../src/model/runtime/model-index';
import { watch } from './guard';
import * as names from './names';
import { PICTURES } from './pictures';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url));

/** The models of the site, in their order. */
export const MODELS: readonly IndexEntry[] = JSON.parse(read('public/weights/index.json').toString()).models;

/** The tests use a small model, because it is faster than the default. */
const id = PICTURES ? MODELS[0].id : 'wiki-10m-v3';
/** The address of the page with this model. */
export const PAGE = `./?model=${id}`;
const config = JSON.parse(read(`public/weights/${id}/config.json`).toString());
export const model = {
  manifest: JSON.parse(read(`public/weights/${id}/manifest.json`).toString()) as Manifest,
  /** Heads in all layers. */
  heads: (config.num_hidden_layers * config.num_attention_heads) as number,
  weights: () => read(`public/weights/${id}/model.safetensors`),
};

/** The text that a model wrote for the page's example. */
export function exampleBy(id: string): string {
  return JSON.parse(read(`src/app/examples/${id}.json`).toString()).sampled.text;
}

/** The tests' example. */
export const example: StoredExample = JSON.parse(read(`src/app/examples/${id}.json`).toString());

/** Generates for forty seconds on any machine, so that a test can interrupt it. */
export const LONG: Partial<Settings> = { length: 4000, atArticleEnd: 'continue', tokensPerSecond: 100 };

/** The page, through its accessible names. */
export class PlaygroundPage {
  readonly page: Page;
  readonly text: Locator;
  /** The accented button, with any of its labels. */
  readonly write: Locator;
  readonly stop: Locator;
  readonly undo: Locator;
  readonly redo: Locator;
  readonly regenerate: Locator;
  readonly oneToken: Locator;
  /** The button with the name of the text. */
  readonly title: Locator;
  /** The frame around the chosen token. */
  readonly chosen: Locator;
  /** Console errors that a test expects. */
  readonly expectedErrors: RegExp[] = [];
  /** Console errors and unhandled errors, with their stacks. */
  readonly errors: string[] = [];

  constructor(page: Page) {
    this.page = page;
    const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
    this.text = page.getByRole('textbox', { name: names.TEXT, exact: true });
    this.write = button(names.WRITE);
    this.stop = button(names.STOP);
    this.undo = button(names.UNDO);
    this.redo = button(names.REDO);
    this.regenerate = button(names.REGENERATE);
    this.oneToken = button(names.ONE_TOKEN);
    this.title = button(names.TEXTS);
    this.chosen = page.locator('.token.chosen');
  }

  unexpectedErrors(): string[] {
    return this.errors.filter((error) => !this.expectedErrors.some((known) => known.test(error)));
  }

  /**
   * Opens the page with the tests' model. A press on Generate generates 12 tokens at full speed unless `settings` differs.
   * @param more the rest of the address, '&name=value' or '#fragment'
   */
  async open(more = '', settings: Partial<Settings> = {}): Promise<void> {
    await this.page.addInitScript(
      (kept) => {
        if (window === top && !localStorage.getItem('settings'))
          localStorage.setItem('settings', JSON.stringify(kept));
      },
      { length: 12, tokensPerSecond: 0, ...settings },
    );
    await this.page.goto(PAGE + more);
    await expect(this.text).toBeVisible();
  }

  async isReady(): Promise<void> {
    await expect(this.page.getByRole('button', { name: names.MODEL })).toBeVisible();
  }

  /** Presses a button that starts the model, and waits until it has finished. */
  async press(button: Locator): Promise<void> {
    await button.click();
    await this.isIdle();
  }

  async isIdle(): Promise<void> {
    await expect(this.write).toBeVisible();
  }

  /** Opens a panel of the rail. */
  async openPanel(name: string): Promise<void> {
    if (name === names.LENS) {
      if (!(await this.page.locator('.lens').isVisible()))
        await this.page.getByRole('button', { name: names.OPEN_LENS, exact: true }).click();
      await this.raiseLens();
      return;
    }
    const tab = this.page.getByRole('tab', { name, exact: true });
    if (!(await tab.isVisible())) await this.openSettings();
    await tab.click();
  }

  /** Shows the settings of the sampler that are folded. */
  async unfoldSampling(): Promise<void> {
    await this.page.locator('summary', { hasText: names.SAMPLING }).click();
  }

  /** In a narrow window, a menu holds the button. */
  async openSettings(): Promise<void> {
    const settings = this.page.getByRole('button', { name: names.SETTINGS, exact: true });
    if (!(await settings.isVisible())) await this.openMore();
    await settings.click();
  }

  /** Opens a card. If its button is not visible, the last menu of the bar holds it. */
  async openCard(name: string | RegExp): Promise<void> {
    const button = this.page.getByRole('button', { name }).first();
    if (!(await button.isVisible())) await this.openMore();
    await button.click();
  }

  async openMore(): Promise<void> {
    await this.page.getByRole('button', { name: names.MORE, exact: true }).click();
  }

  /** Makes the sheet of the lens as high as it can be. */
  async raiseLens(): Promise<void> {
    const taller = this.page.getByRole('button', { name: names.TALLER });
    await expect(this.page.locator('.lens')).toBeVisible();
    for (let n = 0; n < 2 && (await taller.isVisible()) && (await taller.isEnabled()); n++)
      await taller.click();
  }

  /** The position and width of the chosen token's first rectangle, in pixels relative to the text. */
  async chosenPlace(): Promise<string> {
    const [token, text] = await Promise.all([this.chosen.first().boundingBox(), this.text.boundingBox()]);
    return token && text ? [token.x - text.x, token.y - text.y, token.width].map(Math.round).join() : '';
  }

  /** The number of coloured ranges of the text. */
  colours(): Promise<number> {
    return this.page.evaluate(() => [...CSS.highlights.values()].reduce((sum, { size }) => sum + size, 0));
  }

  /** The text on one line, without the marks of headings, which depend on the cursor. */
  async words(): Promise<string> {
    const text = (await this.text.allInnerTexts()).join('');
    return text.replaceAll('=', '').replace(/\s+/g, ' ').trim();
  }

  async newText(): Promise<void> {
    await this.page.getByRole('button', { name: names.NEW, exact: true }).click();
    await this.page.getByRole('button', { name: names.BLANK_PAGE, exact: true }).click();
  }

  async startNew(beginning: string): Promise<void> {
    await this.newText();
    await this.text.click();
    await this.page.keyboard.insertText(beginning);
  }

  /** Pastes without the system clipboard, which tests share. */
  async paste(unit: string, times: number): Promise<void> {
    await this.text.focus();
    await this.text.evaluate(
      (element, { unit, times }) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData('text/plain', unit.repeat(times));
        element.dispatchEvent(
          new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
        );
      },
      { unit, times },
    );
  }

  /** The current text as the database holds it. */
  kept(): Promise<{ text: string; sources: string[] }> {
    return this.page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const opening = indexedDB.open('leapformer-playground');
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            const reading = opening.result
              .transaction('kept')
              .objectStore('kept')
              .get(`text:${sessionStorage.getItem('text')}`);
            reading.onsuccess = () => {
              const runs: { text: string; source: string }[] = reading.result?.text.runs ?? [];
              resolve({ text: runs.map((run) => run.text).join(''), sources: runs.map((run) => run.source) });
              opening.result.close();
            };
          };
        }),
    );
  }
}

/** Holds back the weights of the model until the returned function is called. */
export async function holdWeights(page: Page): Promise<() => void> {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await page.route('**/model.safetensors', (route) => held.then(() => route.continue()));
  return letGo;
}

/**
 * A test fails on an error in the console, an unhandled rejection, a violation of the Content-Security-Policy, and a request
 * to another host.
 */
export const test = base.extend<{ playground: PlaygroundPage; guarded: undefined }, { failures: string[] }>({
  failures: [({ browser }, use) => use(watch(browser)), { scope: 'worker', auto: true }],
  guarded: [
    async ({ failures }, use) => {
      await use(undefined);
      expect(failures.splice(0)).toEqual([]);
    },
    { auto: true },
  ],
  playground: async ({ page }, use) => {
    const playground = new PlaygroundPage(page);
    page.on('console', (message) => {
      if (message.type() === 'error') playground.errors.push(message.text());
    });
    page.on('pageerror', (error) => playground.errors.push(error.stack ?? String(error)));
    await use(playground);
    expect(playground.unexpectedErrors()).toEqual([]);
  },
});

export { expect };
