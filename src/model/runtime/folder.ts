import { parseConfig } from '../core/config';
import { countParameters } from '../core/tensors';
import { type Precisions, readWeights } from '../core/weights';
import { SEQUENCE_PENALTY } from '../sampling/sampling';
import type { Direction } from '../text/simultaneous';
import { Tokenizer } from '../text/tokenizer';
import type { ModelData } from './backend';
import { cancelled, EngineError } from './errors';
import { type Proof, readIndex, sharedTokenizer } from './model-index';
import type { ReadFile } from './read-file';

/** manifest.json of a published model folder: its files, with sizes and hashes. */
export interface Manifest {
  readonly format: 1;
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly parameters: number;
  readonly precision: Precisions;
  readonly license: string;
  /** SHA-256 of model.safetensors, in hex. */
  readonly digest: string;
  /** Default sampler settings, measured by the trainer. */
  readonly sampling: {
    readonly temperature: number;
    readonly topK: number;
    readonly topP: number;
    readonly minP: number;
    readonly repetitionPenalty: number;
    /** SEQUENCE_PENALTY if manifest.json has none. */
    readonly sequencePenalty: number;
  };
  /** Measured by the trainer; models from elsewhere may have none. */
  readonly evaluation?: {
    readonly validation?: { readonly word_perplexity_with_line_ends?: number };
    /** The test sets of a translation model. */
    readonly sets?: Readonly<Record<string, { readonly rows: readonly TranslationScore[] }>>;
  };
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
  /** Only of one of the user's own models; index.json has those of the published ones. */
  readonly proof?: Proof;
  /** Only of a model that was merged from a base and an adapter. `digest` is then that of the result. */
  readonly taught?: TaughtFrom;
}

/** The translation of a test set at one k. */
export interface TranslationScore {
  readonly direction: Direction;
  readonly k: number | 'offline';
  /** Sentences of the test set. */
  readonly sources: number;
  /** From 0 to 100. */
  readonly bleu: number;
  /** In source words. */
  readonly average_lagging: number;
}

/** What a taught model was merged from, with SHA-256 in hex. */
export interface TaughtFrom {
  readonly base: { readonly id: string; readonly digest: string };
  /** Without its strength. */
  readonly adapter: string;
}

/** A model, ready for a backend. */
export interface Model extends ModelData {
  readonly manifest: Manifest;
  readonly tokenizer: Tokenizer;
}

export interface LoadOptions {
  readonly signal?: AbortSignal;
  /** Called about a hundred times. */
  onProgress?(bytes: number, total: number): void;
}

const FILES = ['config.json', 'tokenizer.json', 'model.safetensors'] as const;
type FileName = (typeof FILES)[number];

/**
 * Loads a model folder and checks every file against the manifest.
 * @throws EngineError 'network' | 'config' | 'tokenizer' | 'weights' | 'cancelled'
 */
