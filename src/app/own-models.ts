import { EngineError } from '../model/runtime/errors';
import type { ModelFiles } from '../model/runtime/model-files';
import type { ModelSource } from '../workers/model-source';
import { forgetOwn, type KeptModel, listOwn, readOwn } from '../workers/own-models';
import type { OwnFiles } from '../workers/own-models-client';
import { chooseModel, chosenModel } from './address';

/** The user's own models: those that the browser keeps, and those of this visit. */

/** A model of the user. */
export interface OwnModel extends KeptModel {
  /** False if it is gone after this visit. */
  readonly isKept: boolean;
}

/** The models of this visit that the browser does not keep, by their digest. */
const visiting = new Map<string, KeptModel & { readonly files: ModelFiles }>();

/** Remembers a model of the user for this visit, unless the browser keeps it. */
export function remember({ manifest, files, isKept }: OwnFiles): void {
  const bytes = Object.values(files).reduce((sum, { size }) => sum + size, 0);
  if (isKept) visiting.delete(manifest.digest);
  else visiting.set(manifest.digest, { manifest, bytes, files });
}

/** The models of the user. */
export async function listOwnModels(): Promise<readonly OwnModel[]> {
  const kept = (await listOwn()).map((model) => ({ ...model, isKept: true }));
  const visitors = [...visiting.values()].map((model) => ({ ...model, isKept: false }));
  return [...kept, ...visitors];
}

/** The files of a model of the user, by its digest. @throws EngineError 'input' if this browser does not have it. */
export async function ownSource(digest: string): Promise<ModelSource> {
  const files = visiting.get(digest)?.files ?? (await readOwn(digest));
  if (files) return { digest, files };
  throw new EngineError(
    'input',
    `This browser does not have the model with the SHA-256 ${digest}.`,
    'Drop its folder on the page, or load another model.',
  );
}

/** Deletes a model of the user. If it is loaded, it stays until the page is left. */
export async function deleteOwn(digest: string): Promise<void> {
  visiting.delete(digest);
  await forgetOwn(digest);
  if (chosenModel() === digest) chooseModel(null);
}
