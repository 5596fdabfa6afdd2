import type { ModelFiles } from '../model/runtime/model-files';

/** Where the files of a model are. */
export type ModelSource =
  /** The address of a model folder, with a trailing slash. */
  | { readonly url: string }
  /** The user's own files, with the SHA-256 of their weights in hex. */
  | { readonly digest: string; readonly files: ModelFiles }
  | TaughtSource;

/** A model with an adapter merged into it, with the digest of the result. */
export interface TaughtSource {
  readonly digest: string;
  readonly base: ModelSource;
  /** The two files of an adapter (finetuning/adapter-files.ts). */
  readonly adapter: ModelFiles;
  readonly name: string;
  /** A factor of the adapter's scale. */
  readonly strength: number;
}

/** Equal for sources with equal files. */
export function sourceKey(source: ModelSource): string {
  return 'url' in source ? source.url : source.digest;
}
