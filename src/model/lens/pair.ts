import { Pace } from '../runtime/pace';
import type { LensWindow } from './window';

export interface PairQuestion {
  /** Positions of the words in the text, ascending, and a number for each: the same for the same word. */
  readonly words: readonly number[];
  readonly names: readonly number[];
  /** Positions of the first and the last word that may look back. */
  readonly from: number;
  readonly to: number;
  /** Tokens between the two words, at least. */
  readonly apart: number;
}

/** A head, and two positions of the text. */
export interface Pair {
  readonly layer: number;
  readonly head: number;
  readonly query: number;
  readonly key: number;
  readonly share: number;
}

/**
 * The pair of different words with the largest share of attention in any head. Yields every 10 ms.
 * @returns pair null if the window has no such words; null when the signal aborts
 */
export async function strongestPair(
  window: LensWindow,
  { words, names, from, to, apart }: PairQuestion,
  signal: AbortSignal,
): Promise<{ readonly pair: Pair | null } | null> {
  const { layers, heads } = window.config;
  const end = window.start + window.length;
  const inside = [...words.keys()].filter((n) => words[n] >= window.start && words[n] < end);
  const pace = new Pace();
  let pair: Pair | null = null;
  for (let layer = 0; layer < layers; layer++)
    for (let head = 0; head < heads; head++) {
      const lens = window.head(layer, head);
      for (const n of inside) {
        const query = words[n];
        if (query < from || query > to) continue;
        const { shares } = lens.row(query - window.start);
        for (const m of inside) {
          const key = words[m];
          if (key > query - apart) break;
          const share = shares[key - window.start];
          if (names[m] !== names[n] && share > (pair?.share ?? 0)) pair = { layer, head, query, key, share };
        }
      }
      if (pace.isDue) await pace.yield();
      if (signal.aborted) return null;
    }
  return { pair };
}
