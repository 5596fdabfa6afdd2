// The record of a token over n logits in float32, as src/model/sampling/records.ts lays it out.

import {
  ALTERNATIVE_ID, ALTERNATIVE_LOG_PROBABILITY, ALTERNATIVE_PROBABILITY, ALTERNATIVE_SIZE, ALTERNATIVES,
  RECORD_ALTERNATIVES, RECORD_ID, RECORD_LOG_PROBABILITY, RECORD_PROBABILITY, RECORD_RANK,
} from './constants'; // generated: assemblyscript.ts
import { exp4 } from './numbers';

export const LOWEST: f32 = -f32.MAX_VALUE;

/** Writes id, log-probability, rank and the most likely tokens into `record`; probabilities after sampling stay 0. */
export function describe(logits: usize, n: i32, id: i32, record: usize): void {
  padWithLowest(logits, n);
  const logSum = logSumExp(logits, n);
  const logit = load<f32>(logits + (<usize>id << 2));
  store<f32>(record, <f32>id, 4 * RECORD_ID);
  store<f32>(record, <f32>(<f64>logit - logSum), 4 * RECORD_LOG_PROBABILITY);
  store<f32>(record, <f32>countBefore(logits, n, id, logit) + 1, 4 * RECORD_RANK);
  store<f32>(record, 0, 4 * RECORD_PROBABILITY);
  writeLikeliest(logits, n, logSum, record + 4 * RECORD_ALTERNATIVES);
}

export function padWithLowest(u: usize, n: i32): void {
  for (let i = n; i & 3; i++) store<f32>(u + (<usize>i << 2), LOWEST);
}

export function highest(u: usize, n: i32): f32 {
  let max = v128.load(u);
  for (const end = u + (<usize>n << 2); u < end; u += 16) max = f32x4.pmax(max, v128.load(u));
  const a = f32x4.pmax(max, v128.shuffle<f32>(max, max, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(a, v128.shuffle<f32>(a, a, 1, 0, 3, 2)), 0);
}

/** The number of tokens that rank before `id`: higher logits, and equal logits with lower ids. */
function countBefore(logits: usize, n: i32, id: i32, logit: f32): i32 {
  let count = i32x4.splat(0);
  let ids = i32x4(0, 1, 2, 3);
  for (const end = logits + (<usize>n << 2); logits < end; logits += 16) {
    const others = v128.load(logits);
    const tied = v128.and(f32x4.eq(others, f32x4.splat(logit)), i32x4.lt_s(ids, i32x4.splat(id)));
    count = i32x4.sub(count, v128.or(f32x4.gt(others, f32x4.splat(logit)), tied));
    ids = i32x4.add(ids, i32x4.splat(4));
  }
  return (
    i32x4.extract_lane(count, 0) +
    i32x4.extract_lane(count, 1) +
    i32x4.extract_lane(count, 2) +
    i32x4.extract_lane(count, 3)
  );
}

// float64 sum + the four lanes
// @ts-ignore: decorator
@inline
export function addLanes(sum: v128, lanes: v128): v128 {
  const high = v128.shuffle<f32>(lanes, lanes, 2, 3, 2, 3);
  return f64x2.add(sum, f64x2.add(f64x2.promote_low_f32x4(lanes), f64x2.promote_low_f32x4(high)));
}

function logSumExp(logits: usize, n: i32): f64 {
  const top = highest(logits, n);
  let sum = f64x2.splat(0);
  for (const end = logits + (<usize>n << 2); logits < end; logits += 16)
    sum = addLanes(sum, exp4(f32x4.sub(v128.load(logits), f32x4.splat(top))));
  return <f64>top + Math.log(f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
}

/** The most likely tokens, ties by id: id, log-probability and 0 each; -1 if the vocabulary is smaller. */
function writeLikeliest(logits: usize, n: i32, logSum: f64, list: usize): void {
  let count = 0;
  let least = f32x4.splat(LOWEST);
  for (let i = 0; i < ALTERNATIVE_SIZE * ALTERNATIVES; i++) store<f32>(list + (<usize>i << 2), -1);
  for (let base = 0; base < n; base += 4) {
    const four = v128.load(logits + (<usize>base << 2));
    if (count === ALTERNATIVES && !v128.any_true(f32x4.gt(four, least))) continue;
    for (let i = base; i < min(base + 4, n); i++) {
      const logit = load<f32>(logits + (<usize>i << 2));
      if (count === ALTERNATIVES && logit <= logitAt(list, count - 1)) continue;
      let place = min(count, ALTERNATIVES - 1);
      for (; place > 0 && logitAt(list, place - 1) < logit; place--) {
        const id = load<f32>(entry(list, place - 1), 4 * ALTERNATIVE_ID);
        store<f32>(entry(list, place), id, 4 * ALTERNATIVE_ID);
        store<f32>(entry(list, place), logitAt(list, place - 1), 4 * ALTERNATIVE_LOG_PROBABILITY);
      }
      store<f32>(entry(list, place), <f32>i, 4 * ALTERNATIVE_ID);
      store<f32>(entry(list, place), logit, 4 * ALTERNATIVE_LOG_PROBABILITY);
      if (count < ALTERNATIVES) count++;
    }
    least = f32x4.splat(logitAt(list, count - 1));
  }
  for (let i = 0; i < count; i++) {
    store<f32>(entry(list, i), <f32>(<f64>logitAt(list, i) - logSum), 4 * ALTERNATIVE_LOG_PROBABILITY);
    store<f32>(entry(list, i), 0, 4 * ALTERNATIVE_PROBABILITY);
  }
}

// The address of the i-th entry of a list of alternatives.
// @ts-ignore: decorator
@inline
export function entry(list: usize, i: i32): usize {
  return list + 4 * ALTERNATIVE_SIZE * i;
}

// The logit of the i-th entry of an unfinished list, where its log-probability will be.
// @ts-ignore: decorator
@inline
function logitAt(list: usize, i: i32): f32 {
  return load<f32>(entry(list, i), 4 * ALTERNATIVE_LOG_PROBABILITY);
}
