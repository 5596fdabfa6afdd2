import type { Run } from '../../../model/text/text';
import type { Verification } from '../../../workers/messages';
import { count } from '../../format';

/** The result of verifying a text. */
export interface Verified extends Verification {
  /** The verified text: the result applies to no other. */
  readonly runs: readonly Run[];
  /** Number of sampled tokens whose settings are unknown. */
  readonly unknown: number;
}

export function withRuns(runs: readonly Run[], verification: Verification): Verified {
  const unknown = runs.reduce(
    (sum, run) => sum + (run.source === 'sampled' && !run.sampling ? run.tokens.ids.length : 0),
    0,
  );
  return { ...verification, runs, unknown };
}

/** The result in a sentence. */
export function conclusion({ counts, isFaithful, stopped }: Verified): string {
  const { exact, margin, cutoff, different } = counts;
  const checked = exact + margin + cutoff + different;
  if (stopped) return `Stopped after ${tokens(checked)}.`;
  if (!isFaithful) return 'The words do not match the tokens: this text was changed after it was generated.';
  if (checked === 0) return 'There is no token to check.';
  if (different > 0)
    return `${count(different)} of ${tokens(checked)} ${different === 1 ? 'is' : 'are'} not what this model draws.`;
  return checked === 1 ? 'The 1 token was reproduced.' : `All ${tokens(checked)} reproduced.`;
}

/** Further remarks, in sentences. */
export function remarks({ counts: { margin, cutoff }, unknown }: Verified): string[] {
  const said: string[] = [];
  if (margin) said.push(`${tokens(margin)} within 0.001 of the best score, where devices round differently.`);
  if (cutoff) said.push(`${tokens(cutoff)} at a tie of the sampler’s cut-off.`);
  if (unknown) said.push(`${tokens(unknown)} not checked: what they were drawn with is not known.`);
  return said;
}

function tokens(n: number): string {
  return n === 1 ? '1 token' : `${count(n)} tokens`;
}
