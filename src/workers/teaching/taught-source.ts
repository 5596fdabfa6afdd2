import {
  type AdapterFiles,
  CONFIG_FILE,
  readAdapter,
  WEIGHTS_FILE,
} from '../../model/finetuning/adapter-files';
import { adapterDigest, taughtModel } from '../../model/finetuning/taught-model';
import { EngineError } from '../../model/runtime/errors';
import type { Model } from '../../model/runtime/folder';
import { type ModelFiles, readBytes } from '../../model/runtime/model-files';
import type { TaughtSource } from '../model-source';
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

/** The two files of an adapter as PEFT names them. @throws EngineError 'network' if one cannot be read */
export async function readAdapterFiles(files: ModelFiles): Promise<AdapterFiles> {
  const [config, weights] = await Promise.all([
    readBytes(files, CONFIG_FILE),
    readBytes(files, WEIGHTS_FILE),
  ]);
  return { config: new TextDecoder().decode(config), weights };
}
