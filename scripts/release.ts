import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Models that a clone does not contain. release.json lists them; `npm run weights` fetches them. */

/** The folder of the fetched models, which git ignores. */
export const RELEASE = new URL('../release/', import.meta.url).pathname;
const LIST = new URL('../release.json', import.meta.url);

export interface ReleasedModel {
  /** The model's entry in index.json. */
  readonly entry: { readonly id: string };
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

export function readRelease(list: URL | string = LIST): readonly ReleasedModel[] {
  return JSON.parse(readFileSync(list, 'utf8')).models;
}

/** The names of the model's files that are missing in its folder, or differ from the list. */
export function wrongFiles({ entry, files }: ReleasedModel, release = RELEASE): string[] {
  return Object.keys(files).filter((name) => {
    const path = join(release, entry.id, name);
    return !existsSync(path) || sha256(readFileSync(path)) !== files[name].sha256;
  });
}

export function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * Vite plugin: a build offers each fetched model after the models of the tree.
 * @param models the list
 * @param release the folder of the fetched models
 */
export function releasedModels(models = readRelease(), release = RELEASE): Plugin {
  return {
    name: 'released-models',
    apply: 'build',
    writeBundle({ dir }) {
      const weights = join(dir!, 'weights');
      const index = join(weights, 'index.json');
      if (!existsSync(index)) return; // a build without the public folder
      const fetched = models.filter(({ entry }) => existsSync(join(release, entry.id)));
      for (const model of fetched) {
        const wrong = wrongFiles(model, release);
        if (wrong.length) this.error(`release/${model.entry.id}: ${wrong.join(', ')} differs. ${REMEDY}`);
        cpSync(join(release, model.entry.id), join(weights, model.entry.id), { recursive: true });
      }
      const offered = JSON.parse(readFileSync(index, 'utf8'));
      const all = { ...offered, models: [...offered.models, ...fetched.map(({ entry }) => entry)] };
      writeFileSync(index, `${JSON.stringify(all, null, 2)}\n`);
    },
  };
}

const REMEDY = 'Fetch it again (npm run weights), or delete the folder.';
