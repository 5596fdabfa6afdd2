import { Unzip, type UnzipFile, UnzipInflate } from 'fflate';
import { EngineError } from '../model/runtime/errors';
import type { ModelFiles } from '../model/runtime/model-files';

/** Finds the files of a model among files that the user dropped or picked: a folder, a zip of it, or the files alone. */

/** A file, with its path in the dropped folder. */
export interface PathFile {
  readonly path: string;
  readonly file: File;
}

export interface DroppedModel {
  /** Of the folder or of the zip. */
  readonly name: string;
  readonly files: ModelFiles;
}

/** The names of the files that the page reads. The weights may have another name with this ending. */
const NAMES = ['config.json', 'tokenizer.json', 'manifest.json', 'golden.json'];
const WEIGHTS = '.safetensors';
/** The names of the files of an adapter (finetuning/adapter-files.ts). */
const ADAPTER = ['adapter_config.json', 'adapter_model.safetensors'];
/** The ending of the file of a text (app/files.ts). */
const TEXT = '.leapformer.txt';
/** A zip may unpack to twice its size, because weights take most of theirs in a zip, and to this many bytes more for JSON. */
const JSON_BYTES = 2 ** 20;
const MOST_PACKED = 1032; // bytes that one byte of a zip can unpack to (deflate)

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);
const isHidden = (path: string) => /(^|\/)(\.|__MACOSX\/)/.test(path);
const isOfModel = (path: string) =>
  !isHidden(path) && (NAMES.includes(nameOf(path)) || nameOf(path).endsWith(WEIGHTS));
const isZip = (path: string) => /\.zip$/i.test(path);

/** Whether these files are a model, by their names alone. */
export function looksLikeModel(files: readonly { readonly path: string }[]): boolean {
  const [first] = files;
  return files.some(({ path }) => isOfModel(path)) || (files.length === 1 && isZip(first.path));
}

/** @throws EngineError 'input' if there is no model or more than one, or the zip is damaged. */
export async function findModelFiles(dropped: readonly PathFile[]): Promise<DroppedModel> {
  const [{ path, file }] = dropped;
  const isPacked = dropped.length === 1 && isZip(path);
  const found = isPacked
    ? await unzip(file, isOfModel)
    : new Map<string, Blob>(dropped.map(({ path, file }) => [path, file]));
  const paths = [...found.keys()].filter(isOfModel);
  const folders = [...new Set(paths.map(folderOf))];
  const complete = folders.filter((folder) => found.has(`${folder}config.json`));
  if (complete.length > 1)
    throw wrong(
      `There are ${complete.length} models: ${complete.slice(0, 5).join(', ')}.`,
      'Drop the folder of one of them.',
    );
  const [folder = folders[0]] = complete;
  if (folder === undefined)
    throw wrong(
      `${file.name} contains no model.`,
      'Drop a folder or a zip with config.json, model.safetensors and tokenizer.json.',
    );
  const inFolder = paths.filter((path) => folderOf(path) === folder);
  const weights = inFolder.filter((path) => path.endsWith(WEIGHTS));
  if (weights.length > 1)
    throw wrong(
      `There are ${weights.length} files of weights: ${weights.slice(0, 5).map(nameOf).join(', ')}.`,
      'Drop the one that belongs to config.json, with the other files.',
    );
  const files = inFolder.map((path) => [
    path.endsWith(WEIGHTS) ? 'model.safetensors' : nameOf(path),
    found.get(path)!,
  ]);
  const name = nameOf(folder.slice(0, -1)) || (isPacked ? file.name.replace(/\.zip$/i, '') : 'Own model');
  return { name, files: Object.fromEntries(files) };
}

/** The files of an adapter, and a text of the playground beside it. */
export interface DroppedAdapter {
  readonly files: ModelFiles;
  readonly text: Blob | null;
}

/** An adapter among dropped files, or in a zip; null if its two files are not there. @throws EngineError 'input' */
export async function findAdapter(dropped: readonly PathFile[]): Promise<DroppedAdapter | null> {
  const [{ path, file }] = dropped;
  const isOfAdapter = (path: string) =>
    !isHidden(path) && (ADAPTER.includes(nameOf(path)) || path.endsWith(TEXT));
  const all =
    dropped.length === 1 && isZip(path)
      ? [...(await unzip(file, isOfAdapter))]
      : dropped.map(({ path, file }) => [path, file] as const);
  const named = all.map(([path, file]) => [nameOf(path), file] as const);
  const found = named.filter(([name]) => ADAPTER.includes(name));
  if (found.length !== ADAPTER.length) return null;
  const [, text = null] = named.find(([name]) => name.endsWith(TEXT)) ?? [];
  return { files: Object.fromEntries(found), text };
}

/** Unpacks files from a zip. The unpacked bytes lie in blobs, outside the memory of the page. */
async function unzip(
  file: Blob & { readonly name: string },
  isWanted: (path: string) => boolean,
): Promise<Map<string, Blob>> {
  const damaged = (cause?: unknown) =>
    cause instanceof EngineError
      ? cause
      : wrong(
          `${file.name} is damaged, cut off, or not a zip.`,
          'Make the zip again, or drop the unpacked folder.',
          cause,
        );
  const found = new Map<string, Blob>();
  let left = 2 * file.size + JSON_BYTES;
  let open = 0;
  const read = (entry: UnzipFile) => {
    if (!isWanted(entry.name)) return;
    if (found.has(entry.name)) throw damaged();
    const parts: Uint8Array<ArrayBuffer>[] = [];
    open++;
    entry.ondata = (error, part, isLast) => {
      if (error) throw damaged(error);
      left -= part.length;
      if (left < 0)
        throw wrong(`${file.name} unpacks to more than twice its size.`, 'Unpack it, and drop the folder.');
      parts.push(part as Uint8Array<ArrayBuffer>);
      if (!isLast) return;
      found.set(entry.name, new Blob(parts));
      open--;
    };
    entry.start();
  };
  const unpacking = new Unzip(read);
  unpacking.register(UnzipInflate);
  try {
    for (const reader = file.stream().getReader(); ; ) {
      const { done, value = new Uint8Array() } = await reader.read();
      // In pieces that cannot unpack to more than half of what is left, because the library may double its buffer.
      for (let at = 0, size: number; at < value.length; at += size) {
        size = Math.max(Math.floor(left / 2 / MOST_PACKED), 1);
        unpacking.push(value.subarray(at, at + size));
      }
      if (!done) continue;
      unpacking.push(value, true);
      break;
    }
  } catch (cause) {
    throw damaged(cause);
  }
  if (open > 0) throw damaged();
  return found;
}

function wrong(message: string, remedy: string, cause?: unknown): EngineError {
  return new EngineError('input', message, remedy, { cause });
}
