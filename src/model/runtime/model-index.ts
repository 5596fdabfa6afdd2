import type { Precisions } from '../core/weights';
import type { ReadFile } from './read-file';

/** The beginning of a model's golden text. A backend has to reproduce its log-probabilities. */
export interface Proof {
  readonly tokens: readonly number[];
  /** Natural log, of tokens[1..] given the tokens before. */
  readonly logProbabilities: readonly number[];
}

/**
 * A model in index.json, the file beside the model folders: the facts that the page shows before it loads a manifest.
 * `python -m leapformer index` writes them.
 */
export interface IndexEntry {
  /** The name of the model's folder. */
  readonly id: string;
  readonly name: string;
  /** What distinguishes it from the other models, in half a sentence. */
  readonly summary: string;
  /** True for the model that opens in browsers that save data. */
  readonly saveData?: boolean;
  /** True for a model that a later one replaces. The card lists it under "Older". */
  readonly older?: boolean;
  readonly parameters: number;
  readonly precision: Precisions;
  /** SHA-256 of model.safetensors, in hex. */
  readonly digest: string;
  /** SHA-256 of tokenizer.json, in hex. */
  readonly tokenizer: string;
  /** Total size of the files that a load reads. */
  readonly bytes: number;
  readonly proof: Proof;
}

/** The lists of index.json: models that write texts, and models that translate. */
export const MODEL_LISTS = ['models', 'translators'] as const;
export type ModelList = (typeof MODEL_LISTS)[number];

/** All entries of index.json beside a model folder. Empty if there is none. */
export async function readIndex(
  readFile: ReadFile,
  signal?: AbortSignal,
): Promise<readonly Partial<IndexEntry>[]> {
  try {
    const file = await readFile('../index.json', () => {}, signal);
    const index = JSON.parse(new TextDecoder().decode(file));
    return MODEL_LISTS.flatMap((list) => (Array.isArray(index[list]) ? index[list] : []));
  } catch {
    return [];
  }
}

/**
 * Path, from a model folder, of the first tokenizer.json in the index with this SHA-256; null if there is none. Models that
 * share a tokenizer get the same address, so the browser fetches it once.
 */
export function sharedTokenizer(index: readonly Partial<IndexEntry>[], sha256: string): string | null {
  const first = index.find(({ tokenizer }) => tokenizer === sha256);
  return first?.id ? `../${first.id}/tokenizer.json` : null;
}
