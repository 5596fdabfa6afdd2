import { LARGEST_K } from '../../../model/text/simultaneous';
import { siteStorage, tabStorage } from '../library/web-storage';

/** The part of the translation that the browser keeps. */
export interface KeptSource {
  readonly source: string;
  readonly ended: boolean;
  readonly k: number;
}

const KEY = 'translation';
const EMPTY: KeptSource = { source: '', ended: false, k: 3 };

/** The source of this tab, or of the last tab that kept one. */
export function readSource(): KeptSource {
  for (const storage of [tabStorage, siteStorage]) {
    const kept = storage.get(KEY);
    const source = kept.ok && kept.value ? parse(kept.value) : null;
    if (source) return source;
  }
  return EMPTY;
}

/** Keeps the source for this tab and for the next visit. Returns whether the browser keeps it. */
export function keepSource({ source, ended, k }: KeptSource): boolean {
  const json = JSON.stringify({ source, ended, k: Number.isFinite(k) ? k : 0 });
  const kept = [tabStorage, siteStorage].map((storage) => storage.set(KEY, json).ok);
  return kept.every(Boolean);
}

function parse(json: string): KeptSource | null {
  try {
    const { source, ended, k } = JSON.parse(json);
    if (typeof source !== 'string' || !(Number.isInteger(k) && k >= 0 && k <= LARGEST_K)) return null;
    return { source, ended: ended === true, k: k || Number.POSITIVE_INFINITY };
  } catch {
    return null;
  }
}
