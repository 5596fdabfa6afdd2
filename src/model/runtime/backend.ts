import type { Config } from '../core/config';
import type { Weights } from '../core/weights';
import type { LayerCapture } from '../lens/head-lens';
import { checkSampling, type Sampling } from '../sampling/sampling';
import { EngineError } from './errors';
import type { Proof } from './model-index';
import type { Snapshot } from './snapshot';

/** From the fastest on a graphics card to the one that runs anywhere. */
export const BACKENDS = ['webgpu', 'cpu', 'reference'] as const;

export type BackendKind = (typeof BACKENDS)[number];

/** What takes over where a backend cannot go on, the best first. */
export function nextBest(kind: BackendKind): BackendKind[] {
  return BACKENDS.slice(BACKENDS.indexOf(kind) + 1);
}

/** What a backend needs of a model. */
export interface ModelData {
  readonly config: Config;
  readonly weights: Weights;
  /** SHA-256 of the weights file, in hex: snapshots belong to it. */
  readonly digest: string;
  /** What a backend must compute of it, where that is known. */
  readonly proof?: Proof | null;
}

/** Exact bytes that a backend holds, by what they are for. */
export interface Memory {
  readonly weights: number;
  /** S, z, convolution inputs, logits, seen set of every open stream. */
  readonly state: number;
  /** Activations and intermediate results. */
  readonly scratch: number;
  /** Buffers that carry records and snapshots home. */
  readonly transfer: number;
}

/** A kernel of a decoding step, by the device's own clock. */
export interface KernelTime {
  readonly name: string;
  /** Dispatches a token. */
  readonly count: number;
  /** Of one dispatch. */
  readonly ms: number;
}

/**
 * A machine that runs a LeaPformer. Every implementation passes tests/conformance.ts and agrees with the
 * reference to 1e-4 of the logits' rms.
 */
export interface Backend {
  readonly kind: BackendKind;
  /** What it runs on, for people. */
  readonly device: string;
  /** Streams that share the weights and decode together. @throws EngineError 'device' when memory is short. */
  open(count: number): Promise<Streams>;
  memory(): Memory;
  /** How long the kernels of a decoding step take, for the benchmark; null where there is no clock to tell. */
  kernelTimes?(): Promise<KernelTime[] | null>;
  /** Resolves once, if the device goes away; every later call rejects with the same error. */
  readonly lost: Promise<EngineError>;
  /** Frees everything, open streams included. */
  destroy(): void;
}

export interface ReadOptions {
  readonly stream?: number;
  /** Stops within 100 ms; the stream has then read exactly the tokens that the result counts. */
  readonly signal?: AbortSignal;
  onProgress?(tokensRead: number): void;
  /** Return a record for each token. */
  readonly records?: boolean;
  /**
   * Receives the logits after each token, in order and a few tokens at a time: rows [n, vocab] after tokens[from],
   * tokens[from + 1], ...; float64 from the reference backend. The array is a copy. Reading waits for the promise.
   */
  onLogits?(from: number, rows: Logits): void | Promise<void>;
}

/** Logits [vocab], or rows of them; float64 from the reference backend. */
export type Logits = Float32Array | Float64Array;

/** Views of the rows [vocab] of `rows` [n, vocab]. */
export function splitRows(rows: Logits, vocabSize: number): Logits[] {
  return Array.from({ length: rows.length / vocabSize }, (_, row) =>
    rows.subarray(row * vocabSize, (row + 1) * vocabSize),
  );
}

export interface ReadResult {
  /** Tokens read: all of them unless the signal aborted. */
  readonly count: number;
  /** `count` records (records.ts), where asked for. */
  readonly records: Float32Array | null;
}

export type CaptureOptions = Pick<ReadOptions, 'stream' | 'signal'>;

/** What one stream is to write. */
export interface DecodeRequest {
  readonly sampling: Sampling;
  readonly maxTokens: number;
  /** Drawing one of these ends the stream's part, after it has been read like any other token. */
  readonly stopTokens: readonly number[];
}

export interface DecodeOptions {
  /** On abort the tokens already under way still come, within 100 ms; then the generator ends. */
  readonly signal?: AbortSignal;
  /** Take a snapshot of each stream after at least this many tokens; 0 for none. */
  readonly snapshotEvery?: number;
}

/** What one stream wrote since the last batch. */
export interface DecodeBatch {
  /** Records (records.ts), one a token; empty for a stream that had finished. */
  readonly records: Float32Array;
  readonly finished: 'length' | 'stop' | null;
  /** The state after the batch's last token, when one was due. */
  readonly snapshot: Snapshot | null;
}

/**
 * Streams: each a recurrent state that has read some tokens and knows the logits of the next. Tokens that were
 * sampled are read too, so that a state always stands behind the last token of its text.
 * Calls on one Streams object must not overlap.
 */
export interface Streams {
  readonly count: number;
  /** Tokens that a stream has read. */
  length(stream?: number): number;
  /** Reads tokens (prefill). @throws EngineError 'input' for an id outside the vocabulary. */
  read(tokens: ArrayLike<number>, options?: ReadOptions): Promise<ReadResult>;
  /**
   * Reads tokens like `read`, and says what each layer's attention worked with: for the lens, at most a few hundred at
   * once. What it takes to bring that home is freed before it returns.
   * @throws EngineError 'cancelled' when the signal aborts; the stream has then read a beginning of the tokens.
   */
  capture(tokens: ArrayLike<number>, options?: CaptureOptions): Promise<readonly LayerCapture[]>;
  /**
   * Writes tokens, one request a stream; yields one entry a stream. At most a few batches are under way before
   * the caller asks for the next, so a slow reader slows the stream. End it by the signal, never by leaving the
   * loop: tokens under way would be lost to the text but not to the state.
   * @throws EngineError 'input' when a stream has read nothing yet, or a setting is out of range.
   */
  decode(requests: readonly DecodeRequest[], options?: DecodeOptions): AsyncGenerator<DecodeBatch[]>;
  /** Logits [vocab] after the last token read; empty before the first. */
  logits(stream?: number): Promise<Logits>;
  /** Everything that decides the next token. */
  snapshot(stream?: number): Promise<Snapshot>;
  /** Puts a stream where a snapshot was taken; null empties it. @throws EngineError 'input' if it belongs to other weights. */
  restore(snapshot: Snapshot | null, stream?: number): Promise<void>;
  close(): void;
}

/** @throws EngineError 'input' naming the first id outside the vocabulary. */
export function checkTokens(tokens: ArrayLike<number>, config: Config): void {
  for (let i = 0; i < tokens.length; i++)
    if (!Number.isInteger(tokens[i]) || tokens[i] < 0 || tokens[i] >= config.vocabSize)
      throw new EngineError(
        'input',
        `Token ${i} has the id ${tokens[i]}; this model knows 0 to ${config.vocabSize - 1}.`,
        'Read the text with the model that its ids come from.',
      );
}

/** @throws EngineError 'input' unless there is one sound request for each stream, and each has read something. */
export function checkRequests(requests: readonly DecodeRequest[], streams: Streams): void {
  if (requests.length !== streams.count)
    throw new EngineError(
      'input',
      `${requests.length} requests for ${streams.count} streams.`,
      'Give one each.',
    );
  for (const [i, { sampling }] of requests.entries()) {
    checkSampling(sampling);
    if (streams.length(i) === 0)
      throw new EngineError('input', 'The stream has read nothing yet.', 'Let it read <|endoftext|> first.');
  }
}
