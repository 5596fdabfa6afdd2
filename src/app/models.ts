import { EngineError } from '../model/runtime/errors';
import type { IndexEntry } from '../model/runtime/model-index';
import { chosenModel } from './address';
import type { ModelRef } from './store/document/text-value';

const MODEL_ID = /^[\w-][\w.-]*$/;

/**
 * The address of the folder of the model in the page's address (`?model=ID`), else of the model with the wanted digest,
 * else of the first model in the list. It reads index.json only, never the manifests.
 */
export async function findModel(wanted: ModelRef | null, signal: AbortSignal): Promise<string> {
  const id = chosenModel() ?? (await bestModel(wanted, signal));
  if (!MODEL_ID.test(id))
    throw new EngineError(
      'input',
      `"${id}" is not a valid model name.`,
      'Remove ?model= from the address, then reload.',
    );
  return folder(id);
}

const folder = (id: string) => new URL(`weights/${id}/`, document.baseURI).href;

async function bestModel(wanted: ModelRef | null, signal: AbortSignal): Promise<string> {
  const models = await listModels(signal);
  return (models.find(({ digest }) => digest === wanted?.digest) ?? models[0]).id;
}

/** The models that this site offers; the first is the default. @throws EngineError 'network' */
export async function listModels(signal: AbortSignal): Promise<readonly IndexEntry[]> {
  const url = new URL('weights/index.json', document.baseURI).href;
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const index = (await response.json()) as { models?: IndexEntry[] } | null;
    const models = (index?.models ?? []).filter(({ id }) => typeof id === 'string');
    if (!models.length) throw new Error('it lists no model');
    return models;
  } catch (cause) {
    if (signal.aborted) throw EngineError.from(cause);
    throw new EngineError(
      'network',
      `The list of models could not be loaded: ${(cause as Error).message}.`,
      'Check the connection, then try again.',
      { cause },
    );
  }
}
