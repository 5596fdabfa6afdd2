import type { Sampling } from '../../../model/sampling/sampling';
import { merge, type Run, readAsTyped } from '../../../model/text/text';
import type { GenerateResult, Writer } from '../../../workers/messages';
import type { TextValue } from '../document/text-value';

export interface Continuation {
  readonly sampling: Sampling;
  /** Of the loaded taught model, from 0 (its base) to 1.5; missing if all have the loaded model. */
  readonly strength?: number;
  /** The model of the generated text, if it was chosen by its strength. */
  readonly writer?: Writer | undefined;
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

/** Whether all continuations have a strength. */
export const isByStrength = (continuations: readonly Continuation[]) =>
  continuations.some(({ strength }) => strength !== undefined);

/** The text with a continuation. If another model generated it, it is typed text for the model of the text. */
export function continuedBy(
  { runs: base, model }: TextValue,
  { runs, writer }: Continuation,
): readonly Run[] {
  const isForeign = writer && writer.digest !== model?.digest;
  return isForeign ? merge([...base, ...readAsTyped(runs, writer.id)]) : [...base, ...runs];
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
