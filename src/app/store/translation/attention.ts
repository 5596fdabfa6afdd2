import { type Span, unitSpans } from '../../../model/text/simultaneous';
import type { EngineClient } from '../../../workers/client';
import type { Turn } from '../../../workers/messages';

export interface Head {
  readonly layer: number;
  readonly head: number;
}

/** The attention of the step that drew the first token of a written unit, and the proportions along the sentence. */
export interface UnitAttention {
  /** The part of each source unit in the attention to the source; 0 for units that were not read or precede the window. */
  readonly shares: readonly number[];
  /** The share of the source in the attention to all tokens. */
  readonly onSource: number;
  /** Of one head: mean key proportions of the source units and query proportions of the written ones. */
  readonly proportions: { readonly keys: readonly number[]; readonly queries: readonly number[] } | null;
}

/**
 * Asks the lens about a written unit.
 * @param turns of the sentence
 * @param kinds of the model's tokens
 * @param unit number of the written unit
 * @param head null: the mean over all heads
 * @throws EngineError
 */
export async function attentionTo(
  engine: EngineClient,
  turns: readonly Turn[],
  kinds: Uint8Array,
  unit: number,
  head: Head | null,
): Promise<UnitAttention> {
  const tokens = turns.flatMap((turn) => turn.tokens);
  const { source, written } = unitSpans(tokens, kinds);
  const token = written[unit][0] - 1; // the step after this token drew the unit
  const request = {
    runs: [{ ids: Uint32Array.from(tokens.slice(1)) }],
    token,
    proportions: 'learned',
  } as const;
  const row = await engine.look({
    ...request,
    kind: 'row',
    question: { layer: head?.layer ?? null, head: head?.head ?? null, measure: 'share' },
  });
  const sums = source.map((span) => sum(row.answer.shares, span, row.start));
  const onSource = sums.reduce((a, b) => a + b, 0);
  const shares = sums.map((share) => (onSource > 0 ? share / onSource : 0));
  if (!head) return { shares, onSource, proportions: null };
  const { answer, start } = await engine.look({ ...request, kind: 'proportions', question: head });
  const means = (values: Float32Array, spans: readonly Span[]) =>
    spans.map((span) => sum(values, span, start) / (span[1] - span[0]));
  return {
    shares,
    onSource,
    proportions: { keys: means(answer.key, source), queries: means(answer.query, written) },
  };
}

/** The sum over the tokens of a span that are in a window, which begins at token `start`. */
function sum(values: Float32Array, [from, to]: Span, start: number): number {
  let total = 0;
  for (let i = Math.max(from, start); i < to; i++) total += values[i - start] ?? 0;
  return total;
}
