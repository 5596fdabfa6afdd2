import { expect } from '@playwright/test';
import { type Look, look, type Seen, wordsAlone } from './oracle';
import { SETTLES, Steps } from './steps';

const LONGEST = 1500; // characters, so that the whole text is on screen

/** Takes random steps, and checks after each that nothing is lost. */
export class Walker extends Steps {
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
    const name = before.words.length > LONGEST ? this.pick(['newText', 'replaceAll']) : this.pick(NAMES);
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
}

const said = ({ step, words }: Seen) => `${step}: …${words.slice(-150)}`;

/** Every step, the frequent ones several times. */
const NAMES = [
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
  ...['replaceAll', 'newText', 'example', 'deleteText', 'reload', 'secondTab', 'offline', 'storage'],
] as const satisfies StepName[];

type StepName = Exclude<keyof Steps, 'log'>;

const CHANGES: ReadonlySet<string> = new Set([
  ...['type', 'paste', 'erase', 'replaceAll', 'branch', 'generate', 'oneToken', 'regenerate'],
  ...['generateFromCursor', 'stop', 'typeWhileWriting'],
]);

/** Steps whose changes may join one undo step. */
const TYPING: ReadonlySet<string> = new Set(['type', 'erase']);
