import { EngineError } from '../model/runtime/errors';
import type { Model } from '../model/runtime/folder';
import type { Snapshot } from '../model/runtime/snapshot';
import { decodeSnapshot, snapshotKey } from '../model/runtime/snapshot-file';
import { type Encoded, joinEncoded } from '../model/text/encoded';
import type { RequestRun } from './request-run';

/** The beginning of a text, before its first run. */
export interface Beginning {
  /** `<|endoftext|>`, or a stand-in for each token that the snapshot has read: one negative number, the same for all. */
  readonly tokens: readonly number[];
  /** The state after these tokens; null at `<|endoftext|>`. */
  readonly snapshot: Snapshot | null;
}

/** Opens the beginning of a text. @throws EngineError 'input' if the file of a snapshot does not fit the model */
export async function openBeginning(model: Model, runs: readonly RequestRun[]): Promise<Beginning> {
  const [first] = runs;
  if (!first || !('snapshot' in first)) return { tokens: [model.config.bosTokenId], snapshot: null };
  const snapshot = await decodeSnapshot(first.snapshot, model.digest, model.config);
  return { snapshot, tokens: new Array(snapshot.length).fill(-1 - snapshotKey(first.snapshot)) };
}

/**
 * Encodes a whole text, with its beginning. Encodes in pieces so that the signal can abort, and then returns null. Reports
 * the encoding of each typed run.
 * @throws EngineError 'input' for a snapshot after the first run
 */
export async function encodeRuns(
  { tokenizer }: Model,
  beginning: Beginning,
  runs: readonly RequestRun[],
  signal: AbortSignal,
  onEncoded: (run: number, tokens: Encoded) => void | Promise<void>,
): Promise<number[] | null> {
  const tokens = [...beginning.tokens];
  for (const [run, part] of runs.entries()) {
    if ('snapshot' in part) {
      if (run === 0) continue;
      throw new EngineError('input', 'A snapshot follows other text.', 'Begin the text with the snapshot.');
    }
    if ('ids' in part) {
      for (const id of part.ids) tokens.push(id);
      continue;
    }
    const pieces: Encoded[] = [];
    for (const piece of tokenizer.encodePieces(part.text)) {
      if (signal.aborted) return null;
      pieces.push(piece);
      for (const id of piece.ids) tokens.push(id);
      if (piece.ids.length > 1000) await new Promise((resolve) => setTimeout(resolve));
    }
    await onEncoded(run, joinEncoded(pieces));
  }
  return tokens;
}
