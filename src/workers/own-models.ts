import type { Manifest } from '../model/runtime/folder';
import type { ModelFiles } from '../model/runtime/model-files';
import { KeptFolders, sizeOf } from './kept-folders';

/** The user's own models that the browser keeps: a folder for each, by the SHA-256 of its weights. */

const kept = new KeptFolders<Manifest>('own-models');

export interface KeptModel {
  readonly manifest: Manifest;
  /** Of all its files. */
  readonly bytes: number;
}

/** The models that are kept. */
export async function listOwn(): Promise<KeptModel[]> {
  return (await kept.list()).sort((a, b) => a.manifest.name.localeCompare(b.manifest.name));
}

/** The files of a kept model; null if it is not kept. */
export const readOwn = (digest: string) => kept.read(digest);

/** Deletes a kept model. */
export const forgetOwn = (digest: string) => kept.forget(digest);

/** Keeps the files of a model, in a worker. @returns whether they are kept */
export async function keepOwn(digest: string, files: ModelFiles): Promise<boolean> {
  const before = await kept.read(digest);
  return before !== null && sizeOf(before) === sizeOf(files) ? true : kept.keep(digest, files);
}
