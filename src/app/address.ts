import type { BackendChoice } from '../workers/messages';
import { isBackendChoice } from './store/settings/settings';

/** What the page's address asks for (`?backend=`); it goes before the setting. */
export function chosenBackend(): BackendChoice | null {
  const value = new URLSearchParams(location.search).get('backend');
  return isBackendChoice(value) ? value : null;
}

/** Takes the backend into the address, or out of it. */
export function chooseBackend(backend: BackendChoice | null): void {
  setQuery('backend', backend);
}

/** The id of the model that the page's address asks for (`?model=`); it goes before the text's own. */
export function chosenModel(): string | null {
  return new URLSearchParams(location.search).get('model');
}

/** Takes the model into the address, or out of it. */
export function chooseModel(id: string | null): void {
  setQuery('model', id);
}

function setQuery(name: string, value: string | null): void {
  const url = new URL(location.href);
  if (value) url.searchParams.set(name, value);
  else url.searchParams.delete(name);
  history.replaceState(null, '', url);
}

/** How far into a text the benchmark is asked to measure (`?benchmark`, `?benchmark=8192`); null where its page is closed. */
export function benchmarkReach(): number | null {
  const value = new URLSearchParams(location.search).get('benchmark');
  if (value === null) return null;
  return Number.parseInt(value, 10) >= 64 ? Number.parseInt(value, 10) : 65536;
}

/** Calls back when the benchmark's page has been opened or closed, by the back button too. */
export function onBenchmark(callback: () => void): () => void {
  addEventListener('popstate', callback);
  return () => removeEventListener('popstate', callback);
}

export function openBenchmark(): void {
  const url = new URL(location.href);
  url.searchParams.set('benchmark', '');
  history.pushState(null, '', url);
  dispatchEvent(new PopStateEvent('popstate'));
}

export function closeBenchmark(): void {
  setQuery('benchmark', null);
  dispatchEvent(new PopStateEvent('popstate'));
}

/** The address of this page with a text in its fragment; which model it needs, the text itself says. */
export function linkTo(fragment: string): string {
  return `${location.origin}${location.pathname}#${fragment}`;
}

/** Takes the fragment out of the address, so that a reload does not bring back what has been edited since. */
export function takeFragment(): string | null {
  const fragment = location.hash.slice(1);
  if (!fragment) return null;
  history.replaceState(null, '', location.pathname + location.search);
  return fragment;
}
