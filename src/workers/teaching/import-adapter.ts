import { CONFIG_FILE, readAdapter, readBase, WEIGHTS_FILE } from '../../model/finetuning/adapter-files';
import { adapterDigest } from '../../model/finetuning/taught-model';
import type { ModelFiles } from '../../model/runtime/model-files';
import type { ReadFile } from '../../model/runtime/read-file';
import { loadSource } from '../load-source';
import type { ModelSource } from '../model-source';
import type { Taught } from './messages';
import { readAdapterFiles } from './read-adapter-files';
import { keepTaught } from './taught-models';

/**
 * Checks an adapter against its base, and keeps it.
 * @throws EngineError 'input' if it belongs to another model
 */
export async function importAdapter(
  files: ModelFiles,
  base: ModelSource,
  name: string,
  readFile: (url: string) => ReadFile,
): Promise<Taught> {
  const { config, digest, manifest } = await loadSource(base, readFile);
  const adapter = readAdapter(await readAdapterFiles(files), config, digest);
  const { rank, scale } = adapter;
  return keepTaught(
    {
      name: name.slice(0, 100),
      strength: 1,
      adapter: { digest: await adapterDigest(adapter), rank, scale },
      base: manifest,
      lesson: null,
    },
    { [CONFIG_FILE]: files[CONFIG_FILE], [WEIGHTS_FILE]: files[WEIGHTS_FILE] },
  );
}

/** The digest of the base model that the files of an adapter name; null if they name none. @throws EngineError */
export async function baseDigest(files: ModelFiles): Promise<string | null> {
  return readBase(await readAdapterFiles(files));
}
