import { EngineError } from '../../model/errors';
import type { ModelRef } from './text-value';

const MODEL_ID = /^[\w-][\w.-]*$/;

/**
 * The folder of the model that the address names (`?model=ID`), else of the one with the wanted digest, else of the
 * first that this site offers.
 */
export async function findModel(wanted: ModelRef | null, signal: AbortSignal): Promise<string> {
  const id = new URLSearchParams(location.search).get('model') ?? (await chooseModel(wanted, signal));
  if (!MODEL_ID.test(id))
    throw new EngineError(
      'input',
      `"${id}" is not a model's name.`,
      'Take ?model= out of the address, and reload.',
    );
  return folder(id);
}

const folder = (id: string) => new URL(`weights/${id}/`, document.baseURI).href;

async function chooseModel(wanted: ModelRef | null, signal: AbortSignal): Promise<string> {
  const offered = await listModels(signal);
  if (!wanted || offered.length === 1) return offered[0];
  const digests = await Promise.all(offered.map((id) => digestOf(id, signal)));
  return offered[Math.max(0, digests.indexOf(wanted.digest))];
}

async function digestOf(id: string, signal: AbortSignal): Promise<string | null> {
  try {
    const response = await fetch(`${folder(id)}manifest.json`, { signal });
    return ((await response.json()) as { digest: string }).digest;
  } catch {
    return null; // not the one, as far as can be told
  }
}

/** Ids of the models that this site offers, the first being its own choice. */
async function listModels(signal: AbortSignal): Promise<string[]> {
  const url = new URL('weights/index.json', document.baseURI).href;
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const index = (await response.json()) as { models?: { id?: unknown }[] } | null;
    const ids = (index?.models ?? []).map(({ id }) => id).filter((id) => typeof id === 'string');
    if (!ids.length) throw new Error('it names no model');
    return ids;
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
