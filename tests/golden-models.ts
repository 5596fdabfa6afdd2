import { readdirSync } from 'node:fs';
import { readJson, readModelData } from '../scripts/node';
import type { ModelData } from '../src/model/runtime/backend';
import type { ModelGolden } from './golden';

export const GOLDEN = new URL('./golden/', import.meta.url).pathname;

export interface GoldenModel extends ModelData {
  readonly name: string;
  readonly golden: ModelGolden;
}

/** Loads a small model with its golden vectors. */
export async function loadGoldenModel(name: string, folder = `${GOLDEN}models/`): Promise<GoldenModel> {
  const golden: ModelGolden = readJson(`${folder}${name}/golden.json`);
  return { name, golden, ...(await readModelData(`${folder}${name}`)) };
}

export const goldenNames = readdirSync(`${GOLDEN}models/`);
