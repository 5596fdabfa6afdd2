import { computeAccessibleName, getRole, isInaccessible } from 'dom-accessibility-api';

/** Runs in the page before the page's own scripts. Finds elements by accessible names and records errors. */

/** Selects an element by role and accessible name. A string must match the whole name. `nth` selects among several matches; the default is the first. */
export interface Query {
  readonly role: string;
  readonly name?: string | RegExp;
  readonly within?: Query;
  readonly nth?: number;
}

/** The readable state of an element. */
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
    const itsRole = element.tagName === 'SUMMARY' ? 'button' : getRole(element);
    if (itsRole !== role || isInaccessible(element)) return false;
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

  /** The point to click an element at, or the reason why it cannot be clicked. */
  place(query: Query): { x: number; y: number } | string {
    const element = matches(query)[query.nth ?? 0];
    if (!element) return 'not found';
    if (element.matches(':disabled, [aria-disabled=true]')) return 'disabled';
    let box = element.getBoundingClientRect();
    if (box.top < 0 || box.bottom > innerHeight) {
      element.scrollIntoView({ block: 'center' });
      box = element.getBoundingClientRect();
    }
    const place = { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) };
    const top = document.elementFromPoint(place.x, place.y);
    return element.contains(top) ? place : `covered by ${top?.outerHTML.slice(0, 200)}`;
  },

  hasFocus: (query: Query) => matches(query)[query.nth ?? 0] === document.activeElement,

  /** The visible text of the page. */
  words: () => document.body.innerText,

  /** Drops files of the site on the page. */
  async drop(paths: readonly string[]): Promise<void> {
    const file = async (path: string) =>
      new File([await (await fetch(path)).blob()], path.replace(/.*\//, ''));
    dropFiles(await Promise.all(paths.map(file)));
  },

  /** Drops a text on the page, as a file. */
  dropText: (name: string, content: string) => dropFiles([new File([content], name)]),

  /** The last file that the page saved; the browser does not get it. */
  saved: null as File | null,

  /** Drops the last file that the page saved. */
  dropSaved: () => dropFiles([inPage.saved!]),

  /** The sampled parts of a text. */
  sampled: (query: Query) =>
    [...(matches(query)[0]?.querySelectorAll('ins') ?? [])].map((element) => element.innerText).join(''),
};

Object.assign(globalThis, { inPage });

function dropFiles(files: readonly File[]): void {
  const dataTransfer = new DataTransfer();
  for (const file of files) dataTransfer.items.add(file);
  const place = document.elementFromPoint(innerWidth / 2, innerHeight / 2)!;
  place.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
}

const blobs = new Map<string, Blob>();
const { createObjectURL } = URL;
URL.createObjectURL = (content: Blob) => {
  const address = createObjectURL.call(URL, content);
  blobs.set(address, content);
  return address;
};
const { click } = HTMLAnchorElement.prototype;
HTMLAnchorElement.prototype.click = function () {
  const content = this.download && blobs.get(this.href);
  if (content) inPage.saved = new File([content], this.download);
  else click.call(this);
};

/** Not an error: a size changed during ResizeObserver callbacks, and the browser reports it in the next frame. */
const NOTICE = /^ResizeObserver loop/;
const note = (error: unknown) => {
  const words = String((error as Error)?.stack ?? error);
  if (!NOTICE.test(words)) inPage.errors.push(words);
};
addEventListener('error', ({ error, message }) => note(error ?? message));
addEventListener('unhandledrejection', ({ reason }) => note(reason));
document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
  note(`The policy blocks ${effectiveDirective} ${blockedURI}`),
);
const { error } = console;
console.error = (...words) => {
  note(words.map(String).join(' '));
  error(...words);
};
