// The sampler of src/model/sampling/sampling.ts over n logits in float32: draws a token and writes its record. Scores are
// float32, sums of probabilities and noise float64. Buffers hold n rounded up to a multiple of 4. The padding lanes of
// the logits are overwritten with the lowest number, which has no effect.

import { ALTERNATIVE_ID, ALTERNATIVE_PROBABILITY, ALTERNATIVES, RECORD_ALTERNATIVES, RECORD_PROBABILITY } from './constants'; // generated: assemblyscript.ts
import { exp4 } from './numbers';
import { addLanes, describe, entry, highest, LOWEST, padWithLowest } from './record';

/**
 * Draws the token with the highest score + Gumbel noise of (seed, draw, id) among those that top-k, top-p and min-p
 * keep, and writes its record.
 * @param seen one bit per token id
 * @param followed pairs of a token, and the length of the repeated suffix that it followed
 * @param scores, masses, scratch each holds n numbers
 */
export function draw(
  logits: usize, n: i32, seen: usize, penalty: f32, followed: usize, pairs: i32, sequencePenalty: f32,
  temperature: f32, topK: i32, topP: f64, minP: f64, seed: u32, number: u32,
  scores: usize, masses: usize, scratch: usize, record: usize,
): i32 {
  padWithLowest(logits, n);
  writePenalized(logits, n, seen, penalty, scores);
  for (const end = followed + (<usize>pairs << 3); followed < end; followed += 8) {
    const score = scores + (<usize>load<u32>(followed) << 2);
    store<f32>(score, load<f32>(score) - sequencePenalty * <f32>(1 << (load<u32>(followed, 4) - 1)));
  }
  divide(scores, n, temperature);
  const top = highest(scores, n);
  let id: i32, lowest: f32, total: f64;
  if (temperature === 0) {
    lowest = top;
    id = likeliest(scores, n, top);
    total = 1;
  } else {
    lowest = cutoff(scores, masses, scratch, n, top, topK, topP, minP);
    id = perturbedBest(scores, n, top, lowest, seed, number);
    total = writeMasses(scores, masses, n, top, lowest);
  }
  describe(logits, n, id, record);
  const greedy = temperature === 0;
  const probability = greedy ? <f64>1 : <f64>load<f32>(masses + (<usize>id << 2)) / total;
  store<f32>(record, <f32>probability, 4 * RECORD_PROBABILITY);
  const list = record + 4 * RECORD_ALTERNATIVES;
  for (let i = 0; i < ALTERNATIVES && load<f32>(entry(list, i), 4 * ALTERNATIVE_ID) >= 0; i++) {
    const other = <usize>load<f32>(entry(list, i), 4 * ALTERNATIVE_ID);
    const probability = greedy ? <f64>(other === id) : <f64>load<f32>(masses + (other << 2)) / total;
    store<f32>(entry(list, i), <f32>probability, 4 * ALTERNATIVE_PROBABILITY);
  }
  return id;
}

/** The lowest id whose value is `top`. */
function likeliest(u: usize, n: i32, top: f32): i32 {
  let id = 0;
  while (id < n - 1 && load<f32>(u + (<usize>id << 2)) !== top) id++;
  return id;
}

/** The logits after the penalty on seen tokens. */
function writePenalized(logits: usize, n: i32, seen: usize, penalty: f32, scores: usize): void {
  memory.copy(scores, logits, (<usize>n + 3) >> 2 << 4);
  if (penalty !== 1)
    for (let word = 0; word << 5 < n; word++)
      for (let bits = load<u32>(seen + (<usize>word << 2)); bits; bits &= bits - 1) {
        const score = scores + (<usize>((word << 5) + ctz(bits)) << 2);
        const logit = load<f32>(score);
        store<f32>(score, logit > 0 ? logit / penalty : logit * penalty);
      }
}

/** Divides by the temperature unless it is 0; clamps overflow to finite numbers. */
function divide(scores: usize, n: i32, temperature: f32): void {
  const divisor = f32x4.splat(temperature > 0 ? temperature : 1);
  for (const end = scores + (<usize>n << 2); scores < end; scores += 16) {
    const score = f32x4.div(v128.load(scores), divisor);
    v128.store(scores, f32x4.pmin(f32x4.pmax(score, f32x4.splat(LOWEST)), f32x4.splat(f32.MAX_VALUE)));
  }
}

