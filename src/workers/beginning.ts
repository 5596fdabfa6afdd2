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

/** The last one that a file opened, because each request about a text has the file again. */
let last: { readonly key: string; readonly beginning: Beginning } | null = null;

/** Opens the beginning of a text. @throws EngineError 'input' if the file of a snapshot does not fit the model */
export async function openBeginning(model: Model, start: Uint8Array | undefined): Promise<Beginning> {
  if (!start) return { tokens: [model.config.bosTokenId], snapshot: null };
  const { decodeSnapshot, snapshotCheck, snapshotKey } = await snapshotFileCode();
  const key = `${model.digest} ${snapshotCheck(start)}`;
  if (last?.key !== key) {
    const snapshot = await decodeSnapshot(start, model.digest, model.config);
    const tokens = new Array(snapshot.length).fill(-1 - snapshotKey(start));
    last = { key, beginning: { snapshot, tokens } };
  }
  return last.beginning;
}
