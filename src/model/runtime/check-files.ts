import { type Config, parseConfig } from '../core/config';
import { headerEnd, readHeader, type StoredTensor } from '../core/safetensors';
import { countParameters } from '../core/tensors';
import { assembleWeights, type Precisions, readWeights, type Weights } from '../core/weights';
import { checkSampling, DEFAULT_SAMPLER } from '../sampling/sampling';
import { checkTokenizer } from '../text/check-tokenizer';
import { EngineError, type ErrorCode } from './errors';
import { type Manifest, parseManifest, sha256 } from './folder';
import { type ModelFiles, readBytes } from './model-files';

/** A model folder from an unknown source, checked. */
export interface CheckedFiles {
  readonly manifest: Manifest;
  /** The files that a load reads, with the manifest. */
  readonly files: ModelFiles;
}

const LARGEST_JSON = {
  'config.json': 2 ** 16,
  'manifest.json': 2 ** 20,
  'tokenizer.json': 2 ** 26,
  'golden.json': 2 ** 25,
};
const FILES = ['config.json', 'tokenizer.json', 'model.safetensors'] as const;
const NO_BYTES = new Uint8Array();

/**
 * Checks the files of a model from an unknown source: every key, shape, type and size, before memory of that size is
 * allocated, and then every value. It holds the weights once. Without a manifest, the manifest states defaults.
 * @param name of the model, if there is no manifest
 * @throws EngineError with the file, the key or tensor, and the remedy
 */
export async function checkFiles(files: ModelFiles, name: string): Promise<CheckedFiles> {
  for (const required of FILES)
    if (!files[required])
      throw new EngineError(
        'input',
        `${required} is missing.`,
        `A model needs ${FILES.join(', ')}. Drop them together, as files, a folder or a zip.`,
      );
  const given = files['manifest.json'] ? parseManifest(await readJson(files, 'manifest.json')) : null;
  const config = parseConfig(await readJson(files, 'config.json'));
  const parameters = countParameters(config);
  if (given && given.parameters !== parameters)
    throw mismatch(
      'config',
      `manifest.json counts ${given.parameters} parameters, config.json ${parameters}`,
    );
  if (given) for (const file of FILES) checkSize(file, files[file], given);
  const precision = precisionsOf(await checkHeader(files['model.safetensors'], config));
  checkTokenizer(await readJson(files, 'tokenizer.json'), config);

  const listed: Record<string, Manifest['files'][string]> = {};
  for (const file of FILES) {
    const bytes = await readBytes(files, file);
    listed[file] = { bytes: bytes.byteLength, sha256: await digestOf(bytes) };
    if (given && given.files[file].sha256 !== listed[file].sha256)
      throw mismatch(codeOf(file), `${file} does not have the SHA-256 of manifest.json`);
    if (file === 'model.safetensors') readWeights(bytes, config);
  }
  const facts = { parameters, precision, files: listed, digest: listed['model.safetensors'].sha256 };
  const manifest = { ...describe(given, name), ...facts };
  return withManifest(manifest, Object.fromEntries(FILES.map((file) => [file, files[file]])));
}

/** The files of a model with this manifest. */
export function withManifest(manifest: Manifest, files: ModelFiles): CheckedFiles {
  return { manifest, files: { ...files, 'manifest.json': new Blob([JSON.stringify(manifest)]) } };
}

/** Checks the tensors of model.safetensors against config.json, from the header alone. The weights have no values. */
async function checkHeader(file: Blob, config: Config): Promise<Weights> {
  const part = (begin: number, end: number) =>
    readBytes({ 'model.safetensors': file.slice(begin, end) }, 'model.safetensors');
  const end = headerEnd(await part(0, Math.min(8, file.size)), file.size);
  const places = readHeader(await part(8, end), file.size);
  let last = end;
  for (const [name, { begin, end }] of [...places].toSorted(([, a], [, b]) => a.begin - b.begin)) {
    if (begin !== last)
      throw mismatch(
        'weights',
        `model.safetensors has ${name} at byte ${begin}, the tensor before ends at ${last}`,
      );
    last = end;
  }
  if (last !== file.size)
    throw mismatch('weights', `model.safetensors has ${file.size} bytes, its tensors end at ${last}`);
  const stored = ([name, { dtype, shape }]: [string, Pick<StoredTensor, 'dtype' | 'shape'>]) =>
    [name, { dtype, shape, bytes: NO_BYTES }] as const;
  return assembleWeights(new Map(Array.from(places, stored)), config);
}

function precisionsOf({ embedding, layers: [first] }: Weights): Precisions {
  return { embedding: embedding.precision, layers: first.qkv.precision };
}

const MODEL_ID = /^[\w-][\w.-]{0,99}$/;

/** The words and the sampler settings of a manifest, checked; without one, defaults. The perplexity is left out: its text is unknown. */
function describe(
  given: Manifest | null,
  name: string,
): Pick<Manifest, 'format' | 'id' | 'name' | 'description' | 'license' | 'sampling'> {
  if (!given)
    return {
      format: 1,
      id:
        name
          .replace(/[^\w.-]+/g, '-')
          .replace(/^[^\w-]+/, '')
          .slice(0, 100) || 'own-model',
      name: name.slice(0, 100),
      description: WITHOUT_MANIFEST,
      license: 'Not stated',
      sampling: DEFAULT_SAMPLER,
    };
  const { id, sampling } = given;
  if (!MODEL_ID.test(id))
    throw mismatch(
      'config',
      `manifest.json has the "id" ${JSON.stringify(id.slice(0, 100))}, expected at most 100 letters, digits, - and _`,
    );
  checkSampling({ ...sampling, seed: 0 });
  return {
    format: 1,
    id,
    name: given.name.slice(0, 100) || id,
    description: given.description.slice(0, 1000),
    license: given.license.slice(0, 200),
    sampling,
  };
}

const DEFAULTS = Object.entries(DEFAULT_SAMPLER).map(
  ([key, value]) => `${key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${value}`,
);
const WITHOUT_MANIFEST = `It has no manifest.json, so it has the name of its folder, and the sampler starts with defaults: ${DEFAULTS.join(', ')}.`;

function checkSize(name: (typeof FILES)[number], { size }: Blob, { files }: Manifest): void {
  const { bytes } = files[name];
  if (size !== bytes)
    throw mismatch(codeOf(name), `${name} has ${size} bytes, manifest.json asks for ${bytes}`);
}

/** @throws EngineError if the file is too large or not JSON */
export async function readJson(files: ModelFiles, name: keyof typeof LARGEST_JSON): Promise<unknown> {
  const { size } = files[name];
  const wrong = (what: string, cause?: unknown) =>
    new EngineError(codeOf(name), `${name} ${what}.`, 'Use the file that the trainer wrote.', { cause });
  if (size > LARGEST_JSON[name]) throw wrong(`has ${size} bytes, expected at most ${LARGEST_JSON[name]}`);
  const bytes = await readBytes(files, name);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw wrong(`is not JSON (${(cause as Error).message})`, cause);
  }
}

function codeOf(name: string): ErrorCode {
  return name === 'model.safetensors' ? 'weights' : name === 'tokenizer.json' ? 'tokenizer' : 'config';
}

function mismatch(code: ErrorCode, message: string): EngineError {
  return new EngineError(code, `${message}.`, 'Use the files of one model folder.');
}

async function digestOf(bytes: ArrayBuffer): Promise<string> {
  if (!globalThis.crypto?.subtle)
    throw new EngineError(
      'browser',
      'The browser computes no SHA-256 on this address, which names the model in texts and links.',
      'Open the page over HTTPS.',
    );
  return sha256(bytes);
}
