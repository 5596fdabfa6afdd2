import { EngineError } from '../runtime/errors';
import { gumbel } from './random';
import type { Seen } from './seen';

/** Sampler settings. Order and definitions follow the logits processors of Hugging Face transformers. */
export interface Sampling {
  /** Divides the logits; 0 picks the most likely token. */
  readonly temperature: number;
  /** Keeps the k highest scores (and ties of the k-th); 0 keeps all. */
  readonly topK: number;
  /** Keeps a token if the mass ranked above it is below p; 1 keeps all. */
  readonly topP: number;
  /** Keeps tokens with at least this fraction of the highest probability; 0 keeps all. */
  readonly minP: number;
  /** For tokens seen in this article, divides positive logits and multiplies negative ones; 1 is off. */
  readonly repetitionPenalty: number;
  /**
   * Subtracted from the logit of any token that previously followed the current suffix; doubles with each additional
   * matching suffix token (see seen.ts). 0 is off.
   */
  readonly sequencePenalty: number;
  /** uint32 */
  readonly seed: number;
}

/** Default for manifests without one. It prevents loops in all of these models (docs/decisions.md). */
export const SEQUENCE_PENALTY = 1;

export const GREEDY: Sampling = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  sequencePenalty: 0,
  seed: 0,
};

/** @throws EngineError 'input' with the setting and its range. */
export function checkSampling(sampling: Sampling): void {
  const range = (key: keyof Sampling, min: number, max: number, whole = false) => {
    const value = sampling[key];
    if (!(value >= min && value <= max) || (whole && !Number.isInteger(value)))
      throw new EngineError(
        'input',
        `${key} is ${value}.`,
        `Use a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`,
      );
  };
  range('temperature', 0, 10);
  range('topK', 0, 2 ** 24, true);
  range('topP', 1e-4, 1);
  range('minP', 0, 1);
  range('repetitionPenalty', 0.1, 10);
  range('sequencePenalty', 0, 100);
  range('seed', 0, 2 ** 32 - 1, true);
}

/**
 * A record describes one token: RECORD_SIZE float32 numbers, including ids (exact below 2^24).
 *   0 id
 *   1 natural log-probability before sampling
 *   2 rank among the logits: 1 is the most likely; ties rank by id; 0 without a prediction
 *   3 probability after sampling (1 when greedy; 0 for an excluded or typed token)
 *   4 + 3n  the n-th most likely token: id, log-probability, probability after sampling (0 if excluded)
 */
export const RECORD_SIZE = 34;
const ALTERNATIVES = 10;

export interface TokenRecord {
  readonly id: number;
  readonly logProbability: number;
  readonly rank: number;
  readonly probability: number;
  readonly alternatives: readonly { id: number; logProbability: number; probability: number }[];
}

/** The n-th record of a block of records. Vocabularies below ALTERNATIVES entries have fewer alternatives. */
export function readRecord(records: Float32Array, n: number): TokenRecord {
  const at = n * RECORD_SIZE;
  const alternatives = [];
  for (let i = at + 4; i < at + RECORD_SIZE && records[i] >= 0; i += 3)
    alternatives.push({ id: records[i], logProbability: records[i + 1], probability: records[i + 2] });
  return {
    id: records[at],
    logProbability: records[at + 1],
    rank: records[at + 2],
    probability: records[at + 3],
    alternatives,
  };
}

/** Records of tokens with only ids. */
export function unknownRecords(ids: Uint32Array): Float32Array {
  const records = new Float32Array(ids.length * RECORD_SIZE).fill(-1); // -1: no alternatives
  for (const [i, id] of ids.entries()) records.set([id, Number.NaN, 0, Number.NaN], i * RECORD_SIZE);
  return records;
}

export interface Draw {
  readonly id: number;
  /** Score plus noise of every token; -Infinity if excluded. For verification. */
  readonly perturbed: Float64Array;
}

/** The sampler's scores: penalties, then temperature. Greedy scores are the penalized logits. */
export function scores(logits: ArrayLike<number>, sampling: Sampling, seen: Seen): Float64Array {
  const { repetitionPenalty: penalty, sequencePenalty, temperature } = sampling;
  return Float64Array.from(logits, (logit, id) => {
    const times = seen(id);
    const penalized = times > 0 ? (logit > 0 ? logit / penalty : logit * penalty) : logit;
    const score = times > 1 ? penalized - sequencePenalty * 2 ** (times - 2) : penalized;
    return temperature > 0 ? score / temperature : score;
  });
}

