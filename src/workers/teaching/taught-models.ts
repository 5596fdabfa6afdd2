import { taughtDigest } from '../../model/finetuning/taught-model';
import type { Manifest } from '../../model/runtime/folder';
import type { ModelFiles } from '../../model/runtime/model-files';
import { KeptFolders, LAST } from '../kept-folders';
import type { ModelSource, TaughtSource } from '../model-source';
import type { Taught, TaughtModel } from './messages';

/** The adapters that the browser keeps: a folder for each, by the digest of the adapter. */

const kept = new KeptFolders<TaughtModel>('taught-models');

/** Strengths are multiples of 1 / STEPS, up to STRONGEST / STEPS. */
export const STEPS = 20;
export const STRONGEST = 30;

/** The name and the strength since the last change. The manifest is never written again, so a broken write loses no adapter. */
const CHANGES = 'changes.json';

export async function listTaught() {
  const changed = async (one: Awaited<ReturnType<typeof kept.list>>[number]) => {
    const changes = await (await kept.read(one.key))?.[CHANGES]
      ?.text()
      .then(JSON.parse)
      .catch(() => null);
    return { ...one, manifest: { ...one.manifest, ...changes } };
  };
  return Promise.all((await kept.list()).map(changed));
}

export const readTaught = (adapter: string) => kept.read(adapter);
export const forgetTaught = (adapter: string) => kept.forget(adapter);

/** Keeps another name or strength of a kept adapter, in a worker. @returns whether it is kept */
export function keepChange({ name, strength, adapter }: TaughtModel): Promise<boolean> {
  return kept.keep(adapter.digest, { [CHANGES]: new Blob([JSON.stringify({ name, strength })]) });
}

/** Keeps an adapter, in a worker. One that is kept stays as it is. @param adapter its two files */
export async function keepTaught(model: TaughtModel, adapter: ModelFiles): Promise<Taught> {
  const files = { ...adapter, [LAST]: new Blob([JSON.stringify(model)]) };
  const same = (await listTaught()).find(({ key }) => key === model.adapter.digest);
  if (same) return { model: same.manifest, files, isKept: true };
  return { model, files, isKept: await kept.keep(model.adapter.digest, files) };
}

/** The digest of a taught model at a strength. */
export function digestOf({ base, adapter }: TaughtModel, strength: number): Promise<string> {
  return taughtDigest(base.digest, adapter.digest, adapter.scale * strength);
}

/** The strength at which a taught model has this digest; null if there is none. */
export async function strengthOf(model: TaughtModel, digest: string): Promise<number | null> {
  for (let n = 0; n <= STRONGEST; n++) if ((await digestOf(model, n / STEPS)) === digest) return n / STEPS;
  return null;
}

/** @param files of the adapter */
export async function sourceOfTaught(
  model: TaughtModel,
  strength: number,
  base: ModelSource,
  files: ModelFiles,
): Promise<TaughtSource> {
  return { digest: await digestOf(model, strength), base, adapter: files, name: model.name, strength };
}

/** The manifest of a taught model, from that of its base. @param adapter its digest */
export function taughtManifest(
  base: Manifest,
  adapter: string,
  { name, digest }: Pick<TaughtSource, 'name' | 'digest'>,
): Manifest {
  const { evaluation: _, ...same } = base; // the measurements of the base
  return {
    ...same,
    id: `taught-${digest.slice(0, 8)}`,
    name,
    description: `${base.name}, taught with an adapter in this browser.`,
    digest,
    precision: { ...base.precision, layers: 'int8' },
    taught: { base: { id: base.id, digest: base.digest }, adapter },
  };
}
