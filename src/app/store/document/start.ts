import type { SnapshotDescription } from '../../../model/runtime/snapshot-file';

/**
 * The saved state that a text continues from instead of from nothing. The page knows how many tokens the state has read,
 * but not which.
 */
export interface Start extends SnapshotDescription {
  /** The name of its file. */
  readonly name: string;
  /** The file (model/runtime/snapshot-file.ts); null: this browser does not have it. */
  readonly file: Uint8Array<ArrayBuffer> | null;
}
