import type { Config } from '../core/config';
import { EngineError } from './errors';

/** Everything that determines the next token of a stream, in one layout for all backends. */
export interface Snapshot {
  /** Digest of the weights. */
  readonly digest: string;
  /** Number of tokens that the stream has read; also the number of the next draw. */
  readonly length: number;
  /** Position of the next token, counted from 0 at `<|endoftext|>`. */
  readonly position: number;
  /** The state of the penalties: the words of SeenTokens. */
  readonly seen: Uint32Array;
  /** S, z and the convolution inputs, in the order of stateLayout (core/tensors.ts). Float64Array from the reference backend. */
  readonly state: Float32Array | Float64Array;
  /** Logits of the next token [vocab]. */
  readonly logits: Float32Array | Float64Array;
}

/** Bytes of the float16 key-value cache that a softmax model of the same shape needs after `tokens` tokens. */
export function cacheBytes(config: Config, tokens: number): number {
  return tokens * config.layers * 2 * config.hiddenSize * 2;
}

export function snapshotBytes(snapshot: Snapshot): number {
  return snapshot.state.byteLength + snapshot.logits.byteLength + snapshot.seen.byteLength;
}

/** @throws EngineError 'input' unless the snapshot belongs to these weights. */
export function checkSnapshot(snapshot: Snapshot, digest: string): void {
  if (snapshot.digest !== digest)
    throw new EngineError(
      'input',
      `This snapshot belongs to the weights ${snapshot.digest.slice(0, 12)}, but the loaded weights are ${digest.slice(0, 12)}.`,
      'Read the text again with the loaded model.',
    );
}
