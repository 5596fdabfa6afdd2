import { EngineError } from '../model/runtime/errors';
import type { IndexEntry, ModelList } from '../model/runtime/model-index';
import { chosenModel } from './address';
import type { ModelRef } from './store/document/text-value';

const MODEL_ID = /^[\w-][\w.-]*$/;

/** The address of the folder of the model that opens (modelFor). @throws EngineError */
export async function findModel(wanted: ModelRef | null, signal?: AbortSignal): Promise<string> {
  return new URL(`weights/${await modelFor(wanted, signal)}/`, document.baseURI).href;
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
