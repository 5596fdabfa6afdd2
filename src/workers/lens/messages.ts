import type { HeadMatrix, HeadProportions, MatrixKind, Measure, TokenRow } from '../../model/lens/measures';
import type { Pair, PairQuestion } from '../../model/lens/pair';
import type { HeadSummary } from '../../model/lens/summary';
import type { Encoded } from '../../model/text/encoded';
import type { RequestText } from '../request-run';

/**
 * Questions to the lens and its answers, as plain data. Position 1 is the text's first token; 0 is the initial
 * `<|endoftext|>`, or the last token of the state that the text continues from.
 */

export type Proportions = 'learned' | 'static' | 'none';

export interface LensRequest<K extends keyof LensQuestions = keyof LensQuestions> extends RequestText {
  /** The chosen token. The window holds it and tokens that it can attend to. */
  readonly token: number;
  /** The model with its proportions, with proportions by position, or with none. */
  readonly proportions: Proportions;
  /** A shorter window is enough if it is sooner there: 128 tokens before the chosen one, or more. */
  readonly isQuick?: boolean;
  readonly kind: K;
  readonly question: LensQuestions[K];
}

export interface LensQuestions {
  /** The token's attention in one head, or the mean over a layer's heads or all heads (null). */
  row: { readonly layer: number | null; readonly head: number | null; readonly measure: Measure };
  matrix: { readonly layer: number; readonly head: number; readonly of: MatrixKind };
  proportions: { readonly layer: number; readonly head: number };
  /** `every`: uses every n-th token, for speed. `marks`: ids of tokens that give a text structure. */
  overview: { readonly every: number; readonly marks: readonly number[] };
  /** The pair of words with the largest share (`strongestPair`). */
  pair: PairQuestion;
  /** The predictions with the request's proportions, which are not learned, and with learned ones. */
  counterfactual: Record<never, never>;
}

export interface LensAnswers {
  row: TokenRow;
  matrix: HeadMatrix;
  proportions: HeadProportions;
  overview: { readonly heads: readonly (readonly HeadSummary[])[] };
  /** Null if the text has no such pair. */
  pair: { readonly pair: Pair | null };
  counterfactual: CounterfactualAnswer;
}

export interface LensAnswer<K extends keyof LensAnswers = keyof LensAnswers> {
  /** The window: its first token and its length. */
  readonly start: number;
  readonly count: number;
  /** The window is shorter than the lens can hold, as the question allowed. */
  readonly isPartial: boolean;
  /** Tokens of the same document before the window. */
  readonly before: number;
  /** Tokens reread for this answer. */
  readonly reread: number;
  /** Bytes that the lens holds while open, without its stream on the backend. */
  readonly bytes: number;
  /** The encodings of runs that came as text. */
  readonly encoded: readonly { readonly run: number; readonly tokens: Encoded }[];
  readonly answer: LensAnswers[K];
}

export interface CounterfactualAnswer {
  /** The tokens of both runs. */
  readonly start: number;
  readonly count: number;
  /** Length of the static re-weighting, in tokens; null for none. */
  readonly staticLength: number | null;
  readonly learned: RunAnswer;
  readonly changed: RunAnswer;
  /** Kullback-Leibler divergence of the changed prediction from the learned one after each token, in nats, [count]. */
  readonly divergence: Float32Array;
}

export interface RunAnswer {
  /** Loss of each token given the earlier ones, in nats, [count]; the first is 0. */
  readonly losses: Float32Array;
  /** exp of the mean loss, without the first. */
  readonly perplexity: number;
}
