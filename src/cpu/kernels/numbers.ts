// Elementary functions in float32. Polynomials are Taylor expansions about the middle of a reduced range. The relative
// error of exp and the absolute error of sine and cosine are below 3e-7.

/** a b + sum; in a module with relaxed SIMD it may be rounded once instead of twice, depending on the processor. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

const LOG2E: f32 = 1.4426950408889634;
const LN2_HIGH: f32 = 0.693359375; // nine bits, so that n * LN2_HIGH is exact
const LN2_LOW: f32 = -0.00021219444005469058; // ln 2 - LN2_HIGH

// The last place of a float32 of this size is 1, so adding it rounds to an integer, which is then in the low bits.
const ROUND: f32 = 12582912; // 1.5 * 2^23

/** e^x of four lanes, x clamped to [-87, 88]: e^x = 2^n e^r, n = round(x / ln 2), |r| <= ln(2) / 2. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const held = f32x4.pmax(f32x4.pmin(x, f32x4.splat(88)), f32x4.splat(-87));
  const rounded = f32x4.add(f32x4.mul(held, f32x4.splat(LOG2E)), f32x4.splat(ROUND));
  const n = f32x4.sub(rounded, f32x4.splat(ROUND));
  const high = f32x4.sub(held, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  const r = f32x4.sub(high, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  let p = f32x4.splat(1.0 / 5040);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 720));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 120));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 24));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 6));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(rounded, i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/** 1 / (1 + e^-u) */
export function sigmoid(u: f32): f32 {
  return 1 / (1 + f32x4.extract_lane(exp4(f32x4.splat(-u)), 0));
}

const HALF_PI: f32 = 1.5707963267948966;

// sin and cos of y in [-pi/4, pi/4]
// @ts-ignore: decorator
@inline
function sinNear0(y: f32): f32 {
  const s = y * y;
  return y * (1 + s * (-1.0 / 6 + s * (1.0 / 120 + s * (-1.0 / 5040 + s * (1.0 / 362880)))));
}

// @ts-ignore: decorator
@inline
function cosNear0(y: f32): f32 {
  const s = y * y;
  return 1 + s * (-1.0 / 2 + s * (1.0 / 24 + s * (-1.0 / 720 + s * (1.0 / 40320))));
}

// sin and cos of pi/2 P for P in [0, 1] and rest = 1 - P, each expanded from the nearer end, so that they are exact at the
// ends. Otherwise a pair with re-weighting 0 would keep a small weight.

export function sinQuarter(P: f32, rest: f32): f32 {
  return P <= 0.5 ? sinNear0(P * HALF_PI) : cosNear0(rest * HALF_PI);
}

export function cosQuarter(P: f32, rest: f32): f32 {
  return P <= 0.5 ? cosNear0(P * HALF_PI) : sinNear0(rest * HALF_PI);
}

/** The sum of the lanes, in a fixed order. */
// @ts-ignore: decorator
@inline
export function sum4(a: v128): f32 {
  return (
    f32x4.extract_lane(a, 0) +
    f32x4.extract_lane(a, 2) +
    (f32x4.extract_lane(a, 1) + f32x4.extract_lane(a, 3))
  );
}

/** The largest |x| of the numbers from x to end, a multiple of 4. */
// @ts-ignore: decorator
@inline
export function largest(x: usize, end: usize): f32 {
  let most = f32x4.splat(0);
  for (; x < end; x += 16) most = f32x4.pmax(most, f32x4.abs(v128.load(x)));
  most = f32x4.pmax(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
  most = f32x4.pmax(most, v128.shuffle<f32>(most, most, 1, 0, 3, 2));
  return f32x4.extract_lane(most, 0);
}

/** a . b over n numbers, a multiple of 4. */
export function dot(a: usize, b: usize, n: i32): f32 {
  let sum = f32x4.splat(0);
  for (const end = a + (<usize>n << 2); a < end; a += 16, b += 16)
    sum = f32x4.add(sum, f32x4.mul(v128.load(a), v128.load(b)));
  return sum4(sum);
}
