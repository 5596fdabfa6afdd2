import type { TeachingSettings } from '../../model/finetuning/teaching';

/** Milliseconds per token. */
export interface Speed {
  readonly score: number;
  readonly learn: number;
}

/** Parts of a text that a lesson reads without learning: all before the lesson, and the last 30% after it. */
const READ_AROUND = 1 + 0.3;
/** Parts of a text that the model learns from in a round, and that decide after it. */
const [LEARNED, DECIDING] = [0.7, 0.15];
/** Tokens that are read before a part, to begin there; twice before and after a lesson. */
const CONTEXT = 2048;
const MEASURED = 4;
/** Writing samples takes this share of the time. */
export const SAMPLE_SHARE = 0.15;

/** The time that the rest of a lesson takes, in milliseconds. @param done the part of its steps that is done, from 0 to 1 */
export function timeOf(
  tokens: number,
  { rounds }: Pick<TeachingSettings, 'rounds'>,
  { score, learn }: Speed,
  done = 0,
): number {
  const context = Math.min(CONTEXT, tokens);
  const around = (READ_AROUND * tokens + MEASURED * context) * score;
  const round = LEARNED * tokens * learn + (DECIDING * tokens + context) * score;
  const left = done > 0 ? around / 4 : around;
  return (left + (1 - done) * rounds * round) / (1 - SAMPLE_SHARE);
}
