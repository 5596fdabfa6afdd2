import type { Config } from './config';

/** The ids of this article's tokens, one bit each; `<|endoftext|>` empties it and is never in it. */
export class SeenSet {
  readonly words: Uint32Array;
  private readonly bosTokenId: number;

  constructor(config: Config, words?: Uint32Array) {
    this.words = words?.slice() ?? new Uint32Array(Math.ceil(config.vocabSize / 32));
    this.bosTokenId = config.bosTokenId;
  }

  add(id: number): void {
    if (id === this.bosTokenId) this.words.fill(0);
    else this.words[id >>> 5] |= 1 << (id & 31);
  }

  has(id: number): boolean {
    return ((this.words[id >>> 5] >>> (id & 31)) & 1) === 1;
  }
}
