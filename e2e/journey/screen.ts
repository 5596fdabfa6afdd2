import { expect } from '@playwright/test';
import * as names from '../names';
import { MODELS } from '../playground';
import type { Tab } from './driver';
import type { Query, Seen } from './in-page';

type Name = string | RegExp;

const DOCUMENT: Query = { role: 'textbox', name: names.TEXT };

/** Reads and controls a tab by accessible names. Every method waits until its element is ready. */
export class Screen {
  readonly tab: Tab;

  constructor(tab: Tab) {
    this.tab = tab;
  }

  /** Clicks an element, by default a button. */
  async press(name: Name, rest: Partial<Query> = {}): Promise<void> {
    await this.#click({ role: 'button', name, ...rest });
  }

  async #click(query: Query): Promise<void> {
    let place: { x: number; y: number } | string = '';
    let before = '';
    await expect(async () => {
      before = JSON.stringify(place);
      place = await this.tab.evaluate(`inPage.place(${literal(query)})`);
      expect(place, literal(query)).toBeInstanceOf(Object);
      expect(JSON.stringify(place), 'it is moving').toBe(before);
    }).toPass({ intervals: [50, 100, 250] });
    const { x, y } = place as unknown as { x: number; y: number };
    await this.tab.click(x, y);
  }

  async key(chord: string): Promise<void> {
    await this.tab.press(chord);
  }

  async type(words: string): Promise<void> {
    await this.tab.type(words);
  }

  /** Replaces the content of a field, and leaves the field. */
  async fill(role: 'textbox' | 'spinbutton', name: Name, words: string): Promise<void> {
    await this.#click({ role, name });
    await this.key('Control+a');
    await this.type(words);
    await this.key('Tab');
  }

  /** Drops the folder of the site's last model, as the trainer wrote it, and waits until it is loaded. @returns its name */
  async dropModel(isKept: boolean): Promise<string> {
    const { id, name } = MODELS.at(-1)!;
    const files = ['config.json', 'golden.json', 'manifest.json', 'model.safetensors', 'tokenizer.json'];
    const paths = files.map((file) => `weights/${id}/${file}`);
    await this.tab.evaluate(`void inPage.drop(${JSON.stringify(paths)})`);
    await this.says(`${name} passed the check. This browser ${isKept ? 'keeps' : 'does not keep'} it`);
    await this.hasModel(name);
    return name;
  }

  /** Waits until a model is loaded. */
  async hasModel(name: string): Promise<void> {
    await expect.poll(() => this.model()).toContain(name);
  }

  /** The name of the button of the loaded model; undefined while none is loaded. */
  async model(): Promise<string | undefined> {
    return (await this.seen('button', names.MODEL))[0]?.name;
  }

  async seen(role: string, name?: Name, within?: Query): Promise<Seen[]> {
    const query = { role, ...(name === undefined ? {} : { name }), ...(within ? { within } : {}) };
    return this.tab.evaluate(`inPage.seen(${literal(query)})`);
  }

  /** Waits for an element, and reads it. */
  async find(role: string, name?: Name, within?: Query): Promise<Seen> {
    let seen: Seen[] = [];
    await expect(async () => {
      seen = await this.seen(role, name, within);
      expect(seen.length, `${role} ${name}`).toBeGreaterThan(0);
    }).toPass({ intervals: [50, 100, 250] });
    return seen[0];
  }

  async isGone(role: string, name: Name): Promise<void> {
    await expect.poll(async () => (await this.seen(role, name)).length, `${role} ${name}`).toBe(0);
  }

  async says(words: Name): Promise<void> {
    const page = () => this.tab.evaluate<string>('inPage.words()');
    if (typeof words === 'string') await expect.poll(page).toContain(words);
    else await expect.poll(page).toMatch(words);
  }

  /** The document on one line, without the marks of headings, which depend on the cursor. */
  async words(): Promise<string> {
    const [document] = await this.seen(DOCUMENT.role, DOCUMENT.name);
    return oneLine(document?.text ?? '');
  }

  /** The sampled parts of the document. */
  async sampled(): Promise<string> {
    return oneLine(await this.tab.evaluate<string>(`inPage.sampled(${literal(DOCUMENT)})`));
  }

  async shows(words: string): Promise<void> {
    await expect.poll(() => this.words()).toBe(words);
  }

  async intoText(): Promise<void> {
    await this.#click(DOCUMENT);
  }

  async startNew(beginning: string): Promise<void> {
    await this.press(names.NEW);
    await this.press(names.BLANK_PAGE);
    await this.intoText();
    await this.type(beginning);
    await this.shows(beginning);
  }

  /** Waits until the model has loaded. */
  async isReady(): Promise<void> {
    await this.find('button', names.MODEL);
  }

  /** Waits until the model has stopped. */
  async isIdle(): Promise<void> {
    await this.find('button', names.WRITE);
  }

  /** Generates, and returns the text when the model has finished. */
  async write(): Promise<string> {
    const before = await this.words();
    await this.press(names.WRITE);
    await expect.poll(() => this.words()).not.toBe(before);
    await this.isIdle();
    return this.words();
  }

  /** Adds tokens until the text is longer, because some tokens are only the first bytes of a character. */
  async writeToken(): Promise<string> {
    const before = await this.words();
    await expect(async () => {
      await this.press(names.ONE_TOKEN);
      await this.isIdle();
      await expect.poll(() => this.words(), { timeout: 2000 }).not.toBe(before);
    }).toPass();
    return this.words();
  }

  async openPanel(name: string): Promise<void> {
    if (name === names.LENS) return this.press(names.OPEN_LENS);
    if (!(await this.seen('tab', name)).length) await this.press(names.SETTINGS);
    await this.press(name, { role: 'tab' });
  }

  /** Changes a number in the settings. */
  async set(name: Name, value: number): Promise<void> {
    await this.openPanel(names.SETTINGS);
    await this.fill('spinbutton', name, String(value));
    await this.holds(name, value);
  }

  async holds(name: Name, value: number): Promise<void> {
    await expect.poll(async () => (await this.find('spinbutton', name)).value).toBe(String(value));
  }
}

function oneLine(text: string): string {
  return text.replaceAll('=', '').replace(/\s+/g, ' ').trim();
}

/** A query as source code for the page. */
function literal(query: Query): string {
  const entries = Object.entries(query).map(([key, value]) => {
    const isPlain = typeof value !== 'object' || value === null;
    return `${key}: ${value instanceof RegExp ? value : isPlain ? JSON.stringify(value) : literal(value)}`;
  });
  return `{ ${entries.join(', ')} }`;
}
