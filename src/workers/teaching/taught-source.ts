import { readAdapter } from '../../model/finetuning/adapter-files';
import { adapterDigest, taughtModel } from '../../model/finetuning/taught-model';
import { EngineError } from '../../model/runtime/errors';
import type { Model } from '../../model/runtime/folder';
import type { TaughtSource } from '../model-source';
import { readAdapterFiles } from './read-adapter-files';
import { taughtManifest } from './taught-models';

/** Merges the adapter of a source into its base. @throws EngineError 'input' | 'weights' */
export async function teachModel(base: Model, source: TaughtSource): Promise<Model> {
  const taught = await merged(base, source, source.strength);
  if (taught.digest !== source.digest)
    throw new EngineError(
      'weights',
      `The adapter of ${source.name} gives the model ${taught.digest.slice(0, 8)}, not ${source.digest.slice(0, 8)}.`,
      'Delete it, and open the file of the adapter again.',
    );
  return taught;
}

/** The taught model of a source at another strength; at 0, its base. @throws EngineError 'input' */
export async function modelAt(base: Model, source: TaughtSource, strength: number): Promise<Model> {
  return strength === 0 ? base : merged(base, source, strength);
}

async function merged(base: Model, { adapter: files, name }: TaughtSource, strength: number): Promise<Model> {
  const adapter = readAdapter(await readAdapterFiles(files), base.config, base.digest);
  const taught = await taughtModel(base, { ...adapter, scale: adapter.scale * strength });
  const { digest } = taught;
  const manifest = taughtManifest(base.manifest, await adapterDigest(adapter), { name, digest });
  return { ...taught, manifest };
}
