import type { BackendChoice } from '../workers/messages';
import { isBackendChoice } from './store/settings/settings';

/** The address of the LeaPformer paper. */
export const PAPER = 'https://arxiv.org/abs/2405.13046';

/** The backend in the page's address (`?backend=`), which overrides the setting. */
export function chosenBackend(): BackendChoice | null {
  const value = new URLSearchParams(location.search).get('backend');
  return isBackendChoice(value) ? value : null;
}

/** Sets `?backend=` in the address; null removes it. */
export function chooseBackend(backend: BackendChoice | null): void {
  setQuery('backend', backend);
}

/** The model id in the page's address (`?model=`), which overrides the text's own model. */
export function chosenModel(): string | null {
  return new URLSearchParams(location.search).get('model');
}

/** Sets `?model=` in the address; null removes it. */
export function chooseModel(id: string | null): void {
  setQuery('model', id);
}

/** The id of the demo in the page's address (`?demo=`). */
export function chosenDemo(): string | null {
  return new URLSearchParams(location.search).get('demo');
}

/** Removes the demo from the address, so that a reload does not overwrite later edits. */
export function forgetDemo(): void {
  setQuery('demo', null);
}

function setQuery(name: string, value: string | null): void {
  const url = new URL(location.href);
  if (value) url.searchParams.set(name, value);
  else url.searchParams.delete(name);
  history.replaceState(null, '', url);
}

/** Calls back when a page of the address opens or closes, also by the back button. */
export function onPage(callback: () => void): () => void {
  addEventListener('popstate', callback);
  return () => removeEventListener('popstate', callback);
}

/** The pages over the text, by their names in the address (`?score`). */
const PAGES = ['translate', 'teach', 'score', 'benchmark'] as const;
export type PageName = (typeof PAGES)[number];

/** The page that is open over the text. */
export function shownPage(): PageName | undefined {
  const query = new URLSearchParams(location.search);
  return PAGES.find((page) => query.has(page));
}

export function openPage(name: PageName): void {
  const url = new URL(location.href);
  url.searchParams.set(name, '');
  history.pushState(null, '', url);
  dispatchEvent(new PopStateEvent('popstate'));
}

export function closePage(): void {
  const page = shownPage();
  if (page) setQuery(page, null);
  dispatchEvent(new PopStateEvent('popstate'));
}

/**
 * The view of the lens that the page shows alone, in a frame of another page (`?embed=matrix`); '' for the view of the link
 * (`?embed`); null: this is the whole page.
 */
export function embeddedView(): string | null {
  return new URLSearchParams(location.search).get('embed');
}

/** The page's address with a text in the fragment. The text names its model, so the address has no `?model=`. */
export function linkTo(fragment: string): string {
  return `${location.origin}${location.pathname}#${fragment}`;
}

/**
 * Removes a fragment from the address once its text is open, so that a reload does not overwrite later edits. A frame keeps
 * it, because nothing else keeps its text.
 */
export function forgetFragment(fragment: string): void {
  if (embeddedView() === null && location.hash.slice(1) === fragment)
    history.replaceState(null, '', location.pathname + location.search);
}