/** masses = e^(score - top) if the score is kept, else 0. Returns their sum. */
function writeMasses(scores: usize, masses: usize, n: i32, top: f32, lowest: f32): f64 {
  let sum = f64x2.splat(0);
  for (const end = scores + (<usize>n << 2); scores < end; scores += 16, masses += 16) {
    const score = v128.load(scores);
    const kept = v128.and(f32x4.ge(score, f32x4.splat(lowest)), f32x4.gt(score, f32x4.splat(LOWEST)));
    const mass = v128.and(exp4(f32x4.sub(score, f32x4.splat(top))), kept);
    v128.store(masses, mass);
    sum = addLanes(sum, mass);
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** The lowest score that remains after top-k, then top-p of the rest, then min-p of the rest. */
function cutoff(
  scores: usize, masses: usize, scratch: usize, n: i32, top: f32, topK: i32, topP: f64, minP: f64,
): f32 {
  let lowest = LOWEST;
  if (topK > 0 && topK < n) lowest = lowestKept(scores, scratch, masses, n, top, lowest, topK, false);
  if (topP < 1) {
    const total = writeMasses(scores, masses, n, top, lowest);
    lowest = lowestKept(scores, scratch, masses, n, top, lowest, topP * total, true);
  }
  return minP > 0 ? max(lowest, <f32>(<f64>top + Math.log(minP))) : lowest;
}

/**
 * The lowest v >= `lowest` such that the total weight of all scores above v stays below the limit. The weight of a score
 * is its probability (relative to the highest) or 1. It tries the scores near the highest first, which usually suffice.
 */
function lowestKept(
  scores: usize, scratch: usize, weights: usize, n: i32, top: f32, lowest: f32, limit: f64, byMass: bool,
): f32 {
  let reach: f32 = 4;
  let floor = lowest;
  let end = scratch;
  do {
    floor = reach > 24 ? lowest : max(lowest, top - reach);
    end = gather(scores, scratch, n, floor);
    for (let i: usize = 0; i < end - scratch; i += 16) {
      const mass = exp4(f32x4.sub(v128.load(scratch + i), f32x4.splat(top)));
      v128.store(weights + i, byMass ? mass : f32x4.splat(1));
    }
    reach *= 1.5;
  } while (floor > lowest && weightAbove(scratch, end, weights, LOWEST) < limit);
  return bisect(scratch, end, weights, floor, top, limit);
}

/** Copies the scores >= `floor`, padded to whole vectors with LOWEST. Returns the end address. */
function gather(scores: usize, to: usize, n: i32, floor: f32): usize {
  for (const end = scores + (<usize>n << 2); scores < end; scores += 16) {
    if (!v128.any_true(f32x4.ge(v128.load(scores), f32x4.splat(floor)))) continue;
    for (let lane: usize = 0; lane < 16; lane += 4) {
      const score = load<f32>(scores + lane);
      store<f32>(to, score);
      to += score >= floor && score > LOWEST ? 4 : 0;
    }
  }
  for (; to & 15; to += 4) store<f32>(to, LOWEST);
  return to;
}

/** Bisection over float32 bit patterns, whose order as integers, with negative numbers mirrored, is the numeric order. */
function bisect(scores: usize, end: usize, weights: usize, floor: f32, top: f32, limit: f64): f32 {
  let low = <i64>ordered(floor) - 1; // the answer is in (low, high]
  let high = <i64>ordered(top);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (weightAbove(scores, end, weights, fromOrdered(<i32>middle)) < limit) high = middle;
    else low = middle;
  }
  return fromOrdered(<i32>high);
}

function weightAbove(scores: usize, end: usize, weights: usize, v: f32): f64 {
  let sum = f64x2.splat(0);
  for (; scores < end; scores += 16, weights += 16)
    sum = addLanes(sum, v128.and(v128.load(weights), f32x4.gt(v128.load(scores), f32x4.splat(v))));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

function ordered(v: f32): i32 {
  const bits = reinterpret<i32>(v);
  return bits < 0 ? bits ^ 0x7fffffff : bits;
}

function fromOrdered(key: i32): f32 {
  return reinterpret<f32>(key < 0 ? key ^ 0x7fffffff : key);
}

/** The kept token with the highest score + noise, ties by id. */
function perturbedBest(scores: usize, n: i32, top: f32, lowest: f32, seed: u32, number: u32): i32 {
  const stream = mix(mix(seed + 0x9e3779b9) + number);
  let id = likeliest(scores, n, top);
  let best = <f64>top + gumbel(stream, id);
  for (let i = 0; i < n; i++) {
    const at = scores + (<usize>i << 2);
    if (!(i & 3) && !v128.any_true(f32x4.ge(v128.load(at), f32x4.splat(lowest)))) {
      i += 3;
      continue;
    }
    const score = load<f32>(at);
    if (score < lowest) continue;
    // The noise is at most -log u <= -ln 2 * (exponent of u), so most tokens need no logarithm.
    const bits = mix(stream + i) >> 9;
    if (<f64>score + Math.LN2 * <f64>(clz(bits) - 8) < best) continue;
    const perturbed = <f64>score + gumbel(stream, i);
    if (perturbed > best || (perturbed === best && i < id)) {
      best = perturbed;
      id = i;
    }
  }
  return id;
}

/** Standard Gumbel noise: -log(-log1p(-u)), u = ((hash >> 9) + 0.5) 2^-23. */
function gumbel(stream: u32, token: u32): f64 {
  const u = (<f64>(mix(stream + token) >> 9) + 0.5) * (1.0 / 8388608);
  return -Math.log(-Math.log1p(-u));
}

/** src/model/sampling/random.ts: mix */
function mix(h: u32): u32 {
  h = (h ^ (h >> 16)) * 0x21f0aaad;
  h = (h ^ (h >> 15)) * 0xd35a2d97;
  return h ^ (h >> 15);
}
