import type { HeadSummary } from '../../model/lens/summary';
import type { Encoded } from '../../model/text/encoded';
import type { RequestRun } from '../request-run';

/** What the page can ask of the lens, and what it answers: plain data. Tokens count from 0 at the opening `<|endoftext|>`. */

export interface LensRequest<K extends keyof LensQuestions = keyof LensQuestions> {
  /** The whole text from its beginning, the opening `<|endoftext|>` not included. */
  readonly runs: readonly RequestRun[];
  /** The token that is looked at: the window holds it, and what it can attend to. */
  readonly token: number;
  readonly kind: K;
  readonly question: LensQuestions[K];
}

/** Shares of attention, or signed shares of the head's output (src/model/lens/head-lens.ts). */
export type Measure = 'share' | 'output';

export interface LensQuestions {
  /** Where the token's attention went: in one head, or the mean over a layer's heads or all (null). */
  row: { readonly layer: number | null; readonly head: number | null; readonly measure: Measure };
  matrix: { readonly layer: number; readonly head: number; readonly of: MatrixKind };
  proportions: { readonly layer: number; readonly head: number };
  /** `every`: looks at every n-th token, for speed. */
  overview: { readonly every: number };
  counterfactual: CounterfactualQuestion;
}

export type MatrixKind = Measure | 'similarity' | 'reweighting';

export interface CounterfactualQuestion {
  readonly reweighting: 'static' | 'none';
  /** Where both runs start, empty: at the token's document, or at the window. */
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

export interface RowAnswer {
  /** Of the window's tokens up to the one that is looked at. */
  readonly shares: Float32Array;
  readonly earlier: number;
  /** Heads that it is the mean of, and how many of them are silent at this token: those count as 0. */
  readonly heads: number;
  readonly silent: number;
  /** W / max(W, floor): what the operator's row sums to, for one head of a model with a denominator; else null. */
  readonly gain: number | null;
}

export interface MatrixAnswer {
  /** [count, count], row i for token start + i; 0 above the diagonal. */
  readonly values: Float32Array;
  /** Share of what lies before the window, a row; 0 where that is not known. */
  readonly earlier: Float32Array;
}

/** Of every token of the window, [count]; all heads share a layer's modules, not their inputs. */
export interface ProportionsAnswer {
  readonly query: Float32Array;
  readonly key: Float32Array;
  /** In tokens; Infinity without decay. */
  readonly halfLife: Float32Array;
  /** Of the short convolution, mean |tap| of the head's query, key and value [3, 4], the current token last; null without. */
  readonly taps: Float32Array | null;
  /** Effective spans, of which each has one more factor; NaN where the token is silent. */
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
