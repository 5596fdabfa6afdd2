import { type LoadOptions, loadModel, type Model } from '../model/runtime/folder';
import { readFiles } from '../model/runtime/model-files';
import type { ReadFile } from '../model/runtime/read-file';
import { lateCode } from './late-code';
import type { ModelSource } from './model-source';

const taughtCode = lateCode('The code of taught models', () => import('./teaching/taught-source'));

/**
 * Loads a model.
 * @param readFolder reads the files of a folder by its address
 * @throws EngineError of loadModel; 'input' if an adapter does not belong to its base
 */
export async function loadSource(
  source: ModelSource,
  readFolder: (url: string) => ReadFile,
  options?: LoadOptions,
): Promise<Model> {
  if (!('base' in source))
    return loadModel('url' in source ? readFolder(source.url) : readFiles(source.files), options);
  const [base, { teachModel }] = await Promise.all([
    loadSource(source.base, readFolder, options),
    taughtCode(),
  ]);
  return teachModel(base, source);
}
