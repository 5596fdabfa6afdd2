import { tabStorage } from './library/web-storage';

/** A text in the list of a page that scores or teaches. */
export interface ListedText {
  readonly name: string;
  readonly file: Blob;
}

/** A page with a list of texts and a field to paste one. */
export type ListPage = 'score' | 'teach';

/** The contents of pasted texts. Other listed texts are files of the user or texts that the page keeps. */
const contents = new WeakMap<Blob, string>();
/** The pages whose pasted texts the storage of the tab has. */
const kept = new Set<ListPage>();
const listKey = (page: ListPage) => `${page}: pasted`;
const fieldKey = (page: ListPage) => `${page}: field`;

/** A listed text that only the list has, so that `keepPasted` keeps it. */
export function pasted(name: string, content: string): ListedText {
  const file = new Blob([content]);
  contents.set(file, content);
  return { name, file };
}

/** Keeps the pasted texts of a list in the storage of the tab, in place of earlier ones. */
export function keepPasted(page: ListPage, texts: readonly ListedText[]): void {
  const pastedTexts = texts.flatMap(({ name, file }) => {
    const content = contents.get(file);
    return content === undefined ? [] : [{ name, content }];
  });
  const isKept = pastedTexts.length > 0 && tabStorage.set(listKey(page), JSON.stringify(pastedTexts)).ok;
  if (isKept) kept.add(page);
  else {
    kept.delete(page);
    tabStorage.remove(listKey(page));
  }
}

/** The pasted texts that the storage of the tab has. */
export function readPasted(page: ListPage): readonly ListedText[] {
  const read = tabStorage.get(listKey(page));
  if (!read.ok || !read.value) return [];
  kept.add(page);
  const texts: { name: string; content: string }[] = JSON.parse(read.value);
  return texts.map(({ name, content }) => pasted(name, content));
}

/** Whether a reload loses a pasted text of a list, because the storage is full or blocked. */
export function losesPasted(page: ListPage, texts: readonly ListedText[]): boolean {
  return !kept.has(page) && texts.some(({ file }) => contents.has(file));
}

/** Keeps the content of the field in the storage of the tab. @returns whether the browser keeps it */
export function keepField(page: ListPage, content: string): boolean {
  const isKept = content !== '' && tabStorage.set(fieldKey(page), content).ok;
  if (!isKept) tabStorage.remove(fieldKey(page));
  return isKept || content === '';
}

/** The content of the field that the storage of the tab has. */
export function readField(page: ListPage): string {
  const read = tabStorage.get(fieldKey(page));
  return (read.ok && read.value) || '';
}
