import { LARGEST_K } from '../../../model/text/simultaneous';
import { siteStorage, tabStorage } from '../library/web-storage';

/** The part of the translation that the browser keeps. */
export interface KeptSource {
  readonly source: string;
  readonly ended: boolean;
  readonly k: number;
}

/** In the storage of a tab its source, and in that of the site the sources of all tabs, the last one last. */
const KEY = 'translation';
const EMPTY: KeptSource = { source: '', ended: false, k: 3 };

/** The source of this tab, or of the last tab that kept one. */
export function readSource(): KeptSource {
  for (const storage of [tabStorage, siteStorage]) {
    const kept = storage.get(KEY);
    const last = kept.ok && kept.value ? parse(kept.value).at(-1) : null;
    if (last) return last;
  }
  return EMPTY;
}

/**
 * Keeps the source for this tab and for the next visit. Returns whether the browser keeps it.
 * @param previous the source of this tab that it replaces; those of other tabs stay
 */
export function keepSource({ source, ended, k }: KeptSource, previous: string): boolean {
  const kept = { source, ended, k };
  const others = sitesSources().filter((other) => other.source !== previous && other.source !== source);
  return tabStorage.set(KEY, write([kept])).ok && siteStorage.set(KEY, write([...others, kept])).ok;
}

/** Removes the sources of other tabs from the storage of the site, and returns them. */
export function takeOthers(own: string): string[] {
  const all = sitesSources();
  const others = all.filter(({ source }) => source !== own && source.trim());
  if (others.length) siteStorage.set(KEY, write(all.filter(({ source }) => source === own)));
  return others.map(({ source }) => source);
}

function sitesSources(): KeptSource[] {
  const kept = siteStorage.get(KEY);
  return kept.ok && kept.value ? parse(kept.value) : [];
}

function write(sources: readonly KeptSource[]): string {
  return JSON.stringify(sources.map(({ k, ...rest }) => ({ ...rest, k: Number.isFinite(k) ? k : 0 })));
}

function parse(json: string): KeptSource[] {
  try {
    const kept: unknown = JSON.parse(json);
    return (Array.isArray(kept) ? kept : [kept]).flatMap((one) => {
      const { source, ended, k } = one ?? {};
      if (typeof source !== 'string' || !(Number.isInteger(k) && k >= 0 && k <= LARGEST_K)) return [];
      return [{ source, ended: ended === true, k: k || Number.POSITIVE_INFINITY }];
    });
  } catch {
    return [];
  }
}
