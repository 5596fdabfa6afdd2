import type { Encoded } from '../../../model/text/encoded';
import type { Run } from '../../../model/text/text';

/**
 * A statement about a text names the runs that it applies to, and is valid while these are unchanged: comparison and
 * verification need the whole text, scores and the lens its first tokens.
 */

/** Whether two texts have the same words from the same sources. Whether typed runs are encoded does not matter. */
export function isSameText(a: readonly Run[], b: readonly Run[]): boolean {
  return a === b || (a.length === b.length && a.every((run, n) => isSameRun(run, b[n])));
}

function isSameRun(a: Run, b: Run): boolean {
  if (a === b) return true;
  return a.source === 'typed' && b.source === 'typed' && a.text === b.text;
}

/** Number of tokens in the common beginning of two texts; a run may have grown since. */
export function commonTokens(before: readonly (Encoded | null)[], runs: readonly Run[]): number {
  let count = 0;
  for (const [n, { tokens }] of runs.entries()) {
    const then = before[n];
    if (!tokens || !then) break;
    if (tokens === then) {
      count += tokens.ids.length;
      continue;
    }
    let same = 0;
    while (same < then.ids.length && then.ids[same] === tokens.ids[same]) same++;
    count += same;
    if (same < then.ids.length || same < tokens.ids.length) break;
  }
  return count;
}
