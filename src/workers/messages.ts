import type { Config } from '../model/core/config';
import type { BackendKind, Memory } from '../model/runtime/backend';
import type { ErrorData } from '../model/runtime/errors';
import type { Manifest } from '../model/runtime/folder';
import type { Verdict } from '../model/sampling/judge';
import type { Sampling } from '../model/sampling/sampling';
import type { Encoded } from '../model/text/encoded';
import type { Vocabulary } from '../model/text/vocabulary';
import type { LensAnswer, LensRequest } from './lens/messages';
import type { RequestRun } from './request-run';

/** What crosses between page and worker: plain data alone. */

export type BackendChoice = 'auto' | BackendKind;

export interface LoadRequest {
  /** Address of the model folder, with a slash at its end. */
  readonly modelUrl: string;
  readonly backend: BackendChoice;
}

export interface LoadProgress {
  readonly bytes: number;
  readonly total: number;
}

export interface BackendInfo {
  readonly kind: BackendKind;
  /** What it runs on, for people. */
  readonly device: string;
  /** Why it is this one, where a person may have expected another. */
  readonly reason: string | null;
}

export interface EngineInfo {
  readonly manifest: Manifest;
  readonly config: Config;
  readonly vocabulary: Vocabulary;
  readonly backend: BackendInfo;
  /** Bytes of one stream's state: the same at token 10 and at token 100,000. */
  readonly stateBytes: number;
  readonly memory: Memory;
}

export interface GenerateRequest {
  /** The whole text from its beginning, the opening `<|endoftext|>` not included. */
  readonly runs: readonly RequestRun[];
  readonly sampling: Sampling;
  readonly maxTokens: number;
  /** At the end of an article: stop there, or go on with the next. */
  readonly atArticleEnd: 'stop' | 'continue';
  /** Texts that end it, with the token that completes one of them. */
  readonly stopSequences?: readonly string[];
  /** At most so many, for those who watch. */
  readonly tokensPerSecond?: number;
  /** Tokens of the text before a place to return to: where it parts from another. Its snapshot is kept. */
  readonly branchAt?: number;
}

/** What happens during a generation, in order: encoded*, reading*, tokens*; a notice at any time. */
export type GenerateEvent =
  | { readonly type: 'encoded'; readonly run: number; readonly tokens: Encoded }
  | { readonly type: 'reading'; readonly read: number; readonly total: number }
  | ({ readonly type: 'tokens'; readonly figures: Figures } & WrittenPart)
  | { readonly type: 'notice'; readonly message: string; readonly backend: BackendInfo };

/** Tokens that were written, and what they add to the text. */
export interface WrittenPart {
  readonly text: string;
  readonly tokens: Encoded;
  /** One record (sampling.ts) a token. */
  readonly records: Float32Array;
}

/** Live figures of a generation. */
export interface Figures {
  /** Tokens of the text that the stream has read, the opening one included. */
  readonly position: number;
  /** Smoothed; null before the first measurement. */
  readonly msPerToken: number | null;
  readonly memory: Memory;
  /** Bytes and number of the snapshots kept for going back. */
  readonly snapshotBytes: number;
  readonly snapshotCount: number;
}

export interface GenerateResult {
  readonly reason: 'length' | 'article-end' | 'stop-sequence' | 'stopped';
  readonly figures: Figures;
}

/** Asks how well the model predicted the tokens [from, to) of a text, counted without the opening one. */
export interface DescribeRequest {
  readonly runs: readonly RequestRun[];
  readonly from: number;
  readonly to: number;
  /** With it records also say what this sampler would have made of each token; that takes a step a token. */
  readonly sampling: Sampling | null;
}

export type DescribeEvent =
  | { readonly type: 'encoded'; readonly run: number; readonly tokens: Encoded }
  | { readonly type: 'reading'; readonly read: number; readonly total: number }
  /** Records (sampling.ts) of the tokens from `from` on. */
  | { readonly type: 'records'; readonly from: number; readonly records: Float32Array }
  | Extract<GenerateEvent, { type: 'notice' }>;

