import type { Sampling } from '../model/sampling/sampling';
import type { BackendChoice, BackendInfo } from '../workers/messages';

/**
 * A piece of a prompt: text, token ids (Uint32Array), or, as the first piece, a saved state (Uint8Array), which stands
 * for the text before it.
 */
export type PromptPiece = string | Uint32Array | Uint8Array;

/** The text to continue or to read, from its beginning. */
export type Prompt = string | readonly PromptPiece[];

/** Why a generation ended: `maxTokens`, the end of the article, a stop sequence, or the signal. */
export type EndReason = 'length' | 'article-end' | 'stop-sequence' | 'stopped';

/** Options of {@link load}. */
export interface LoadOptions {
  /** Default 'auto': WebGPU if there is a GPU, else the CPU. A backend that fails is replaced by the next best. */
  readonly backend?: BackendChoice;
  /** Called as the files arrive, in bytes. */
  onProgress?(bytes: number, total: number): void;
  readonly signal?: AbortSignal;
}

/** Options of {@link LeaPformer.score} and {@link LeaPformer.snapshot}. */
export interface ReadOptions {
  /** Called as the text is read, in tokens. */
  onProgress?(read: number, total: number): void;
  readonly signal?: AbortSignal;
}

/** Options of {@link LeaPformer.generate}. The sampler settings default to those of the model, and the seed is random. */
export interface GenerateOptions extends Partial<Sampling> {
  /** Default 256. */
  readonly maxTokens?: number;
  /** At the end of an article, 'stop' (the default) or 'continue' with the next. */
  readonly atArticleEnd?: 'stop' | 'continue';
  /** The token that completes one of these is the last. */
  readonly stopSequences?: readonly string[];
  /** Ends the generation. The tokens until then still arrive. */
  readonly signal?: AbortSignal;
}

/** New tokens and their text. */
export interface Part {
  /** Empty while the tokens end inside a character. */
  readonly text: string;
  readonly ids: Uint32Array;
  /** Natural log of the model's probability of each token, before the sampler. */
  readonly logProbabilities: Float32Array;
}

/** A token of a text that the model has read. */
export interface ScoredToken {
  readonly id: number;
  /** Empty for a token that ends inside a character; the next token has the text of both. */
  readonly text: string;
  /** Natural log of the model's probability of the token, given those before it. */
  readonly logProbability: number;
  /** 1 for the token that the model found likeliest. */
  readonly rank: number;
}

/** A model and its device. */
export interface ModelInfo {
  readonly id: string;
  readonly name: string;
  readonly license: string;
  readonly parameters: number;
  /** SHA-256 of the weights, in hex. */
  readonly digest: string;
  /** The default sampler settings. */
  readonly sampling: Omit<Sampling, 'seed'>;
  /** Bytes of the state, equal at token 10 and at token 100,000. */
  readonly stateBytes: number;
}

/**
 * A loaded model. It does one thing at a time: a call during another one rejects with the code 'input'. If its device or
 * its worker is lost, it starts another one and continues.
 */
export interface LeaPformer {
  readonly model: ModelInfo;
  /** The backend that runs the model now, and the reason for it if another may be expected. */
  readonly backend: BackendInfo;
  /**
   * Continues a text. The generation waits while nobody asks for the next part, and ends when the loop is left. The
   * iterator returns the reason of the end.
   */
  generate(prompt: Prompt, options?: GenerateOptions): AsyncGenerator<Part, EndReason>;
  /** Reads a text and returns its tokens with their probabilities. */
  score(prompt: Prompt, options?: ReadOptions): Promise<ScoredToken[]>;
  /**
   * The state behind a text, as a file of one or two megabytes. As the first piece of a prompt it stands for the text.
   * Treat it like the text: it holds the last 512 token ids, the set of ids in the article, and the state, from which the
   * model continues.
   */
  snapshot(prompt: Prompt, options?: ReadOptions): Promise<Uint8Array>;
  /** Ends the worker and frees its memory. */
  dispose(): void;
}
