import { expect } from '@playwright/test';
import * as names from '../names';
import type { Tab } from './driver';
import type { Query, Seen } from './in-page';

type Name = string | RegExp;

const DOCUMENT: Query = { role: 'textbox', name: names.TEXT };

/** What a person sees of a tab and does in it, by the names that things have. Everything waits for what it needs. */
export class Screen {
  readonly tab: Tab;

  constructor(tab: Tab) {
    this.tab = tab;
  }

  /** Presses something; a button, unless the query says otherwise. */
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
      expect(JSON.stringify(place), 'it moves').toBe(before);
    }).toPass({ intervals: [50] });
    const { x, y } = place as unknown as { x: number; y: number };
    await this.tab.click(x, y);
  }

  async key(chord: string): Promise<void> {
    await this.tab.press(chord);
  }

  async type(words: string): Promise<void> {
    await this.tab.type(words);
  }

  /** Puts words into a field in the place of its own, and leaves it. */
  async fill(role: 'textbox' | 'spinbutton', name: Name, words: string): Promise<void> {
    await this.#click({ role, name });
    await this.key('Control+a');
    await this.type(words);
    await this.key('Tab');
  }

  async seen(role: string, name?: Name, within?: Query): Promise<Seen[]> {
    const query = { role, ...(name === undefined ? {} : { name }), ...(within ? { within } : {}) };
    return this.tab.evaluate(`inPage.seen(${literal(query)})`);
  }

  /** Waits until something is there, and reads it. */
  async find(role: string, name?: Name, within?: Query): Promise<Seen> {
    let seen: Seen[] = [];
    await expect(async () => {
      seen = await this.seen(role, name, within);
      expect(seen.length, `${role} ${name}`).toBeGreaterThan(0);
    }).toPass({ intervals: [50] });
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

  /** The document, on one line; without the marks of headings, which come and go. */
  async words(): Promise<string> {
    const [document] = await this.seen(DOCUMENT.role, DOCUMENT.name);
    return oneLine(document?.text ?? '');
  }

  /** What the model wrote of it. */
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
    await this.intoText();
    await this.type(beginning);
    await this.shows(beginning);
  }

  /** The model is loaded. */
  async isReady(): Promise<void> {
    await this.find('button', names.MODEL);
  }

  /** The model writes no more. */
  async isIdle(): Promise<void> {
    await this.find('button', names.WRITE);
  }

  /** Lets the model write, waits until it has, and returns the text. */
  async write(): Promise<string> {
    const before = await this.words();
    await this.press(names.WRITE);
    await expect.poll(() => this.words()).not.toBe(before);
    await this.isIdle();
    return this.words();
  }

  /** One token at a time until the text is longer: some tokens are only the first bytes of a character. */
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

/** A query as an expression in the page. */
function literal(query: Query): string {
  const entries = Object.entries(query).map(([key, value]) => {
    const isPlain = typeof value !== 'object' || value === null;
    return `${key}: ${value instanceof RegExp ? value : isPlain ? JSON.stringify(value) : literal(value)}`;
  });
  return `{ ${entries.join(', ')} }`;
}
