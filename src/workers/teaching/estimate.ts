import { CONTEXT, SHARES, type TeachingSettings } from '../../model/finetuning/teaching';

/** Milliseconds per token. */
export interface Speed {
  readonly score: number;
  readonly learn: number;
}

/** Parts of a text that a lesson reads without learning: all before the lesson, and the last two parts after it. */
const READ_AROUND = 1 + (1 - SHARES.learned);
/** The deciding and the unseen part are measured before and after a lesson, each with the context before it. */
const MEASURED = 4;
/** About the tokens of encyclopedia/prose.txt, which both models read. */
const PROSE = 5000;
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
  const round = SHARES.learned * tokens * learn + (SHARES.deciding * tokens + context) * score;
  const left = done > 0 ? around / 4 : around;
  return (left + 2 * PROSE * score + (1 - done) * rounds * round) / (1 - SAMPLE_SHARE);
}
