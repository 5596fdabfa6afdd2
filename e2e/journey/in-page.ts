import { computeAccessibleName, getRole, isInaccessible } from 'dom-accessibility-api';

/** Runs in the page, before the page's own scripts: finds what a person would, and notes errors. */

/** An element as a person would name it. A string is the whole name; of several matches the first, unless `nth` says which. */
export interface Query {
  readonly role: string;
  readonly name?: string | RegExp;
  readonly within?: Query;
  readonly nth?: number;
}

/** What can be read of an element. */
export interface Seen {
  readonly name: string;
  readonly text: string;
  readonly value: string;
  readonly isCurrent: boolean;
}

function matches({ role, name, within }: Query): HTMLElement[] {
  const root = within ? matches(within)[within.nth ?? 0] : document.body;
  if (!root) return [];
  return [...root.querySelectorAll<HTMLElement>('*')].filter((element) => {
    if (getRole(element) !== role || isInaccessible(element)) return false;
    if (name === undefined) return true;
    const own = computeAccessibleName(element);
    return typeof name === 'string' ? own === name : name.test(own);
  });
}

const inPage = {
  errors: [] as string[],

  seen: (query: Query): Seen[] =>
    matches(query).map((element) => ({
      name: computeAccessibleName(element),
      text: element.innerText,
      value: 'value' in element ? String(element.value) : '',
      isCurrent: element.getAttribute('aria-current') === 'true',
    })),

  /** Where to press an element, or why it cannot be pressed. */
  place(query: Query): { x: number; y: number } | string {
    const element = matches(query)[query.nth ?? 0];
    if (!element) return 'is not there';
    if (element.matches(':disabled, [aria-disabled=true]')) return 'is off';
    let box = element.getBoundingClientRect();
    if (box.top < 0 || box.bottom > innerHeight) {
      element.scrollIntoView({ block: 'center' });
      box = element.getBoundingClientRect();
    }
    const place = { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) };
    const top = document.elementFromPoint(place.x, place.y);
    return element.contains(top) ? place : `is behind ${top?.outerHTML.slice(0, 200)}`;
  },

  hasFocus: (query: Query) => matches(query)[query.nth ?? 0] === document.activeElement,

  /** Everything that stands on the page. */
  words: () => document.body.innerText,

  /** The parts of a text that the model wrote. */
  sampled: (query: Query) =>
    [...(matches(query)[0]?.querySelectorAll('ins') ?? [])].map((element) => element.innerText).join(''),
};

Object.assign(globalThis, { inPage });

/** Not an error: an element changed its size again while sizes were reported, which is reported in the next frame. */
const NOTICE = /^ResizeObserver loop/;
const note = (error: unknown) => {
  const words = String((error as Error)?.stack ?? error);
  if (!NOTICE.test(words)) inPage.errors.push(words);
};
addEventListener('error', ({ error, message }) => note(error ?? message));
addEventListener('unhandledrejection', ({ reason }) => note(reason));
const { error } = console;
console.error = (...words) => {
  note(words.map(String).join(' '));
  error(...words);
};
