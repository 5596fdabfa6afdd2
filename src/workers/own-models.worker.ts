import { expose } from 'comlink';
import { type CheckedFiles, checkFiles } from '../model/runtime/check-files';
import { findModelFiles, type PathFile } from './dropped-model';
import type { Outcome } from './messages';
import { keepOwn } from './own-models';
import { withProof } from './own-proof';
import { outcome } from './service';

export interface OwnFiles extends CheckedFiles {
  /** False if the browser does not let the page keep them. */
  readonly isKept: boolean;
}

const service = {
  take: (dropped: readonly PathFile[]): Promise<Outcome<OwnFiles>> => outcome(take(dropped)),
};
export type OwnModelsService = typeof service;

async function take(dropped: readonly PathFile[]): Promise<OwnFiles> {
  const { name, files } = await findModelFiles(dropped);
  const checked = await withProof(await checkFiles(files, name), files['golden.json']);
  const isKept = await keepOwn(checked.manifest.digest, checked.files);
  return { ...checked, isKept };
}

expose(service);