export async function loadModel(readFile: ReadFile, options: LoadOptions = {}): Promise<Model> {
  const { signal, onProgress } = options;
  const index = readIndex(readFile, signal);
  const manifest = parseManifest(
    parseJson(await readFile('manifest.json', () => {}, signal), 'manifest.json'),
  );
  const total = FILES.reduce((sum, name) => sum + manifest.files[name].bytes, 0);
  let [loaded, told] = [0, 0];
  const onBytes = (count: number) => {
    loaded = Math.min(loaded + count, total);
    if (loaded < total && Math.abs(loaded - told) < total / 100) return;
    told = loaded;
    onProgress?.(loaded, total);
  };
  const read = async (name: FileName, path: string = name) => {
    let right: ArrayBuffer | undefined;
    const check = async (file: ArrayBuffer) => {
      if (file !== right) await verify(name, file, manifest);
      right = file;
    };
    const file = await readFile(path, onBytes, signal, { ...manifest.files[name], check });
    await check(file);
    return file;
  };
  const readTokenizer = async () => {
    const shared = sharedTokenizer(await index, manifest.files['tokenizer.json'].sha256);
    const file = shared ? await read('tokenizer.json', shared).catch(() => null) : null;
    return file ?? read('tokenizer.json');
  };
  const [configFile, tokenizerFile, weightsFile] = await Promise.all([
    read('config.json'),
    readTokenizer(),
    read('model.safetensors'),
  ]);
  if (signal?.aborted) throw cancelled();

  const config = parseConfig(parseJson(configFile, 'config.json'));
  if (manifest.parameters !== countParameters(config))
    throw new EngineError(
      'config',
      `manifest.json counts ${manifest.parameters} parameters, config.json ${countParameters(config)}.`,
      'Use the files of one model folder.',
    );
  return {
    manifest,
    config,
    tokenizer: new Tokenizer(parseJson(tokenizerFile, 'tokenizer.json'), config),
    weights: readWeights(weightsFile, config),
    digest: manifest.digest,
    proof: (await index).find(({ digest }) => digest === manifest.digest)?.proof ?? manifest.proof ?? null,
  };
}

function parseJson(file: ArrayBuffer, name: 'manifest.json' | 'config.json' | 'tokenizer.json'): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file));
  } catch (cause) {
    throw new EngineError(
      name === 'tokenizer.json' ? 'tokenizer' : 'config',
      `${name} is not JSON (${(cause as Error).message}).`,
      'Check the address of the model folder. Servers often answer with a web page if a file is missing.',
      { cause },
    );
  }
}

/** @throws EngineError 'config' with the missing or invalid key. */
export function parseManifest(value: unknown): Manifest {
  const wrong = (what: string): never => {
    throw new EngineError('config', `manifest.json: ${what}.`, 'Use a model folder written by the trainer.');
  };
  if (typeof value !== 'object' || value === null) wrong('not a JSON object');
  const json = value as Record<string, unknown>;
  if (json.format !== 1) wrong(`"format" is ${JSON.stringify(json.format)}; this version reads format 1`);
  for (const key of ['id', 'name', 'description', 'license', 'digest'])
    if (typeof json[key] !== 'string') wrong(`"${key}" is not text`);
  const sampling = { sequencePenalty: SEQUENCE_PENALTY, ...(json.sampling as Partial<Manifest['sampling']>) };
  for (const key of ['temperature', 'topK', 'topP', 'minP', 'repetitionPenalty', 'sequencePenalty'] as const)
    if (!Number.isFinite(sampling[key])) wrong(`"sampling.${key}" is not a number`);
  for (const name of FILES) {
    const file = (json.files as Manifest['files'] | undefined)?.[name];
    if (!Number.isSafeInteger(file?.bytes) || typeof file?.sha256 !== 'string')
      wrong(`"files" lacks the size or the hash of ${name}`);
  }
  const manifest = { ...json, sampling } as unknown as Manifest;
  if (manifest.files['model.safetensors'].sha256 !== manifest.digest)
    wrong('"digest" is not the hash of model.safetensors');
  return manifest;
}

async function verify(name: FileName, file: ArrayBuffer, manifest: Manifest): Promise<void> {
  const code = name === 'config.json' ? 'config' : name === 'tokenizer.json' ? 'tokenizer' : 'weights';
  const expected = manifest.files[name];
  const damaged = (what: string) =>
    new EngineError(code, `${name} ${what}.`, 'Load again. If the error repeats, the file is damaged.');
  if (file.byteLength !== expected.bytes)
    throw damaged(
      `has ${file.byteLength} bytes instead of ${expected.bytes}, so it is truncated or another file`,
    );
  // Insecure origins have no crypto.subtle, so only the size is checked there.
  if (globalThis.crypto?.subtle && (await sha256(file)) !== expected.sha256)
    throw damaged('does not match its SHA-256 in manifest.json');
}

export async function sha256(data: ArrayBuffer): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', data);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
