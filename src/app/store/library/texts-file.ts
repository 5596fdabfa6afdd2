import { attempt } from './outcome';
import { decode, encode } from './packed';
import { NEWEST, parseKept, versionOf } from './persistence';
import type { Item, TextEntry } from './text-storage';

/** A file with complete texts, in the form in which they are stored. */

const FORMAT = 'leapformer-texts';
/** The first characters of such a file, without white space. */
const MARK = `{"format":"${FORMAT}"`;

/** The file of a saved state is in it once, even if several texts continue from it. */
export function writeTexts(items: readonly Item[]): string {
  const states = new Map(items.map(({ text: { start } }) => [start?.digest, start?.file]));
  const texts = items.map(({ entry: { name, title, changed }, text }) => {
    const { start } = text;
    const file = states.get(start?.digest) ?? null;
    return { name, title, changed, text: start ? { ...text, start: { ...start, file } } : text };
  });
  const version = Math.max(2, ...items.map(({ text }) => versionOf(text)));
  return encode({ format: FORMAT, version, texts });
}

/** 'foreign': another kind of file. 'newer', 'damaged': such a file, but nothing in it can be read. */
export type TextsFile =
  | {
      readonly kind: 'texts';
      readonly items: readonly Item[] /** Texts that cannot be read. */;
      readonly unreadable: number;
    }
  | { readonly kind: 'foreign' | 'newer' | 'damaged' };

export function readTexts(content: string): TextsFile {
  const decoded = attempt(() => decode(content.replace(/^\uFEFF/, '')));
  const file = (decoded.ok ? decoded.value : null) as Record<string, unknown> | null;
  if (file?.format !== FORMAT) return { kind: beginsAsOurs(content) ? 'damaged' : 'foreign' };
  const { version, texts } = file;
  if (typeof version === 'number' && version > NEWEST) return { kind: 'newer' };
  if (!Array.isArray(texts)) return { kind: 'damaged' };
  const items = texts.flatMap((stored: Record<string, unknown> | null) => {
    const text = parseKept({ version, text: stored?.text });
    return text ? [{ entry: entryOf(stored!), text }] : [];
  });
  return items.length
    ? { kind: 'texts', items, unreadable: texts.length - items.length }
    : { kind: 'damaged' };
}

/** Whether the content starts like such a file, in any indentation and at any length. */
function beginsAsOurs(content: string): boolean {
  const beginning = content.slice(0, 1000).replace(/\s/g, '').slice(0, MARK.length); // \s: a byte order mark too
  return beginning !== '' && MARK.startsWith(beginning);
}

function entryOf({ name, title, changed }: Record<string, unknown>): TextEntry {
  return {
    id: '',
    name: typeof name === 'string' ? name : null,
    title: typeof title === 'string' ? title : '',
    changed: typeof changed === 'number' ? changed : 0,
    revision: '',
  };
}
