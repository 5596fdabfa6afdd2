import type { Config } from '../core/config';
import { checkTokens } from '../runtime/backend';
import { EngineError } from '../runtime/errors';
import type { Adapter } from './adapter';

/** The loss of a segment. */
export interface SegmentLoss {
  /** Nats of all targets together. */
  readonly nats: number;
}

export interface SegmentGradient extends SegmentLoss {
  /** Of the mean nats of the segment with respect to the adapter's numbers, in their layout. */
  readonly gradient: Float32Array | Float64Array;
}

/**
 * A stream of a model with an adapter. `score` and `learn` read at most SEGMENT tokens and move the state to their end;
 * targets[t] is the token after tokens[t]. Gradients do not flow into earlier segments. Calls must not overlap. On abort,
 * both throw EngineError 'cancelled' within 100 ms, and the state is undefined until `restart`.
 */
export interface Learner {
  /** Computes with W + scale B A from now on. The state stays. */
  use(adapter: Adapter): void;
  /** Empties the state, as before the first token. */
  restart(): void;
  score(tokens: ArrayLike<number>, targets: ArrayLike<number>, signal?: AbortSignal): Promise<SegmentLoss>;
  learn(
    tokens: ArrayLike<number>,
    targets: ArrayLike<number>,
    signal?: AbortSignal,
  ): Promise<SegmentGradient>;
  /** Frees threads and buffers. The learner cannot be used afterwards. */
  destroy(): void;
}

/** Tokens of a segment. */
export const SEGMENT = 512;

/** Bytes of a learner, by purpose. They do not depend on the length of a text. */
export interface LearnerMemory {
  readonly base: number;
  /** Of W + scale B A in float32. */
  readonly merged: number;
  /** Factors, gradients, records, activations and states. */
  readonly scratch: number;
}

/** @throws EngineError 'input' with the first id outside the vocabulary, 'internal' if the lengths are wrong */
export function checkSegment(tokens: ArrayLike<number>, targets: ArrayLike<number>, config: Config): void {
  for (const ids of [tokens, targets]) checkTokens(ids, config);
  if (tokens.length > SEGMENT || targets.length !== tokens.length)
    throw new EngineError('internal', `A segment has ${tokens.length} tokens.`, 'Read shorter segments.');
}
