import type { Config } from '../core/config';
import type { Weights } from '../core/weights';
import type { LayerCapture } from '../lens/head-lens';
import { checkSampling, type Sampling } from '../sampling/sampling';
import { EngineError } from './errors';
import type { Proof } from './model-index';
import type { Snapshot } from './snapshot';

/** In order of preference: WebGPU needs a GPU; the reference runs everywhere. */
export const BACKENDS = ['webgpu', 'cpu', 'reference'] as const;

export type BackendKind = (typeof BACKENDS)[number];

/** Fallbacks of each backend, best first. */
export function nextBest(kind: BackendKind): BackendKind[] {
  return BACKENDS.slice(BACKENDS.indexOf(kind) + 1);
}

/** The parts of a model that a backend needs. */
export interface ModelData {
  readonly config: Config;
  readonly weights: Weights;
  /** SHA-256 of the weights file, in hex. Snapshots are valid only for this digest. */
  readonly digest: string;
  /** Expected results for a check of the backend, if known. */
  readonly proof?: Proof | null;
}

/** Exact bytes of a backend's memory, by purpose. */
export interface Memory {
  readonly weights: number;
  /** S, z, convolution inputs, logits and seen set of every open stream. */
  readonly state: number;
  /** Activations and intermediate results. */
  readonly scratch: number;
  /** Readback buffers for records and snapshots. */
  readonly transfer: number;
}

/** A kernel of a decode step, timed by GPU timestamps. */
export interface KernelTime {
  readonly name: string;
  /** Dispatches per token. */
  readonly count: number;
  /** Milliseconds per dispatch. */
  readonly ms: number;
}

/**
 * An implementation of the LeaPformer. Every backend passes tests/conformance.ts and agrees with the reference to 1e-4 of
 * the logits' rms.
 */
export interface Backend {
  readonly kind: BackendKind;
  /** Name of the device, for the page. */
  readonly device: string;
  /** Opens streams that share the weights and decode in one batch. @throws EngineError 'device' when memory is short. */
  open(count: number): Promise<Streams>;
  memory(): Memory;
  /** Times the kernels of a decode step, for the benchmark; null without GPU timestamps. */
  kernelTimes?(): Promise<KernelTime[] | null>;
  /** Resolves when the device is lost. Every later call rejects with the same error. */
  readonly lost: Promise<EngineError>;
  /** Frees everything, including open streams. */
  destroy(): void;
}

export interface ReadOptions {
  readonly stream?: number;
  /** Stops within 100 ms. The stream has then read exactly the tokens that the result counts. */
  readonly signal?: AbortSignal;
  onProgress?(tokensRead: number): void;
  /** Also return a record of each token. */
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
  /** `count` records (sampling.ts), if requested. */
  readonly records: Float32Array | null;
}

export type CaptureOptions = Pick<ReadOptions, 'stream' | 'signal'>;

/** A decode request for one stream. */
export interface DecodeRequest {
  readonly sampling: Sampling;
  readonly maxTokens: number;
  /** Drawing one of these ends the stream's request. The stream reads it like any other token. */
  readonly stopTokens: readonly number[];
}

export interface DecodeOptions {
  /** On abort, tokens in flight still arrive within 100 ms; then the generator ends. */
  readonly signal?: AbortSignal;
  /** Takes a snapshot of each stream after at least this many tokens; 0 for none. */
  readonly snapshotEvery?: number;
}

/** The tokens of one stream since the last batch. */
export interface DecodeBatch {
  /** One record (sampling.ts) per token; empty for a finished stream. */
  readonly records: Float32Array;
  readonly finished: 'length' | 'stop' | null;
  /** The snapshot after the batch's last token, if one was due. */
  readonly snapshot: Snapshot | null;
}

/**
 * Streams: each has a recurrent state and the logits of its next token. A stream also reads the tokens that it samples, so
 * its state is always after the last token of its text. Calls on one Streams object must not overlap.
 */
export interface Streams {
  readonly count: number;
  /** Number of tokens that a stream has read. */
  length(stream?: number): number;
  /** Reads tokens (prefill). @throws EngineError 'input' for an id outside the vocabulary. */
  read(tokens: ArrayLike<number>, options?: ReadOptions): Promise<ReadResult>;
  /**
   * Reads tokens like `read`, and returns the attention inputs of each layer for the lens, at most for a few hundred
   * tokens. Frees its readback buffers before it returns.
   * @throws EngineError 'cancelled' when the signal aborts; the stream has then read a prefix of the tokens.
   */
  capture(tokens: ArrayLike<number>, options?: CaptureOptions): Promise<readonly LayerCapture[]>;
  /**
   * Decodes tokens, with one request per stream, and yields one entry per stream. At most a few batches run ahead of the
   * caller, so a slow caller slows the streams. End it by the signal, never by leaving the loop: the state would include
   * tokens in flight that the text lacks.
   * @throws EngineError 'input' if a stream has read no tokens, or a setting is out of range.
   */
  decode(requests: readonly DecodeRequest[], options?: DecodeOptions): AsyncGenerator<DecodeBatch[]>;
  /** Logits [vocab] after the last token read; empty before the first. */
  logits(stream?: number): Promise<Logits>;
  /** Everything that decides the next token. */
  snapshot(stream?: number): Promise<Snapshot>;
  /** Restores a snapshot; null empties the stream. @throws EngineError 'input' if the snapshot belongs to other weights. */
  restore(snapshot: Snapshot | null, stream?: number): Promise<void>;
  close(): void;
}

/** @throws EngineError 'input' with the first id outside the vocabulary. */
export function checkTokens(tokens: ArrayLike<number>, config: Config): void {
  for (let i = 0; i < tokens.length; i++)
    if (!Number.isInteger(tokens[i]) || tokens[i] < 0 || tokens[i] >= config.vocabSize)
      throw new EngineError(
        'input',
        `Token ${i} has the id ${tokens[i]}; the ids of this model are 0 to ${config.vocabSize - 1}.`,
        'Read the text with the model of its ids.',
      );
}

/** @throws EngineError 'input' unless there is one valid request per stream, and each stream has read a token. */
export function checkRequests(requests: readonly DecodeRequest[], streams: Streams): void {
  if (requests.length !== streams.count)
    throw new EngineError(
      'input',
      `${requests.length} requests for ${streams.count} streams.`,
      'Pass one request per stream.',
    );
  for (const [i, { sampling }] of requests.entries()) {
    checkSampling(sampling);
    if (streams.length(i) === 0)
      throw new EngineError('input', 'The stream has read no tokens.', 'Read <|endoftext|> first.');
  }
}
