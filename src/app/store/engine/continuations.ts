import type { Sampling } from '../../../model/sampling/sampling';
import type { Run } from '../../../model/text/text';
import type { GenerateResult } from '../../../workers/messages';
import type { TextValue } from '../document/text-value';

export interface Continuation {
  readonly sampling: Sampling;
  /** The generated text. */
  readonly runs: readonly Run[];
  readonly reason: GenerateResult['reason'] | null;
}

/** The settings of the draws that the current ones no longer equal; null if the text has the current settings. */
export function earlierSettings({ sampling, runs }: Continuation): Partial<Sampling> | null {
  const [first] = runs;
  if (first?.source !== 'sampled' || !first.sampling) return null;
  const now = new Map(Object.entries(sampling));
  const changed = Object.entries(first.sampling).filter(([key, value]) => now.get(key) !== value);
  return changed.length ? Object.fromEntries(changed) : null;
}

export interface ComparisonState {
  readonly continuations: readonly Continuation[];
  /** The text that they continue; null before the first press. */
  readonly base: TextValue | null;
  readonly isRunning: boolean;
  /** Mean over the tokens of all continuations. */
  readonly msPerToken: number | null;
}

export const NO_COMPARISON: ComparisonState = {
  continuations: [],
  base: null,
  isRunning: false,
  msPerToken: null,
};
