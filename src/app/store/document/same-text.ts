import type { Encoded } from '../../../model/text/encoded';
import type { Run } from '../../../model/text/text';

/**
 * What is said of a text names the runs that it was said of, and holds as long as these stand there: a comparison and a
 * verification for the whole text, readings and the lens for its first tokens.
 */

/** Whether these are one text: the same words from the same sources. That typed runs are encoded changes nothing. */
export function isSameText(a: readonly Run[], b: readonly Run[]): boolean {
  return a === b || (a.length === b.length && a.every((run, n) => isSameRun(run, b[n])));
}

function isSameRun(a: Run, b: Run): boolean {
  if (a === b) return true;
  return a.source === 'typed' && b.source === 'typed' && a.text === b.text;
}

/** How many tokens two texts have in common at their beginning; a run may have grown meanwhile. */
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
