import { gumbel, gumbelBound } from './random';
import { cutoff, type Sampling, scores } from './sampling';
import type { Seen } from './seen';

/** Backends differ in the last digits: how far a token's perturbed score may be below the best. */
export const MARGIN = 1e-3;

/**
 * Whether a token is what the sampler would have drawn:
 *   exact      it is
 *   margin     its score with its noise is within MARGIN of the best
 *   cutoff     the same, if the cut-off of top-k, top-p or min-p, which runs within MARGIN of a score, falls otherwise
 *   different  neither
 */
export type Verdict = 'exact' | 'margin' | 'cutoff' | 'different';

export interface Judgement {
  readonly verdict: Verdict;
  /** What is drawn here. */
  readonly drawn: number;
}

/**
 * Judges the token `id` as a draw from these logits.
 * @param draw number of tokens that were read before it, the opening one included
 */
export function judge(
  logits: ArrayLike<number>,
  sampling: Sampling,
  draw: number,
  seen: Seen,
  id: number,
): Judgement {
  const score = scores(logits, sampling, seen);
  const isGreedy = sampling.temperature === 0;
  const perturbed = (token: number) =>
    isGreedy ? score[token] : score[token] + gumbel(sampling.seed, draw, token);
  /** The best of the tokens that a cut-off keeps; null where it keeps none. */
  const best = (lowest: number): number | null => {
    let found: number | null = null;
    let highest = Number.NEGATIVE_INFINITY;
    for (let token = 0; token < score.length; token++) {
      if (score[token] < lowest) continue;
      if (!isGreedy && score[token] + gumbelBound(sampling.seed, draw, token) < highest) continue;
      const value = perturbed(token);
      if (found !== null && value <= highest) continue;
      found = token;
      highest = value;
    }
    return found;
  };
  const lowest = cutoff(score, sampling);
  const drawn = best(lowest)!;
  const reaches = (other: number | null) => other === null || perturbed(id) >= perturbed(other) - MARGIN;
  if (drawn === id) return { verdict: 'exact', drawn };
  if ((isGreedy || score[id] >= lowest) && reaches(drawn)) return { verdict: 'margin', drawn };
  const mayBeKept = !isGreedy && score[id] >= cutoff(score, sampling, MARGIN);
  if (mayBeKept && reaches(best(cutoff(score, sampling, -MARGIN)))) return { verdict: 'cutoff', drawn };
  return { verdict: 'different', drawn };
}
