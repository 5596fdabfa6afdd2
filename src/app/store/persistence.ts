import { createStore, get } from 'idb-keyval';
import { checkSampling, RECORD_SIZE, type Sampling } from '../../model/sampling';
import type { Run } from '../../model/text';
import type { Playground } from './playground';
import { EMPTY, type TextValue } from './text-value';

/** The text outlives the page: in IndexedDB, since it may be megabytes. */

/** Since 2 a text names its model, and what its runs were drawn with. */
const VERSION = 2;
/** The one model there was when version 1 was written, which kept only its digest. */
const FIRST_MODEL = 'wiki-7m';
const DELAY = 300; // ms after a change
const SHARE = 10; // saving megabytes takes its time: at most one part in ten is spent on it
const KEY = 'text';

const open = () => createStore('leapformer-playground', 'kept');

/** The text as it was kept; null when there is none, or none that can be read. */
export async function readKept(): Promise<TextValue | null> {
  try {
    return parseKept(await get(KEY, open()));
  } catch {
    return null; // a browser that keeps nothing
  }
}

/** Keeps the text after each change, and at once when the page is about to go. */
export function keepText(playground: Playground): void {
  const store = open();
  let kept: TextValue | null = playground.text;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let delay = DELAY;
  let failed = false;

  const save = () => {
    if (timer) clearTimeout(timer);
    timer = null;
    const { history } = playground.store.getState();
    if (!history || history.present === kept) return;
    kept = history.present;
    const began = performance.now();
    store('readwrite', (objects) => {
      objects.put({ version: VERSION, text: kept }, KEY);
      objects.transaction.commit(); // now, and not after a turn that a closing page may not get
      return new Promise<void>((resolve, reject) => {
        objects.transaction.oncomplete = () => resolve();
        objects.transaction.onabort = () => reject(objects.transaction.error);
      });
    }).then(
      () => {
        delay = Math.max(DELAY, SHARE * (performance.now() - began));
      },
      () => {
        kept = null;
        if (!failed)
          playground.notify('This browser does not keep the text. Copy it before you close the page.');
        failed = true;
      },
    );
  };

  playground.store.subscribe((state, before) => {
    if (state.history?.present !== before.history?.present) timer ??= setTimeout(save, delay);
  });
  addEventListener('pagehide', save);
  document.addEventListener('visibilitychange', save);
}

/** What was stored, if it is a text as this version or one before writes it. */
export function parseKept(stored: unknown): TextValue | null {
  const { version, digest, text } = (stored ?? {}) as {
    version?: unknown;
    digest?: unknown;
    text?: TextValue;
  };
  if (version === 1 && Array.isArray(text?.runs)) {
    const runs = text.runs.map((run) => (run?.source === 'sampled' ? { ...run, sampling: null } : run));
    const model = typeof digest === 'string' ? { id: FIRST_MODEL, digest } : null;
    return parseText({ ...text, runs, model });
  }
  return version === VERSION ? parseText(text) : null;
}

function parseText(text: TextValue | null | undefined): TextValue | null {
  if (!Array.isArray(text?.runs) || !text.runs.every(isRun)) return null;
  const { runs, model, generatedFrom, origin } = text;
  return {
    ...EMPTY,
    runs,
    model: typeof model?.id === 'string' && typeof model.digest === 'string' ? model : null,
    generatedFrom: typeof generatedFrom === 'number' ? generatedFrom : null,
    origin: origin ? { ...origin, replaced: parseText(origin.replaced) } : null,
  };
}

function isRun(value: Run): boolean {
  if (typeof value?.text !== 'string') return false;
  const { tokens } = value;
  const fits =
    tokens?.ids instanceof Uint32Array &&
    tokens.lengths instanceof Uint32Array &&
    tokens.ids.length === tokens.lengths.length &&
    tokens.lengths.reduce((sum, length) => sum + length, 0) === value.text.length;
  if (value.source === 'typed') return tokens === null || fits;
  return (
    value.source === 'sampled' &&
    fits &&
    value.records instanceof Float32Array &&
    value.records.length === tokens.ids.length * RECORD_SIZE &&
    (value.sampling === null || isSampling(value.sampling))
  );
}

function isSampling(value: Sampling): boolean {
  try {
    checkSampling(value);
    return true;
  } catch {
    return false;
  }
}
