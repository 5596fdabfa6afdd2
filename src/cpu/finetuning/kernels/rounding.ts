// Activations rounded to int16 in blocks of numbers, to halve their memory.
//
//   step = max of |x| / 32767 over the block        X = round(x / step), at least 1 where x > 0        x = step X
//
// Layout    n numbers, blocks of `block` numbers, a multiple of 4; X int16 [n], steps float32 [n / block].
// Numerics  The error is at most one step. A positive number stays positive, because relu has its kink at 0.

import { largest } from '../../kernels/numbers';

const LIMIT: f32 = 32767;

export function toBlocks(x: usize, n: i32, block: i32, X: usize, steps: usize): void {
  const bytes = <usize>block << 2;
  for (const end = x + (<usize>n << 2); x < end; steps += 4) {
    const last = x + bytes;
    const step = largest(x, last) / LIMIT;
    store<f32>(steps, step);
    // If the step is zero or too small to divide by, the block becomes zeros.
    const inverse = f32x4.splat(step > 1e-37 ? 1 / step : 0);
    for (; x < last; x += 16, X += 8) {
      const four = v128.load(x);
      const rounded = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(four, inverse)));
      const lifted = i32x4.sub(rounded, v128.and(f32x4.gt(four, f32x4.splat(0)), i32x4.eq(rounded, i32x4.splat(0))));
      v128.store64_lane(X, i16x8.narrow_i32x4_s(lifted, lifted), 0);
    }
  }
}

export function fromBlocks(X: usize, steps: usize, n: i32, block: i32, x: usize): void {
  const bytes = <usize>block << 2;
  for (const end = x + (<usize>n << 2); x < end; steps += 4) {
    const step = v128.load_splat<f32>(steps);
    for (const last = x + bytes; x < last; x += 16, X += 8)
      v128.store(x, f32x4.mul(step, f32x4.convert_i32x4_s(v128.load_ext<i16>(X))));
  }
}
