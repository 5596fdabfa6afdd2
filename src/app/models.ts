import { EngineError } from '../model/runtime/errors';
import type { IndexEntry } from '../model/runtime/model-index';
import type { ModelSource } from '../workers/model-source';
import { chosenModel } from './address';
import type { ModelRef } from './store/document/text-value';

const MODEL_ID = /^[\w-][\w.-]*$/;

/** The model that opens (modelFor). @throws EngineError */
export async function findModel(wanted: ModelRef | null, signal?: AbortSignal): Promise<ModelSource> {
  return sourceOf(await modelFor(wanted, signal));
}

/** The files of a model by its id. @throws EngineError */
export async function sourceOf(id: string): Promise<ModelSource> {
  return { url: new URL(`weights/${id}/`, document.baseURI).href };
}

/**
 * The id of the model that opens: the model in the page's address (`?model=ID`), else the model that wrote the user's text,
 * else the default, which is a smaller one in browsers that save data. It reads index.json only, never the manifests.
 * @throws EngineError
 */
export async function modelFor(wanted: ModelRef | null, signal?: AbortSignal): Promise<string> {
  const id = chosenModel() ?? choose(await listModels(signal), wanted).id;
  if (!MODEL_ID.test(id))
    throw new EngineError(
      'input',
      `"${id}" is not a valid model name.`,
      'Remove ?model= from the address, then reload.',
    );
  return id;
}

function choose(models: readonly IndexEntry[], wanted: ModelRef | null): IndexEntry {
  return (
    models.find(({ digest }) => digest === wanted?.digest) ??
    models.find(({ saveData }) => saveData && savesData()) ??
    models[0]
  );
}

/** Chromium only: the user has asked the browser to save data. */
function savesData(): boolean {
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
}

/** The models that this site offers; the first is the default. @throws EngineError 'network' */
export async function listModels(signal?: AbortSignal): Promise<readonly IndexEntry[]> {
  const url = new URL('weights/index.json', document.baseURI).href;
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const index = (await response.json()) as { models?: IndexEntry[] } | null;
    const models = (index?.models ?? []).filter(({ id }) => typeof id === 'string');
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
