import { readAdapter } from '../../model/finetuning/adapter-files';
import { adapterDigest, taughtModel } from '../../model/finetuning/taught-model';
import { EngineError } from '../../model/runtime/errors';
import type { Model } from '../../model/runtime/folder';
import type { TaughtSource } from '../model-source';
import { readAdapterFiles } from './read-adapter-files';
import { taughtManifest } from './taught-models';

/** Merges the adapter of a source into its base. @throws EngineError 'input' | 'weights' */
export async function teachModel(base: Model, source: TaughtSource): Promise<Model> {
  const adapter = readAdapter(await readAdapterFiles(source.adapter), base.config, base.digest);
  const scale = adapter.scale * source.strength;
  const taught = await taughtModel(base, { ...adapter, scale });
  if (taught.digest !== source.digest)
    throw new EngineError(
      'weights',
      `The adapter of ${source.name} gives the model ${taught.digest.slice(0, 8)}, not ${source.digest.slice(0, 8)}.`,
      'Delete it, and open the file of the adapter again.',
    );
  const manifest = taughtManifest(base.manifest, await adapterDigest(adapter), source);
  return { ...taught, manifest };
}
