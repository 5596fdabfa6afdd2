import type { Model } from '../model/runtime/folder';
import { lateCode } from './late-code';
import type { Beginning } from './saved-start';

export type { Beginning } from './saved-start';

export const savedStateCode = lateCode('The code of saved states', () => import('./saved-start'));

/** Opens the beginning of a text. @throws EngineError 'input' if the file of a snapshot does not fit the model */
export async function openBeginning(model: Model, start: Uint8Array | undefined): Promise<Beginning> {
  if (!start) return { tokens: [model.config.bosTokenId], snapshot: null };
  return (await savedStateCode()).openSaved(model, start);
}
