import type { Model } from '../model/runtime/folder';
import type { Snapshot } from '../model/runtime/snapshot';
import { lateCode } from './late-code';

export const snapshotFileCode = lateCode(
  'The code of saved states',
  () => import('../model/runtime/snapshot-file'),
);

/** The beginning of a text, before its first run. */
export interface Beginning {
  /** `<|endoftext|>`, or a stand-in for each token that the snapshot has read: one negative number, the same for all. */
  readonly tokens: readonly number[];
  /** The state after these tokens; null at `<|endoftext|>`. */
  readonly snapshot: Snapshot | null;
}

/** Opens the beginning of a text. @throws EngineError 'input' if the file of a snapshot does not fit the model */
export async function openBeginning(model: Model, start: Uint8Array | undefined): Promise<Beginning> {
  if (!start) return { tokens: [model.config.bosTokenId], snapshot: null };
  const { decodeSnapshot, snapshotKey } = await snapshotFileCode();
  const snapshot = await decodeSnapshot(start, model.digest, model.config);
  return { snapshot, tokens: new Array(snapshot.length).fill(-1 - snapshotKey(start)) };
}
