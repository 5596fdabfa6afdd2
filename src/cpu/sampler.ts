import type { Config } from '../model/core/config';
import { RECORD_SIZE, type Sampling } from '../model/sampling/sampling';
import { REACH, type SeenTokens, tokenSetWords } from '../model/sampling/seen';
import type { Heap } from './heap';
import type { Kernels } from './kernels';

/** The kernels for src/model/sampling/sampling.ts: the draw and its record. */
export class Sampler {
  /** Bytes of its buffers. */
  readonly bytes: number;
  private readonly vocabSize: number;
  private readonly heap: Heap;
  private readonly kernels: Kernels;
  private readonly seen: number;
  private readonly followed: number;
  private readonly scores: number;
  private readonly masses: number;
  private readonly room: number;
  private readonly record: number;

  constructor(config: Config, heap: Heap, kernels: Kernels) {
    const { vocabSize } = config;
    this.vocabSize = vocabSize;
    this.heap = heap;
    this.kernels = kernels;
    const vector = Math.ceil(vocabSize / 4) * 16;
    const words = 4 * tokenSetWords(config);
    this.bytes = 3 * vector + words + 4 * RECORD_SIZE + 8 * REACH;
    this.scores = heap.allocate(this.bytes);
    this.masses = this.scores + vector;
    this.room = this.masses + vector;
    this.seen = this.room + vector;
    this.record = this.seen + words;
    this.followed = this.record + 4 * RECORD_SIZE;
  }

  free(): void {
    this.heap.free(this.scores, this.bytes);
  }

  /** Draws a token from the logits at an address. Returns its record, whose first number is the id. */
  draw(logits: number, sampling: Sampling, number: number, seen: SeenTokens): Float32Array {
    const { temperature, topK, topP, minP, repetitionPenalty, sequencePenalty, seed } = sampling;
    this.heap.words(this.seen, seen.bits.length).set(seen.bits);
    const followed = sequencePenalty > 0 ? [...seen.followed()].flat() : [];
    this.heap.words(this.followed, followed.length).set(followed);
    this.kernels.draw(
      ...[logits, this.vocabSize, this.seen, repetitionPenalty],
      ...[this.followed, followed.length / 2, sequencePenalty],
      ...[temperature, topK, topP, minP, seed, number],
      ...[this.scores, this.masses, this.room, this.record],
    );
    return this.heap.floats(this.record, RECORD_SIZE).slice();
  }

  /** The record of a typed token, given the logits at an address. */
  describe(logits: number, id: number): Float32Array {
    this.kernels.describe(logits, this.vocabSize, id, this.record);
    return this.heap.floats(this.record, RECORD_SIZE).slice();
  }
}
