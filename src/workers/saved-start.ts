import type { Model } from '../model/runtime/folder';
import type { Snapshot } from '../model/runtime/snapshot';
import { decodeSnapshot, snapshotCheck, snapshotKey } from '../model/runtime/snapshot-file';

export { encodeSnapshot } from '../model/runtime/snapshot-file';

/** The beginning of a text, before its first run. */
export interface Beginning {
  /** `<|endoftext|>`, or a stand-in for each token that the snapshot has read: one negative number, the same for all. */
  readonly tokens: readonly number[];
  /** The state after these tokens; null at `<|endoftext|>`. */
  readonly snapshot: Snapshot | null;
}

/** The last one that a file opened, because each request about a text has the file again. */
let last: { readonly key: string; readonly beginning: Beginning } | null = null;

/** Opens the file of a snapshot, which a text continues from. @throws EngineError 'input' if it does not fit the model */
export async function openSaved({ digest, config }: Model, file: Uint8Array): Promise<Beginning> {
  const key = `${digest} ${snapshotCheck(file)}`;
  if (last?.key !== key) {
    const snapshot = await decodeSnapshot(file, digest, config);
    const tokens = new Array(snapshot.length).fill(-1 - snapshotKey(file));
    last = { key, beginning: { snapshot, tokens } };
  }
  return last.beginning;
}
