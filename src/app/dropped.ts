import { looksLikeModel } from '../workers/dropped-model';
import { openPage } from './address';
import { isAdapter, openAdapter } from './open-adapter';
import { openModel } from './open-model';
import { openFile } from './store/links/sharing';
import { isStateFile, openState } from './store/links/states';
import type { Playground } from './store/playground';

/** The files that the user drops on the page or picks, by their kind. Each kind has its own code to open it. */

/** A file, with its path in the dropped folder. */
export interface DroppedFile {
  readonly path: string;
  readonly file: File;
}

interface Kind {
  /** Whether these files are of this kind, by their names or first bytes. */
  matches(files: readonly DroppedFile[]): boolean | Promise<boolean>;
  open(playground: Playground, files: readonly DroppedFile[]): Promise<void>;
}

/** The kinds, in the order in which the page tries them: the first that matches opens the files. */
const KINDS: readonly Kind[] = [
  {
    matches: (files) => looksLikeModel(files) && isAdapter(files),
    open: openAdapter,
  },
  { matches: looksLikeModel, open: openModel },
  {
    matches: ([{ file }]) => isStateFile(file),
    open: (playground, [{ file }]) => openState(playground, file),
  },
  // A link's fragment, exported texts, or plain text.
  {
    matches: () => true,
    open: async (playground, [{ file }]) => {
      if (await openFile(playground, file)) openPage('translate');
    },
  },
];

/** Opens files and folders. A failure is a notice, and changes neither the text nor the model. */
export async function openDropped(playground: Playground, items: readonly DroppedItem[]): Promise<void> {
  const files = await Promise.all(items.map(filesOf)).then(
    (lists) => lists.flat(),
    () => null,
  );
  if (!files?.length) {
    const why = files ? 'contains no files' : 'could not be read';
    return playground.notify(`${items[0].name} ${why}. Your own text is unchanged.`);
  }
  for (const kind of KINDS) if (await kind.matches(files)) return kind.open(playground, files);
}

/** A file, or an entry of the browser's file system (a file or a folder). */
export type DroppedItem = File | FileSystemEntry;

async function filesOf(item: DroppedItem): Promise<DroppedFile[]> {
  if (item instanceof File) return [{ path: item.webkitRelativePath || item.name, file: item }];
  const path = item.fullPath.replace(/^\//, '');
  if (item.isFile) return [{ path, file: await fileOf(item as FileSystemFileEntry) }];
  const reader = (item as FileSystemDirectoryEntry).createReader();
  const entries: FileSystemEntry[] = [];
  for (let some = await read(reader); some.length; some = await read(reader)) entries.push(...some);
  return (await Promise.all(entries.map(filesOf))).flat();
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** The next entries of a folder, at most a hundred; none at its end. */
function read(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}
