import type { HeadSummary } from '../../model/lens/summary';
import type { Encoded } from '../../model/text/encoded';
import type { RequestRun } from '../request-run';

/** Questions to the lens and its answers, as plain data. Positions count from 0, the initial `<|endoftext|>`. */

export interface LensRequest<K extends keyof LensQuestions = keyof LensQuestions> {
  /** The whole text without the initial `<|endoftext|>`. */
  readonly runs: readonly RequestRun[];
  /** The chosen token. The window holds it and tokens that it can attend to. */
  readonly token: number;
  readonly kind: K;
  readonly question: LensQuestions[K];
}

/** Shares of attention, or signed contributions to the head's output (src/model/lens/head-lens.ts). */
export type Measure = 'share' | 'output';

export interface LensQuestions {
  /** The token's attention in one head, or the mean over a layer's heads or all heads (null). */
  row: { readonly layer: number | null; readonly head: number | null; readonly measure: Measure };
  matrix: { readonly layer: number; readonly head: number; readonly of: MatrixKind };
  proportions: { readonly layer: number; readonly head: number };
  /** `every`: uses every n-th token, for speed. */
  overview: { readonly every: number };
  counterfactual: CounterfactualQuestion;
}

export type MatrixKind = Measure | 'similarity' | 'reweighting';

export interface CounterfactualQuestion {
  readonly reweighting: 'static' | 'none';
  /** The start of both runs, with an empty state: the token's document, or the window. */
  readonly from: 'document' | 'window';
  readonly layer: number;
  readonly head: number;
}

export interface LensAnswers {
  row: RowAnswer;
  matrix: MatrixAnswer;
  proportions: ProportionsAnswer;
  overview: { readonly heads: readonly (readonly HeadSummary[])[] };
  counterfactual: CounterfactualAnswer;
}

export interface LensAnswer<K extends keyof LensAnswers = keyof LensAnswers> {
  /** The window: its first token and its length. */
  readonly start: number;
  readonly count: number;
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

export interface RowAnswer {
  /** One share per token of the window up to the chosen token. */
  readonly shares: Float32Array;
  readonly earlier: number;
  /** The number of heads in the mean, and how many of them are silent at this token; these count as 0. */
  readonly heads: number;
  readonly silent: number;
  /** W / max(W, floor), the sum of the row in the model, for one head of a model with a denominator; else null. */
  readonly gain: number | null;
}

export interface MatrixAnswer {
  /** [count, count], row i for token start + i; 0 above the diagonal. */
  readonly values: Float32Array;
  /** Share of the tokens before the window, per row; 0 if unknown. */
  readonly earlier: Float32Array;
}

/** Values of every token of the window, [count]. The heads of a layer share its modules, but not their inputs. */
export interface ProportionsAnswer {
  readonly query: Float32Array;
  readonly key: Float32Array;
  /** In tokens; Infinity without decay. */
  readonly halfLife: Float32Array;
  /** Mean |tap| of the short convolution for the head's query, key and value, [3, 4], the current token last; null without a convolution. */
  readonly taps: Float32Array | null;
  /** Effective spans, each with one more factor; NaN if the token is silent. */
  readonly spans: {
    readonly similarity: Float32Array;
    readonly reweighted: Float32Array;
    readonly whole: Float32Array;
  };
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
  /** Shares of the head, [count, count]. */
  readonly values: Float32Array;
  /** Loss of each token given the earlier ones, in nats, [count]; the first is 0. */
  readonly losses: Float32Array;
  /** exp of the mean loss, without the first. */
  readonly perplexity: number;
}
