import type { Model } from '../model/runtime/folder';
import { type Encoded, joinEncoded } from '../model/text/encoded';
import type { Beginning } from './beginning';
import type { RequestRun } from './request-run';

/**
 * Encodes a whole text, with its beginning. Encodes in pieces so that the signal can abort, and then returns null. Reports
 * the encoding of each typed run.
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
