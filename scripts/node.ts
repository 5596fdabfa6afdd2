import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../src/model/core/config';
import { readWeights } from '../src/model/core/weights';
import type { ModelData } from '../src/model/runtime/backend';
import { EngineError } from '../src/model/runtime/errors';
import { sha256 } from '../src/model/runtime/folder';
import type { IndexEntry, ModelList } from '../src/model/runtime/model-index';
import type { ReadFile } from '../src/model/runtime/read-file';
import { type Sampling, SEQUENCE_PENALTY } from '../src/model/sampling/sampling';
import { RELEASE } from './release';

/** Node replacements for the browser: files from disk, WebGPU from the npm package `webgpu`. */

const WEIGHTS = new URL('../public/weights/', import.meta.url).pathname;

/**
 * The fixed model for tests and benches. (wiki-7m-paper-v1 is smaller, but its greedy output repeats one token, so tests
 * would not detect a wrong state.)
 */
export const SHIPPED = modelFolder('wiki-10m-v3');

/** Folder of the page's default model. */
export function firstModel(): string {
  return modelFolder(readIndex()[0].id);
}

export function modelFolder(id: string): string {
  return join(WEIGHTS, id, '/');
}

/** Folder of a model that `npm run weights` fetches. */
export function releasedFolder(id: string): string {
  return join(RELEASE, id, '/');
}

/** Folder of the first translation model. @throws EngineError 'input' if there is none */
export function firstTranslator(): string {
  const [first] = readIndex('translators');
  if (first) return modelFolder(first.id);
  throw new EngineError('input', 'public/weights has no translation model.', 'Name a folder by --model.');
}

/** The published models. */
export function readIndex(list: ModelList = 'models'): IndexEntry[] {
  return readJson(join(WEIGHTS, 'index.json'))[list] ?? [];
}

/** @throws EngineError 'network' if the file cannot be read. */
export function readBytes(path: string): ArrayBuffer {
  try {
    return Uint8Array.from(readFileSync(path)).buffer;
  } catch (cause) {
    throw new EngineError(
      'network',
      `${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`,
      'Check the path.',
      {
        cause,
      },
    );
  }
}

export function readJson(path: string) {
  return JSON.parse(new TextDecoder().decode(readBytes(path)));
}

/** Reads the files of a model folder on disk. */
export function readFolder(folder: string): ReadFile {
  return async (name, onBytes) => {
    const file = readBytes(join(folder, name));
    onBytes(file.byteLength);
    return file;
  };
}

/** A model's own sampler settings, as the page completes those of an older manifest. */
export function readSampling(folder: string): Sampling {
  return { sequencePenalty: SEQUENCE_PENALTY, ...readJson(join(folder, 'manifest.json')).sampling, seed: 1 };
}

/** A model without tokenizer and manifest, for a backend. */
export async function readModelData(folder: string): Promise<ModelData> {
  const config = parseConfig(readJson(join(folder, 'config.json')));
  const file = readBytes(join(folder, 'model.safetensors'));
  return { config, weights: readWeights(file, config), digest: await sha256(file) };
}

/** WebGPU in Node (Dawn), with its constants as globals. Undefined if the package does not run. */
export async function nodeGpu(): Promise<GPU | undefined> {
  chooseVulkanDriver();
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    return create([]);
  } catch {
    return undefined;
  }
}

const SWIFTSHADER = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
];
/** The folder in which Linux lists GPUs. Installed drivers are no evidence of a GPU, because Mesa installs unused ones. */
const GRAPHICS = ['/dev/dri', '/dev/nvidia0', '/dev/dxg'];

/** Points Vulkan at Chromium's software driver, unless the machine has a GPU. */
export function chooseVulkanDriver(): void {
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return;
  if (GRAPHICS.some((path) => existsSync(path))) return;
  const driver = SWIFTSHADER.find((path) => existsSync(path));
  if (driver) process.env.VK_ICD_FILENAMES = driver;
}
