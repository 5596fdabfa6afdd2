import { type ModelFiles, readFiles } from '../model/runtime/model-files';
import type { ReadFile } from '../model/runtime/read-file';

/** Where the files of a model are. */
export type ModelSource =
  /** The address of a model folder, with a trailing slash. */
  | { readonly url: string }
  /** The user's own files, with the SHA-256 of their weights in hex. */
  | { readonly digest: string; readonly files: ModelFiles };

/** Equal for sources with equal files. */
export function sourceKey(source: ModelSource): string {
  return 'url' in source ? source.url : source.digest;
}

/** @param readFolder reads the files of a folder by its address */
export function readSource(source: ModelSource, readFolder: (url: string) => ReadFile): ReadFile {
  return 'url' in source ? readFolder(source.url) : readFiles(source.files);
}
