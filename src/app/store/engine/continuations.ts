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
