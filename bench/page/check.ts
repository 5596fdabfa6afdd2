import { relativeError } from '../../tests/golden';
import type { Contender, Form } from './contender';
import type { Check } from './measurements';

/** The expected outputs: from golden.json, or for int8 and int4 from the reference backend over the same weights. */
export interface Expected {
  readonly tokens: readonly number[];
  readonly finalLogits: ArrayLike<number>;
  readonly greedy: readonly number[];
}

/** Tokens at the end of the text that are read one by one, and tokens to decode. */
export const STEPS = 4;

/** Integer activations add their own error. */
const TOLERANCE: Record<Form | 'int4', number> = {
  float32: 1e-4,
  int4: 1e-4,
  int8: 1e-4,
  'int8, int16 activations': 1e-3,
  'int8, int8 activations': 0.25,
};

/** Reads most of the text at once and its end token by token, then decodes. Runs before any timing. */
export async function check(
  contender: Contender,
  form: keyof typeof TOLERANCE,
  expected: Expected,
): Promise<Check> {
  const { tokens, finalLogits, greedy } = expected;
  await contender.reset();
  await contender.read(tokens.slice(0, -STEPS));
  for (const token of tokens.slice(-STEPS)) await contender.read([token]);
  const logits = await contender.logits();
  await contender.mark();
  const written = await contender.decode(STEPS);
  return {
    error: relativeError(logits, finalLogits),
    tolerance: TOLERANCE[form],
    zeros: Array.from(logits).filter((logit) => logit === 0).length / logits.length,
    greedy: { equal: written.filter((id, i) => id === greedy[i]).length, of: STEPS },
  };
}

/** Allowed share of zero logits, because sums of integers may be zero. */
const MOST_ZEROS = 0.01;

/** The fault of the outputs, or null. With the error of int8 activations, other tokens are allowed. */
export function whatIsWrong({ error, tolerance, zeros, greedy }: Check): string | null {
  if (!(error <= tolerance)) return `logits are off by ${error.toExponential(1)} of their rms`;
  if (zeros > MOST_ZEROS) return `${100 * zeros}% of the logits are zero`;
  if (tolerance < 0.01 && greedy.equal < greedy.of) return 'it writes other tokens';
  return null;
}
