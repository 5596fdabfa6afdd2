import type { Measure } from '../../model/lens/measures';

/** The attention of one token, by words. */

/** A word of the text: its tokens by position, and its name on the page. */
export interface Word {
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

/** A word with its share of attention. */
export interface SeenWord extends Word {
  /** Tokens from its last token to the token that looks back; 0: that token's own word. */
  readonly back: number;
  /** By similarity alone, and with proportions, within the window. */
  readonly similarity: number;
  readonly reweighted: number;
  /** With everything: the share of attention, or the contribution to the output. */
  readonly share: number;
}

export interface Reading {
  /** The word that looks back, and the token in it if the word has several. */
  readonly name: string;
  readonly part: string | null;
  /** From the largest share to the smallest, without words of share 0. */
  readonly words: readonly SeenWord[];
  /** Position of the first token of the window, and the share of the tokens before it. */
  readonly start: number;
  readonly earlier: number;
  /** Effective span in tokens. */
  readonly span: number;
  /** All heads of the mean are silent. */
  readonly isSilent: boolean;
  readonly measure: Measure;
  /** Where the proportions come from. */
  readonly proportions: 'learned' | 'static' | 'none';
  readonly hasDecay: boolean;
}

export interface Row {
  readonly shares: ArrayLike<number>;
  readonly similarity: ArrayLike<number>;
  readonly reweighted: ArrayLike<number>;
}

/** The words of a row whose first share is that of position `start`, by share. The last share is that of the token itself. */
export function seenWords(row: Row, start: number, wordAt: (position: number) => Word): SeenWord[] {
  const seen: SeenWord[] = [];
  const end = start + row.shares.length;
  for (let at = start; at < end; ) {
    const word = wordAt(at);
    let [similarity, reweighted, share] = [0, 0, 0];
    const next = Math.min(Math.max(word.to, at) + 1, end);
    for (let j = at - start; j < next - start; j++) {
      similarity += row.similarity[j];
      reweighted += row.reweighted[j];
      share += row.shares[j];
    }
    if (share !== 0) seen.push({ ...word, back: end - next, similarity, reweighted, share });
    at = next;
  }
  return seen.sort((a, b) => Math.abs(b.share) - Math.abs(a.share));
}

/** For each token of a row, the share of its word. */
export function sharesByWord(words: readonly SeenWord[], start: number, count: number): Float32Array {
  const shares = new Float32Array(count);
  for (const { from, to, share } of words) shares.fill(share, Math.max(from - start, 0), to - start + 1);
  return shares;
}

/** Two pieces of text belong to one word if a letter or digit ends the first and begins the second. */
export function joins(before: string, after: string): boolean {
  return /[\p{L}\p{M}\p{N}]$/u.test(before) && /^[\p{L}\p{M}\p{N}]/u.test(after);
}

/** The words of a reading that the page lists. */
export const MOST_LISTED = 5;

/** A change of a share that the page mentions, in parts of 1. */
export const NOTABLE = 0.02;

/** Whether the decay changes the share of a word by 2 points or more. */
export function isDecayed({ reweighted, share }: SeenWord): boolean {
  return Math.abs(share - reweighted) >= NOTABLE;
}

/** The shares of a word with one more factor each: similarity, proportions, decay. Without proportions, the last is the share itself. */
export function stages({ proportions }: Reading, word: SeenWord): number[] {
  const { similarity, reweighted, share } = word;
  const before = proportions === 'none' ? [similarity] : [similarity, reweighted];
  if (isDecayed(word)) return [...before, share];
  return proportions === 'none' ? [share] : before;
}

/** A share in whole percent. */
export function points(share: number): string {
  const whole = Math.round(100 * share);
  return whole === 0 && share > 0 ? 'under 1%' : `${whole}%`;
}
