import { wrap } from 'comlink';
import { EngineError } from '../model/runtime/errors';
import type { PathFile } from './dropped-model';
import type { OwnFiles, OwnModelsService } from './own-models.worker';

export type { OwnFiles } from './own-models.worker';

const LONGEST = 120_000; // ms; the tokenizer of a hostile folder can take forever

/**
 * Finds a model among dropped files, checks it and keeps it in the browser, in a worker of its own.
 * @throws EngineError with the file, the key or tensor, and the remedy
 */
export async function takeModel(dropped: readonly PathFile[]): Promise<OwnFiles> {
  const worker = new Worker(new URL('./own-models.worker.ts', import.meta.url), {
    type: 'module',
    name: 'own models',
  });
  const failed = new Promise<never>((_, reject) => {
    worker.addEventListener('error', ({ message }) => reject(EngineError.from(new Error(message))));
    setTimeout(() => reject(tooLong()), LONGEST);
  });
  try {
    const outcome = await Promise.race([wrap<OwnModelsService>(worker).take(dropped), failed]);
    if ('error' in outcome) throw EngineError.fromData(outcome.error);
    return outcome.value;
  } finally {
    worker.terminate();
  }
}

function tooLong(): EngineError {
  return new EngineError(
    'input',
    `The check of the model did not end within ${LONGEST / 1000} seconds.`,
    'Drop a model that the trainer wrote.',
  );
}
