import { GREEDY } from '../model/sampling/sampling';
import { DIRECTIONS, type Direction, LARGEST_K } from '../model/text/simultaneous';
import { type Shared, textOf } from './shared';

/** A source text and its translations, as a link carries them. */
export interface SharedTranslation {
  readonly model: Shared['model'];
  readonly source: string;
  /** Infinity: offline. */
  readonly k: number;
  readonly translations: Readonly<Record<Direction, string>>;
}

const PAGE = 'translate';
const BREAK = '\n\n';
/** The names of the lengths in the view, in UTF-16 units, in the order of the parts of the text. */
const LENGTHS = ['source', 'german', 'french'] as const;

/**
 * A translation in the form of a link: one typed text, which is the source and the translations with blank lines between
 * them, and a view with k (0: offline) and the length of each part. So older versions of the page show all of it as a text.
 */
export function shareTranslation({ model, source, k, translations }: SharedTranslation): Shared {
  const parts = [source, ...DIRECTIONS.map((direction) => translations[direction])].map((part) =>
    part.toWellFormed(),
  );
  const lengths = Object.fromEntries(LENGTHS.map((name, n) => [name, parts[n].length]));
  return {
    model,
    runs: [{ source: 'typed', text: parts.join(BREAK) }],
    sampling: GREEDY,
    view: { page: PAGE, k: Number.isFinite(k) ? k : 0, ...lengths },
  };
}

/** The translation in a link; null if the link has another content, or its lengths do not fit the text. */
export function translationIn(shared: Shared): SharedTranslation | null {
  const { view, model } = shared;
  const k = view.k === 0 ? Number.POSITIVE_INFINITY : view.k;
  if (view.page !== PAGE || typeof k !== 'number') return null;
  if (k !== Number.POSITIVE_INFINITY && !(Number.isInteger(k) && k >= 1 && k <= LARGEST_K)) return null;
  const text = textOf(shared);
  const parts: string[] = [];
  let at = 0;
  for (const name of LENGTHS) {
    const length = view[name];
    if (typeof length !== 'number' || !Number.isInteger(length) || length < 0) return null;
    if (parts.length > 0 && !text.startsWith(BREAK, at)) return null;
    if (parts.length > 0) at += BREAK.length;
    parts.push(text.slice(at, at + length));
    at += length;
  }
  if (at !== text.length) return null;
  const [source, ...rest] = parts;
  const entries = DIRECTIONS.map((direction, n) => [direction, rest[n]]);
  return { model, source, k, translations: Object.fromEntries(entries) };
}
