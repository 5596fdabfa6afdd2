import { createStore, get } from 'idb-keyval';
import { checkSampling, RECORD_SIZE, type Sampling } from '../../model/sampling';
import type { Run } from '../../model/text';
import type { Branch } from './branches';
import type { Playground } from './playground';
import type { ModelRef, TextValue } from './text-value';

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
  const { runs, model, generatedFrom, origin, branches } = text;
  return {
    runs,
    model: parseModel(model),
    branches: Array.isArray(branches) ? branches.flatMap(parseBranch) : [],
    generatedFrom: typeof generatedFrom === 'number' ? generatedFrom : null,
    origin: origin ? { ...origin, replaced: parseText(origin.replaced) } : null,
  };
}

function parseModel(model: ModelRef | null | undefined): ModelRef | null {
  return typeof model?.id === 'string' && typeof model.digest === 'string' ? model : null;
}

/** What was pruned is gone with the page: there is no undo any more. */
function parseBranch(branch: Partial<Branch> | null): Branch[] {
  const { id, name, isPruned, runs, model } = branch ?? {};
  if (!Number.isSafeInteger(id) || isPruned || !Array.isArray(runs) || !runs.every(isRun)) return [];
  const words = typeof name === 'string' ? name : null;
  return [{ id: id!, name: words, isPruned: false, runs, model: parseModel(model) }];
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
