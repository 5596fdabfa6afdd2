import { EngineError } from '../runtime/errors';
import { gumbel } from './random';
import { ALTERNATIVES, type TokenRecord } from './records';
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

/** The settings of a model without a manifest. */
export const DEFAULT_SAMPLER: Omit<Sampling, 'seed'> = {
  temperature: 0.8,
  topK: 0,
  topP: 0.95,
  minP: 0,
  repetitionPenalty: 1,
  sequencePenalty: SEQUENCE_PENALTY,
};

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

export interface Draw {
  readonly id: number;
  /** Score plus noise of every token; -Infinity if excluded. For verification. */
  readonly perturbed: Float64Array;
}

/** The sampler's scores [vocab]: penalties, then temperature. Greedy scores are the penalized logits. */
export function scores(logits: ArrayLike<number>, sampling: Sampling, seen: Seen): Float64Array {
  const { repetitionPenalty: penalty, sequencePenalty, temperature } = sampling;
  const score = new Float64Array(logits.length);
  for (let id = 0; id < score.length; id++) {
    const logit = logits[id];
    const times = seen(id);
    const penalized = times > 0 ? (logit > 0 ? logit / penalty : logit * penalty) : logit;
    const reduced = times > 1 ? penalized - sequencePenalty * 2 ** (times - 2) : penalized;
    score[id] = temperature > 0 ? reduced / temperature : reduced;
  }
  return score;
}

/**
 * The lowest score that remains after top-k, then top-p of the rest, then min-p of the rest.
 * @param slack error of each score: positive keeps every token that may remain, negative only those that must.
 */
export function cutoff(score: Float64Array, sampling: Sampling, slack = 0): number {
  const { temperature, topK, topP, minP } = sampling;
  const highest = maximum(score);
  if (temperature === 0) return highest - slack;
  const floor = minP > 0 ? highest + Math.log(minP) : Number.NEGATIVE_INFINITY;
  let lowest = topK > 0 && topK < score.length ? nthHighest(score, topK) - slack : Number.NEGATIVE_INFINITY;
  if (topP < 1) {
    const share = topP + 2 * slack * topP * (1 - topP); // its derivative by the scores, at most
    lowest = Math.max(lowest, lowestOfShare(score, share, highest, lowest, floor) - slack);
  }
  return Math.max(lowest, floor - slack);
}

/**
 * The lowest of the highest scores that together have `share` of the mass of all scores from `lowest` on; if it is below
 * `floor`, any score up to `floor`. Usually few tokens have the share. So it sorts the scores near the highest one first,
 * more scores only if these do not suffice, and sums the mass of the others only as far as needed.
 */
function lowestOfShare(
  score: Float64Array,
  share: number,
  highest: number,
  lowest: number,
  floor: number,
): number {
  let total = 0;
  let summed = 0; // scores in the total
  for (let depth = 6; ; depth *= 2) {
    const least = Math.max(lowest, floor, highest - depth);
    const near: number[] = []; // in a loop, because Float64Array.filter takes ten times as long
    for (let id = 0; id < score.length; id++) if (score[id] >= least) near.push(score[id]);
    const sorted = Float64Array.from(near).sort();
    let held = 0;
    for (let i = sorted.length - 1; i >= 0; i--) held += Math.exp(sorted[i] - highest);
    for (; summed < score.length && share * total <= held; summed++)
      if (score[summed] >= lowest) total += Math.exp(score[summed] - highest);
    const isEnough = share * total <= held;
    if (!isEnough && least === floor) return floor;
    if (!isEnough && least > lowest && sorted.length < score.length) continue;
    let last = sorted.length;
    for (let above = 0; last > 0 && above < share * total; ) above += Math.exp(sorted[--last] - highest);
    return sorted[last] ?? highest; // a negative slack may keep none
  }
}

/** The n-th highest value, n from 1: by insertion for the usual few, by a full sort for many. */
function nthHighest(values: Float64Array, n: number): number {
  return n <= 100 ? values[topIds(values, n)[n - 1]] : values.toSorted()[values.length - n];
}

function maximum(values: ArrayLike<number>): number {
  let highest = values[0];
  for (let i = 1; i < values.length; i++) if (values[i] > highest) highest = values[i];
  return highest;
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

/** The record of token `id`, given the logits before it. Without `sampling` the token was typed. */
export function describeToken(
  logits: ArrayLike<number>,
  id: number,
  sampling: Sampling | null,
  seen: Seen,
): TokenRecord {
  const logSum = logSumExp(logits);
  const after = sampling ? probabilities(logits, sampling, seen) : null;
  const entry = (token: number) => ({
    id: token,
    logProbability: logits[token] - logSum,
    probability: after?.[token] ?? 0,
  });
  let rank = 1;
  for (let i = 0; i < logits.length; i++)
    if (logits[i] > logits[id] || (logits[i] === logits[id] && i < id)) rank++;
  return { ...entry(id), rank, alternatives: topIds(logits, ALTERNATIVES).map(entry) };
}

/** Probability of each token after sampling; when greedy, 1 for the most likely token (the lowest id among ties). */
export function probabilities(logits: ArrayLike<number>, sampling: Sampling, seen: Seen): Float64Array {
  const score = scores(logits, sampling, seen);
  if (sampling.temperature === 0) {
    const best = topIds(score, 1)[0];
    return score.map((_, id) => (id === best ? 1 : 0));
  }
  const lowest = cutoff(score, sampling);
  const highest = maximum(score);
  const mass = score.map((s) => (s >= lowest ? Math.exp(s - highest) : 0));
  const total = mass.reduce((sum, m) => sum + m, 0);
  return mass.map((m) => m / total);
}

export function logSumExp(logits: ArrayLike<number>): number {
  const max = maximum(logits);
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
