import { parseKept, VERSION } from './persistence';
import type { TextEntry } from './text-storage';
import type { TextValue } from './text-value';

/**
 * A file that holds texts whole, as they are kept: JSON, with arrays of numbers as base64 of their bytes. An array that
 * stood before, as in branches that share their beginning, is named by its place among the others.
 */

const FORMAT = 'leapformer-texts';
const ARRAYS = { Uint32Array, Float32Array };

interface Item {
  readonly entry: TextEntry;
  readonly text: TextValue;
}

export function writeTexts(items: readonly Item[]): string {
  const texts = items.map(({ entry: { name, title, changed }, text }) => ({ name, title, changed, text }));
  const written = new Map<unknown, number>();
  return JSON.stringify({ format: FORMAT, version: VERSION, texts }, (_key, value) => {
    const type = Object.entries(ARRAYS).find(([, array]) => value instanceof array)?.[0];
    if (!type) return value;
    if (written.has(value)) return { same: written.get(value) };
    written.set(value, written.size);
    return { [type]: toBase64(value) };
  });
}

/** The texts that can be read; null when it is no such file. */
export function readTexts(content: string): Item[] | null {
  if (!content.startsWith('{"format"')) return null;
  try {
    const read: unknown[] = [];
    const file = JSON.parse(content, (_key, value) => {
      for (const [type, array] of Object.entries(ARRAYS))
        if (typeof value?.[type] === 'string') {
          read.push(new array(fromBase64(value[type])));
          return read.at(-1);
        }
      return typeof value?.same === 'number' ? read[value.same] : value;
    });
    if (file.format !== FORMAT || !Array.isArray(file.texts)) return null;
    return file.texts.flatMap((stored: Record<string, unknown>) => {
      const text = parseKept({ version: file.version, text: stored.text });
      return text ? [{ entry: entryOf(stored), text }] : [];
    });
  } catch {
    return null;
  }
}

function entryOf({ name, title, changed }: Record<string, unknown>): TextEntry {
  return {
    id: '',
    name: typeof name === 'string' ? name : null,
    title: typeof title === 'string' ? title : '',
    changed: typeof changed === 'number' ? changed : 0,
  };
}

function toBase64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

function fromBase64(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;
}