/**
 * The lowest score that remains after top-k, then top-p of the rest, then min-p of the rest.
 * @param slack error of each score: positive keeps every token that may remain, negative only those that must.
 */
export function cutoff(score: Float64Array, sampling: Sampling, slack = 0): number {
  const { temperature, topK, topP, minP } = sampling;
  const sorted = score.toSorted().reverse();
  if (temperature === 0) return sorted[0] - slack;
  let lowest = topK > 0 && topK < sorted.length ? sorted[topK - 1] - slack : Number.NEGATIVE_INFINITY;
  if (topP < 1) {
    const mass = sorted.map((s) => (s >= lowest ? Math.exp(s - sorted[0]) : 0));
    const total = mass.reduce((sum, m) => sum + m, 0);
    let above = 0;
    let last = 0;
    const share = topP + 2 * slack * topP * (1 - topP); // bounds the change of the mass by its derivative
    for (let i = 0; i < sorted.length && above < share * total; i++) {
      above += mass[i];
      last = i;
    }
    lowest = Math.max(lowest, sorted[last] - slack);
  }
  return minP > 0 ? Math.max(lowest, sorted[0] + Math.log(minP) - slack) : lowest;
}

/**
 * Draws the next token by the Gumbel-max trick: the kept token with the highest score + noise(seed, draw, id), which is
 * distributed as softmax(score). The lower id wins ties.
 * @param draw number of tokens that the stream has read. It never resets, so no noise repeats.
 */
export function sample(logits: ArrayLike<number>, sampling: Sampling, draw: number, seen: Seen): Draw {
  const score = scores(logits, sampling, seen);
  const lowest = cutoff(score, sampling);
  const perturbed = score.map((s, id) =>
    s < lowest
      ? Number.NEGATIVE_INFINITY
      : sampling.temperature > 0
        ? s + gumbel(sampling.seed, draw, id)
        : s,
  );
  let id = 0;
  for (let i = 1; i < perturbed.length; i++) if (perturbed[i] > perturbed[id]) id = i;
  return { id, perturbed };
}

/** Writes the record of token `id` from the logits before it. Without `sampling`, the token was typed. */
export function writeRecord(
  out: Float32Array,
  at: number,
  logits: ArrayLike<number>,
  id: number,
  sampling: Sampling | null,
  seen: Seen,
): void {
  const logSum = logSumExp(logits);
  const chance = sampling ? probabilities(logits, sampling, seen) : null;
  let rank = 1;
  for (let i = 0; i < logits.length; i++)
    if (logits[i] > logits[id] || (logits[i] === logits[id] && i < id)) rank++;
  out.fill(-1, at, at + RECORD_SIZE);
  out.set([id, logits[id] - logSum, rank, chance ? chance[id] : 0], at);
  for (const [n, top] of topIds(logits, ALTERNATIVES).entries())
    out.set([top, logits[top] - logSum, chance ? chance[top] : 0], at + 4 + 3 * n);
}

/** Probability of each token after sampling; when greedy, 1 for the most likely token (the lowest id among ties). */
export function probabilities(logits: ArrayLike<number>, sampling: Sampling, seen: Seen): Float64Array {
  const score = scores(logits, sampling, seen);
  if (sampling.temperature === 0) {
    const best = topIds(score, 1)[0];
    return score.map((_, id) => (id === best ? 1 : 0));
  }
  const lowest = cutoff(score, sampling);
  const highest = score.reduce((max, s) => Math.max(max, s), Number.NEGATIVE_INFINITY);
  const mass = score.map((s) => (s >= lowest ? Math.exp(s - highest) : 0));
  const total = mass.reduce((sum, m) => sum + m, 0);
  return mass.map((m) => m / total);
}

export function logSumExp(logits: ArrayLike<number>): number {
  let max = logits[0];
  for (let i = 1; i < logits.length; i++) max = Math.max(max, logits[i]);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i] - max);
  return max + Math.log(sum);
}

/** The ids of the n highest values, ties by id. */
function topIds(values: ArrayLike<number>, n: number): number[] {
  const top: number[] = [];
  for (let id = 0; id < values.length; id++) {
    if (top.length === n && values[id] <= values[top[n - 1]]) continue;
    let place = top.length;
    while (place > 0 && values[top[place - 1]] < values[id]) place--;
    top.splice(place, 0, id);
    if (top.length > n) top.pop();
  }
  return top;
}
