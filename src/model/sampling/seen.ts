import type { Config } from '../core/config';

/** Window of the sequence penalty, in tokens. */
export const REACH = 512;
/** Cap of the match length, whose penalty is large enough. */
export const LONGEST = 16;

/**
 * Match length of a token: 0 if unseen in this article, else 1 + length of the longest repeated suffix that it continues,
 * within the last REACH tokens.
 */
export type Seen = (id: number) => number;

/** Words of a set of tokens, one bit each. */
export function tokenSetWords({ vocabSize }: Config): number {
  return Math.ceil(vocabSize / 32);
}

/** Words of SeenTokens. */
export function seenWords(config: Config): number {
  return tokenSetWords(config) + REACH;
}

/** The state of the penalties for an article. `<|endoftext|>` clears it and is never in it. */
export class SeenTokens {
  /** One bit per token id, then the last REACH tokens, newest first, padded with the id of `<|endoftext|>`. */
  readonly words: Uint32Array;
  readonly bits: Uint32Array;
  private readonly recent: Uint32Array;
  private readonly bosTokenId: number;

  constructor(config: Config, words?: Uint32Array) {
    this.bosTokenId = config.bosTokenId;
    this.words = words?.slice() ?? new Uint32Array(seenWords(config));
    this.bits = this.words.subarray(0, -REACH);
    this.recent = this.words.subarray(-REACH);
    if (!words) this.add(this.bosTokenId);
  }

  add(id: number): void {
    if (id === this.bosTokenId) {
      this.bits.fill(0);
      this.recent.fill(id);
    } else {
      this.bits[id >>> 5] |= 1 << (id & 31);
      this.recent.copyWithin(1, 0);
      this.recent[0] = id;
    }
  }

  /** The state for the current text. */
  now(): Seen {
    const followed = this.followed();
    const { bits } = this;
    return (id) => (((bits[id >>> 5] >>> (id & 31)) & 1) === 1 ? 1 + (followed.get(id) ?? 0) : 0);
  }

  /** The tokens that previously followed the current suffix, with the longest match of each. */
  followed(): Map<number, number> {
    const { recent, bosTokenId } = this;
    const followed = new Map<number, number>();
    for (let age = 1; age < REACH && recent[age] !== bosTokenId; age++) {
      const most = Math.min(LONGEST, REACH - age);
      let length = 0;
      while (length < most && recent[age + length] === recent[length]) length++;
      const next = recent[age - 1];
      if (length > (followed.get(next) ?? 0)) followed.set(next, length);
    }
    return followed;
  }
}