export interface DescribeResult {
  /** False when it was stopped. */
  readonly isComplete: boolean;
}

/** A piece of a text to check. */
export interface VerifyRun {
  readonly text: string;
  /** Of sampled text; null for typed text, which the engine encodes. */
  readonly ids: Uint32Array | null;
  /** What its tokens were drawn with; null for what was typed, or cannot be checked. */
  readonly drawnWith: Sampling | null;
}

export interface VerifyRequest {
  /** The whole text from its beginning, the opening `<|endoftext|>` not included. */
  readonly runs: readonly VerifyRun[];
}

export type VerifyEvent =
  | { readonly type: 'verifying'; readonly checked: number; readonly total: number }
  | Extract<GenerateEvent, { type: 'notice' }>;

/** How well a text agrees with what its settings draw from this model. */
export interface Verification {
  /** Tokens by verdict (model/sampling/judge.ts). */
  readonly counts: Readonly<Record<Verdict, number>>;
  /** The first tokens that are not exact. */
  readonly findings: readonly Finding[];
  /** The words are those of the tokens; a link can claim others. */
  readonly isFaithful: boolean;
  /** It was ended before the last token. */
  readonly stopped: boolean;
}

export interface Finding {
  readonly verdict: Verdict;
  /** Which of the text's tokens (model/text/token-index.ts). */
  readonly number: number;
  readonly id: number;
  /** What is drawn in its place. */
  readonly drawn: number;
}

/** Several continuations of one text, written together. */
export interface CompareRequest {
  readonly runs: readonly RequestRun[];
  /** What each is drawn with. */
  readonly samplings: readonly Sampling[];
  /** Of each. */
  readonly maxTokens: number;
  readonly atArticleEnd: 'stop' | 'continue';
  readonly stopSequences?: readonly string[];
}

export type CompareEvent =
  | Exclude<GenerateEvent, { type: 'tokens' }>
  | {
      readonly type: 'parts';
      /** What each wrote since the event before; null where it wrote nothing. */
      readonly parts: readonly (WrittenPart | null)[];
      /** Time over the tokens of all. */
      readonly msPerToken: number;
    }
  /** What was written is lost, and comes again. */
  | { readonly type: 'anew'; readonly message: string; readonly backend: BackendInfo };

export interface CompareResult {
  readonly reasons: readonly GenerateResult['reason'][];
}

/** An outcome as plain data: errors keep their code and remedy on the way. */
export type Outcome<T> = { readonly value: T } | { readonly error: ErrorData };

/** The worker's side of the conversation. One request at a time; `stop` ends whatever runs. */
export interface EngineService {
  load(request: LoadRequest, onProgress: (progress: LoadProgress) => void): Promise<Outcome<EngineInfo>>;
  /** An event's promise is its credit: with several unanswered the engine waits. */
  generate(
    request: GenerateRequest,
    onEvent: (event: GenerateEvent) => void | Promise<void>,
  ): Promise<Outcome<GenerateResult>>;
  describe(
    request: DescribeRequest,
    onEvent: (event: DescribeEvent) => void | Promise<void>,
  ): Promise<Outcome<DescribeResult>>;
  /** Beside a generation. The latest question counts: one under way ends as 'cancelled'. */
  look(request: LensRequest): Promise<Outcome<LensAnswer>>;
  /** Frees all that the lens holds. */
  closeLens(): Promise<void>;
  compare(
    request: CompareRequest,
    onEvent: (event: CompareEvent) => void | Promise<void>,
  ): Promise<Outcome<CompareResult>>;
  verify(request: VerifyRequest, onEvent: (event: VerifyEvent) => void): Promise<Outcome<Verification>>;
  stop(): void;
  /** Takes a lock and keeps it for life. @throws where the browser has no locks */
  hold(lock: string): Promise<void>;
}
