import type { HeadMatrix, HeadProportions, MatrixKind, Measure, TokenRow } from '../../model/lens/measures';
import type { HeadSummary } from '../../model/lens/summary';
import type { Encoded } from '../../model/text/encoded';
import type { RequestRun } from '../messages';

/** What the page can ask of the lens, and what it answers: plain data. Tokens count from 0 at the opening `<|endoftext|>`. */

export interface LensRequest<K extends keyof LensQuestions = keyof LensQuestions> {
  /** The whole text from its beginning, the opening `<|endoftext|>` not included. */
  readonly runs: readonly RequestRun[];
  /** The token that is looked at: the window holds it, and what it can attend to. */
  readonly token: number;
  readonly kind: K;
  readonly question: LensQuestions[K];
}

export interface LensQuestions {
  /** Where the token's attention went: in one head, or the mean over a layer's heads or all (null). */
  row: { readonly layer: number | null; readonly head: number | null; readonly measure: Measure };
  matrix: { readonly layer: number; readonly head: number; readonly of: MatrixKind };
  proportions: { readonly layer: number; readonly head: number };
  /** `every`: looks at every n-th token, for speed. */
  overview: { readonly every: number };
  counterfactual: CounterfactualQuestion;
}

export interface CounterfactualQuestion {
  readonly reweighting: 'static' | 'none';
  /** Where both runs start, empty: at the token's document, or at the window. */
  readonly from: 'document' | 'window';
  readonly layer: number;
  readonly head: number;
}

export interface LensAnswers {
  row: TokenRow;
  matrix: HeadMatrix;
  proportions: HeadProportions;
  overview: { readonly heads: readonly (readonly HeadSummary[])[] };
  counterfactual: CounterfactualAnswer;
}

export interface LensAnswer<K extends keyof LensAnswers = keyof LensAnswers> {
  /** The window: its first token, and how many it has. */
  readonly start: number;
  readonly count: number;
  /** Tokens of the same document before the window. */
  readonly before: number;
  /** Tokens that were read again for this answer. */
  readonly reread: number;
  /** Bytes that the lens holds until it is closed, its stream on the backend not counted. */
  readonly bytes: number;
  /** How runs were encoded that came as text. */
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
  /** Kullback-Leibler divergence of the changed prediction from the learned one behind each token, in nats [count]. */
  readonly divergence: Float32Array;
}

export interface RunAnswer {
  /** Shares of the head [count, count]. */
  readonly values: Float32Array;
  /** Nats of each token given those before it [count]; the first is 0. */
  readonly losses: Float32Array;
  /** exp of their mean, the first left out. */
  readonly perplexity: number;
}
