import type { Config } from '../model/core/config';
import type { BackendKind, Memory } from '../model/runtime/backend';
import type { ErrorData } from '../model/runtime/errors';
import type { Manifest } from '../model/runtime/folder';
import type { Verdict } from '../model/sampling/judge';
import type { Sampling } from '../model/sampling/sampling';
import type { Encoded } from '../model/text/encoded';
import type { Direction, Sentence } from '../model/text/simultaneous';
import type { Vocabulary } from '../model/text/vocabulary';
import type { LensAnswer, LensRequest } from './lens/messages';
import type { ModelSource } from './model-source';
import type { RequestText } from './request-run';
import type { NewSentences, TextScore } from './score-text';

/** Messages between page and worker, as plain data. */

export type BackendChoice = 'auto' | BackendKind;

export interface LoadRequest {
  readonly model: ModelSource;
  readonly backend: BackendChoice;
}

export interface LoadProgress {
  readonly bytes: number;
  readonly total: number;
}

export interface BackendInfo {
  readonly kind: BackendKind;
  /** Name of the device, for the page. */
  readonly device: string;
  /** The reason for this backend, if the user may expect another. */
  readonly reason: string | null;
}

export interface EngineInfo {
  readonly manifest: Manifest;
  readonly config: Config;
  readonly vocabulary: Vocabulary;
  readonly backend: BackendInfo;
  /** Bytes of one stream's state, equal at token 10 and at token 100,000. */
  readonly stateBytes: number;
  readonly memory: Memory;
}

export interface GenerateRequest extends RequestText {
  readonly sampling: Sampling;
  readonly maxTokens: number;
  /** At the end of an article, stop or start the next. */
  readonly atArticleEnd: 'stop' | 'continue';
  /** Stop sequences. The token that completes one is the last. */
  readonly stopSequences?: readonly string[];
  /** Speed limit, so that the reader can watch. */
  readonly tokensPerSecond?: number;
  /** Tokens before the branch point. The engine keeps a snapshot there. */
  readonly branchAt?: number;
}

/** The work has moved to another backend. */
export interface NoticeEvent {
  readonly type: 'notice';
  readonly message: string;
  readonly backend: BackendInfo;
}

/** Events of all work on a text, in order: encoded*, reading*; a notice at any time. */
export type TextEvent =
  | { readonly type: 'encoded'; readonly run: number; readonly tokens: Encoded }
  | { readonly type: 'reading'; readonly read: number; readonly total: number }
  | NoticeEvent;

export type GenerateEvent =
  | TextEvent
  | ({ readonly type: 'tokens'; readonly figures: Figures } & WrittenPart);

/** New tokens and their text. */
export interface WrittenPart {
  readonly text: string;
  readonly tokens: Encoded;
  /** One record (sampling.ts) per token. */
  readonly records: Float32Array;
}

/** Live figures of a generation. */
export interface Figures {
  /** Tokens that the stream has read, including the initial `<|endoftext|>`. */
  readonly position: number;
  /** Smoothed; null before the first measurement. */
  readonly msPerToken: number | null;
  readonly memory: Memory;
  /** Bytes and number of the snapshots for undo. */
  readonly snapshotBytes: number;
  readonly snapshotCount: number;
}

export interface GenerateResult {
  readonly reason: 'length' | 'article-end' | 'stop-sequence' | 'stopped';
  readonly figures: Figures;
}

/** Requests the records of the tokens [from, to) of a text, counted without the initial `<|endoftext|>`. */
export interface ScoreRequest extends RequestText {
  readonly from: number;
  readonly to: number;
  /** The sampler whose probabilities the records hold; null for none. */
  readonly sampling: Sampling | null;
}

export type ScoreEvent =
  | TextEvent
  /** Records (sampling.ts) of the tokens from `from` on. */
  | { readonly type: 'records'; readonly from: number; readonly records: Float32Array };

export interface ScoreResult {
  /** False if it was stopped. */
  readonly isComplete: boolean;
}

/** The loss of the model on a text in UTF-8, which may be long: it is read in parts. */
export interface ScoreTextRequest {
  readonly file: Blob;
}

/** Progress in UTF-16 units of the text, with the sentences that ended; a notice if the work has moved to another backend and starts again. */
export type ScoreTextEvent =
  | { readonly type: 'scored'; readonly units: number; readonly sentences: NewSentences }
  | NoticeEvent;

/** Translates a whole text, which may still be typed. */
export interface TranslateRequest {
  readonly text: string;
  /** Whether the last sentence is over and its last unit complete. */
  readonly ended: boolean;
  /** Source units to read before the first write of each sentence, from 1; Infinity reads the sentence first. */
  readonly k: number;
  readonly directions: readonly Direction[];
}

/** Source units that the model reads, and the units that it then writes. */
export interface Turn {
  /** Units of the sentence that were read at its end. */
  readonly read: number;
  /** Whether the sentence is over. */
  readonly over: boolean;
  readonly written: readonly string[];
  /** The tokens that the stream reads in it. The next turn begins with the `<r>` that ends this one. */
  readonly tokens: readonly number[];
}

export interface TranslatedSentence extends Sentence {
  readonly turns: Readonly<Record<Direction, readonly Turn[]>>;
}

