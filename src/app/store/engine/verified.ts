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

/** The model picks every token that was checked. */
export function isConfirmed({ counts, isFaithful, stopped }: Verified): boolean {
  return !stopped && isFaithful && counts.different === 0 && countChecked(counts) > 0;
}

function countChecked({ exact, margin, cutoff, different }: Verified['counts']): number {
  return exact + margin + cutoff + different;
}

/** The result in a sentence. */
export function conclusion({ counts, isFaithful, stopped, unknown }: Verified): string {
  const { different } = counts;
  const checked = countChecked(counts);
  if (stopped) return `Stopped after ${tokens(checked)}.`;
  if (!isFaithful) return 'The text no longer matches its tokens: it was altered.';
  if (checked === 0) return 'There are no tokens to verify.';
  if (different > 0)
    return `${count(different)} of ${tokens(checked)} ${different === 1 ? 'differs' : 'differ'} from what this model picks.`;
  const kind = unknown ? 'checked' : 'generated';
  return checked === 1
    ? `Verified: the one ${kind} token.`
    : `Verified: all ${count(checked)} ${kind} tokens.`;
}

/** Further remarks, in sentences. */
export function remarks({ counts: { margin, cutoff }, unknown }: Verified): string[] {
  const said: string[] = [];
  if (margin)
    said.push(`${tokens(margin)} scored within 0.001 of the best, where devices round differently.`);
  if (cutoff) said.push(`${tokens(cutoff)} tied at the sampler’s cutoff.`);
  if (unknown) said.push(`${tokens(unknown)} not checked, because the settings are unknown.`);
  return said;
}

function tokens(n: number): string {
  return n === 1 ? '1 token' : `${count(n)} tokens`;
}
