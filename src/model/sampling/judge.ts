import { gumbel, gumbelBound } from './random';
import { cutoff, type Sampling, scores } from './sampling';
import type { Seen } from './seen';

/** Largest allowed gap between a token's score with noise and the best one, because backends differ in the last digits. */
export const MARGIN = 1e-3;

/**
 * How a token compares with the sampler's draw:
 *   exact      equal
 *   margin     its score with noise is within MARGIN of the best
 *   cutoff     like margin, if the cutoff of top-k, top-p or min-p, which is within MARGIN of a score, is moved
 *   different  none of these
 */
export type Verdict = 'exact' | 'margin' | 'cutoff' | 'different';

export interface Judgement {
  readonly verdict: Verdict;
  /** The id that the sampler draws. */
  readonly drawn: number;
}

/**
 * Judges the token `id` as a draw from these logits.
 * @param draw number of tokens before it, including the initial `<|endoftext|>`
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
  /** The best of the tokens that a cutoff keeps; null if it keeps none. */
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