export type TranslateEvent =
  /** The text has changed: the first `before` and the last `after` sentences stay, these replace the ones between. */
  | {
      readonly type: 'sentences';
      readonly before: number;
      readonly after: number;
      readonly sentences: readonly TranslatedSentence[];
    }
  /** Turns replace those from number `from` on. */
  | {
      readonly type: 'written';
      readonly sentence: number;
      readonly direction: Direction;
      readonly from: number;
      readonly turns: readonly Turn[];
    }
  | NoticeEvent;

export interface TranslateResult {
  /** False if it was stopped. */
  readonly isComplete: boolean;
}

/** A piece of a text to verify. */
export interface VerifyRun {
  readonly text: string;
  /** Ids of sampled text; null for typed text, which the engine encodes. */
  readonly ids: Uint32Array | null;
  /** The settings of the draws; null for typed text, and for text that cannot be verified. */
  readonly drawnWith: Sampling | null;
}

export interface VerifyRequest extends Pick<RequestText, 'start'> {
  /** The whole text without the initial `<|endoftext|>`. */
  readonly runs: readonly VerifyRun[];
}

export type VerifyEvent =
  | { readonly type: 'verifying'; readonly checked: number; readonly total: number }
  | NoticeEvent;

/** The result of verifying a text against this model. */
export interface Verification {
  /** Tokens by verdict (model/sampling/judge.ts). */
  readonly counts: Readonly<Record<Verdict, number>>;
  /** The first tokens that are not exact. */
  readonly findings: readonly Finding[];
  /** The text matches its tokens. A link may claim other text. */
  readonly isFaithful: boolean;
  /** The verification ended before the last token. */
  readonly stopped: boolean;
}

export interface Finding {
  readonly verdict: Verdict;
  /** Number of the token in the text (model/text/token-index.ts). */
  readonly number: number;
  readonly id: number;
  /** The id that the model draws instead. */
  readonly drawn: number;
}

/** Generates several continuations of one text in one batch. */
export interface CompareRequest extends RequestText {
  /** The settings of each continuation. */
  readonly samplings: readonly Sampling[];
  /** The strength of each, if the loaded model is a taught one. 0 is its base. Without it, the loaded model writes all. */
  readonly strengths?: readonly number[];
  /** Tokens of each continuation. */
  readonly maxTokens: number;
  readonly atArticleEnd: 'stop' | 'continue';
  readonly stopSequences?: readonly string[];
}

export type CompareEvent =
  | TextEvent
  | {
      readonly type: 'parts';
      /** The new tokens of each since the previous event; null for none. */
      readonly parts: readonly (WrittenPart | null)[];
      /** Time per token over all continuations. */
      readonly msPerToken: number;
    }
  /** With strengths: the model of a continuation, before its first part. */
  | { readonly type: 'writer'; readonly continuation: number; readonly writer: Writer }
  /** The continuations are lost and start again. */
  | { readonly type: 'anew'; readonly message: string; readonly backend: BackendInfo };

/** A model at a strength. */
export interface Writer {
  readonly id: string;
  readonly digest: string;
  readonly strength: number;
}

export interface CompareResult {
  readonly reasons: readonly GenerateResult['reason'][];
}

/** A result or an error as plain data, so that errors keep their code and remedy. */
export type Outcome<T> = { readonly value: T } | { readonly error: ErrorData };

/** The worker's interface. It runs one request at a time; `stop` ends the running one. */
export interface EngineService {
  load(request: LoadRequest, onProgress: (progress: LoadProgress) => void): Promise<Outcome<EngineInfo>>;
  /** The engine waits while several promises of onEvent are unresolved. */
  generate(
    request: GenerateRequest,
    onEvent: (event: GenerateEvent) => void | Promise<void>,
  ): Promise<Outcome<GenerateResult>>;
  score(
    request: ScoreRequest,
    onEvent: (event: ScoreEvent) => void | Promise<void>,
  ): Promise<Outcome<ScoreResult>>;
  /** Runs also during a generation. A new question cancels the running one ('cancelled'). */
  look(request: LensRequest): Promise<Outcome<LensAnswer>>;
  /** Frees the lens's memory. */
  closeLens(): Promise<void>;
  compare(
    request: CompareRequest,
    onEvent: (event: CompareEvent) => void | Promise<void>,
  ): Promise<Outcome<CompareResult>>;
  verify(request: VerifyRequest, onEvent: (event: VerifyEvent) => void): Promise<Outcome<Verification>>;
  scoreText(
    request: ScoreTextRequest,
    onEvent: (event: ScoreTextEvent) => void | Promise<void>,
  ): Promise<Outcome<TextScore>>;
  translate(
    request: TranslateRequest,
    onEvent: (event: TranslateEvent) => void | Promise<void>,
  ): Promise<Outcome<TranslateResult>>;
  /** The file of a snapshot at the end of a text (model/runtime/snapshot-file.ts); null if it was stopped. */
  snapshot(
    request: RequestText,
    onEvent: (event: TextEvent) => void | Promise<void>,
  ): Promise<Outcome<Uint8Array | null>>;
  stop(): void;
  /** Takes a lock and holds it until the worker dies. @throws if the browser has no locks */
  hold(lock: string): Promise<void>;
}
