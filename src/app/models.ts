import { EngineError } from '../model/runtime/errors';
import type { IndexEntry, ModelList } from '../model/runtime/model-index';
import type { ModelSource } from '../workers/model-source';
import { chosenModel } from './address';
import { preloaded } from './components/late';
import type { ModelRef } from './store/document/text-value';

/** The user's own models, which the page starts without. */
const loadOwn = preloaded(() => import('./own-models'));

/** Whether a name is the digest of one of the user's own models. */
export const isDigest = (name: string) => /^[0-9a-f]{64}$/.test(name);

const MODEL_ID = /^[\w-][\w.-]*$/;

/** The model that opens (modelFor). @throws EngineError */
export async function findModel(wanted: ModelRef | null, signal?: AbortSignal): Promise<ModelSource> {
  return sourceOf(await modelFor(wanted, signal));
}

/**
 * The files of a model by its name in the address: the id of a published model, or the digest of one of the user's own.
 * @throws EngineError
 */
export async function sourceOf(name: string): Promise<ModelSource> {
  if (!isDigest(name)) return { url: new URL(`weights/${name}/`, document.baseURI).href };
  try {
    return await (await loadOwn()).ownSource(name, sourceOfDigest);
  } catch (missing) {
    const published = await publishedId(name).catch(() => null); // it was dropped, and the browser does not keep it
    if (!published) throw missing;
    return sourceOf(published);
  }
}

/** The files of a model, published or the user's own, by its digest. @throws EngineError */
export async function sourceOfDigest(digest: string): Promise<ModelSource> {
  return sourceOf((await publishedId(digest)) ?? digest);
}

const publishedId = async (digest: string) =>
  (await listModels()).find((model) => model.digest === digest)?.id ?? null;

/**
 * The name of the model that opens: the model in the page's address (`?model=NAME`), else the model that wrote the user's
 * text, else the default, which is a smaller one in browsers that save data. A published model has its id as name, and one
 * of the user's own its digest. It reads index.json only, never the manifests.
 * @throws EngineError
 */
export async function modelFor(wanted: ModelRef | null, signal?: AbortSignal): Promise<string> {
  const id = chosenModel() ?? (await choose(await listModels(signal), wanted));
  if (!MODEL_ID.test(id))
    throw new EngineError(
      'input',
      `"${id}" is not a valid model name.`,
      'Remove ?model= from the address, then reload.',
    );
  return id;
}

async function choose(models: readonly IndexEntry[], wanted: ModelRef | null): Promise<string> {
  const published = models.find(({ digest }) => digest === wanted?.digest);
  if (wanted && !published && (await hasOwn(wanted.digest))) return wanted.digest;
  return (published ?? models.find(({ saveData }) => saveData && savesData()) ?? models[0]).id;
}

/** Whether a model is published here or one of the user's own; true if that is not known. */
export async function isHere(digest: string): Promise<boolean> {
  const models = await listModels().catch(() => null);
  return !models || models.some((model) => model.digest === digest) || hasOwn(digest);
}

async function hasOwn(digest: string): Promise<boolean> {
  const own = loadOwn().then(({ ownSource }) => ownSource(digest, sourceOfDigest));
  return own.then(
    () => true,
    () => false,
  );
}

/** Chromium only: the user has asked the browser to save data. */
function savesData(): boolean {
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
}

/** The models of a list that this site offers; the first is the default. @throws EngineError 'network' */
export async function listModels(
  signal?: AbortSignal,
  list: ModelList = 'models',
): Promise<readonly IndexEntry[]> {
  const url = new URL('weights/index.json', document.baseURI).href;
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const index = (await response.json()) as Partial<Record<ModelList, IndexEntry[]>> | null;
    const models = (index?.[list] ?? []).filter(({ id }) => typeof id === 'string');
    if (!models.length) throw new Error('it lists no model');
    return models;
  } catch (cause) {
    if (signal?.aborted) throw EngineError.from(cause);
    throw new EngineError(
      'network',
      `The list of models could not be loaded: ${(cause as Error).message}.`,
      'Check the connection, then try again.',
      { cause },
    );
  }
}
