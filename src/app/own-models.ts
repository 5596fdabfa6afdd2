import { EngineError } from '../model/runtime/errors';
import type { ModelFiles } from '../model/runtime/model-files';
import type { ModelSource } from '../workers/model-source';
import { forgetOwn, type KeptModel, listOwn, readOwn } from '../workers/own-models';
import type { OwnFiles } from '../workers/own-models-client';
import { taughtManifest } from '../workers/teaching/teach-client';
import { chooseModel, chosenModel } from './address';
import { deleteTaught, listTaughtModels, type TaughtEntry, taughtSource } from './taught-models';

/** The user's own models: those that the browser keeps, those of this visit, and those that the user taught. */

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
  return [...kept, ...visitors, ...(await listTaughtModels()).map(asOwn)];
}

function asOwn({ model, digest, bytes, isKept }: TaughtEntry): OwnModel {
  const manifest = taughtManifest(model.base, model.adapter.digest, { name: model.name, digest });
  return { manifest, bytes, isKept };
}

/**
 * The files of a model of the user, by its digest.
 * @param sourceOf finds the base of a taught model by its digest
 * @throws EngineError 'input' if this browser does not have it.
 */
export async function ownSource(
  digest: string,
  sourceOf: (digest: string) => Promise<ModelSource>,
): Promise<ModelSource> {
  const files = visiting.get(digest)?.files ?? (await readOwn(digest));
  const source = files ? { digest, files } : await taughtSource(digest, sourceOf);
  if (source) return source;
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
  const taught = (await listTaughtModels()).find((entry) => entry.digest === digest);
  if (taught) await deleteTaught(taught.model);
  if (chosenModel() === digest) chooseModel(null);
}
