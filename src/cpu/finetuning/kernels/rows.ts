// Gradients of the elementwise and per-row steps. Rows are [tokens, stride] in float32, stride in numbers; n is a multiple
// of 4. The padding stays zero.

import { exp4, sum4 } from '../../kernels/numbers';

/**
 * Replaces logits [tokens, stride] by their gradient, weight (softmax - one-hot(target)). Writes two float64 per token to
 * `sums`: the sum of exp(logit - highest), and highest - logit[target]. n logits of a row, and lowest ones after them.
 */
export function crossEntropy(
  logits: usize, stride: i32, n: i32, targets: usize, weight: f32, sums: usize, tokens: i32,
): void {
  for (let t = 0; t < tokens; t++, sums += 16) {
    const row = logits + (<usize>(t * stride) << 2);
    for (let i = n; i & 3; i++) store<f32>(row + (<usize>i << 2), -f32.MAX_VALUE);
    const end = row + (<usize>n << 2);
    let highest = v128.load(row);
    for (let at = row; at < end; at += 16) highest = f32x4.pmax(highest, v128.load(at));
    const pairs = f32x4.pmax(highest, v128.shuffle<f32>(highest, highest, 2, 3, 0, 1));
    const top = f32x4.extract_lane(f32x4.pmax(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2)), 0);
    const target = row + (<usize>load<u32>(targets + (<usize>t << 2)) << 2);
    store<f64>(sums, <f64>top - <f64>load<f32>(target), 8);
    let sum: f64 = 0;
    for (let at = row; at < end; at += 16) {
      const exponential = exp4(f32x4.sub(v128.load(at), f32x4.splat(top)));
      v128.store(at, exponential);
      sum += <f64>sum4(exponential);
    }
    store<f64>(sums, sum);
    const factor = f32x4.splat(weight / <f32>sum);
    for (let at = row; at < end; at += 16) v128.store(at, f32x4.mul(v128.load(at), factor));
    store<f32>(target, load<f32>(target) - weight);
  }
}

/** y = x r w:   Dx = Dx + r w Dy - r^3 x mean(x w Dy) */
export function rmsBackward(x: usize, w: usize, Dy: usize, Dx: usize, stride: i32, n: i32, tokens: i32, eps: f32): void {
  const row = <usize>stride << 2;
  for (let t = 0; t < tokens; t++, x += row, Dy += row, Dx += row) rmsRow(x, w, Dy, Dx, n, eps, true);
}

/** The same for each head, with w [heads * e] and in place: Dy becomes Do. */
export function normalizeHeadsBackward(
  o: usize, w: usize, Dy: usize, stride: i32, heads: i32, e: i32, tokens: i32, eps: f32,
): void {
  for (let t = 0; t < tokens; t++)
    for (let h = 0; h < heads; h++) {
      const at = <usize>(t * stride + h * e) << 2;
      rmsRow(o + at, w + (<usize>(h * e) << 2), Dy + at, Dy + at, e, eps, false);
    }
}

function rmsRow(x: usize, w: usize, Dy: usize, Dx: usize, n: i32, eps: f32, add: bool): void {
  const bytes = <usize>n << 2;
  let squares = f32x4.splat(0), product = squares;
  for (let i: usize = 0; i < bytes; i += 16) {
    const four = v128.load(x + i);
    squares = f32x4.add(squares, f32x4.mul(four, four));
    product = f32x4.add(product, f32x4.mul(four, f32x4.mul(v128.load(w + i), v128.load(Dy + i))));
  }
  const r: f32 = 1 / sqrt<f32>(sum4(squares) / <f32>n + eps);
  const factor = f32x4.splat(r), along = f32x4.splat((r * r * r * sum4(product)) / <f32>n);
  for (let i: usize = 0; i < bytes; i += 16) {
    const across = f32x4.mul(factor, f32x4.mul(v128.load(w + i), v128.load(Dy + i)));
    const result = f32x4.sub(across, f32x4.mul(along, v128.load(x + i)));
    v128.store(Dx + i, add ? f32x4.add(v128.load(Dx + i), result) : result);
  }
}

/** y = o / m, m = max(sum, floor), for each head: Dy becomes Do, and Dsum [tokens, heads] = -(o . Dy) / m^2 or 0. */
export function divideBackward(
  o: usize, sum: usize, Dy: usize, Dsum: usize, stride: i32, heads: i32, e: i32, tokens: i32, floor: f32,
): void {
  for (let t = 0; t < tokens; t++)
    for (let h = 0; h < heads; h++, sum += 4, Dsum += 4) {
      const m = max<f32>(load<f32>(sum), floor);
      let at = <usize>(t * stride + h * e) << 2;
      let product = f32x4.splat(0);
      for (const end = at + (<usize>e << 2); at < end; at += 16) {
        const four = f32x4.div(v128.load(Dy + at), f32x4.splat(m));
        product = f32x4.add(product, f32x4.mul(four, v128.load(o + at)));
        v128.store(Dy + at, four);
      }
      store<f32>(Dsum, load<f32>(sum) > floor ? -sum4(product) / m : 0);
    }
}

/** y = relu(u)^2: D over n numbers becomes Du = 2 sqrt(y) Dy. */
export function squaredReluBackward(y: usize, D: usize, n: i32): void {
  for (const end = y + (<usize>n << 2); y < end; y += 16, D += 16) {
    const root = f32x4.sqrt(v128.load(y));
    v128.store(D, f32x4.mul(f32x4.add(root, root), v128.load(D)));
  }
}

/** The convolution of src/cpu/kernels/rows.ts, in place: D[t] = sum over j of taps[3 - j] D[t + j] inside the segment. */
export function convolveBackward(D: usize, stride: i32, n: i32, taps: usize, tokens: i32): void {
  const token = <usize>stride << 2, tap = <usize>n << 2;
  for (let t = 0; t < tokens; t++, D += token)
    for (let i: usize = 0; i < <usize>n << 2; i += 16) {
      const at = D + i, first = taps + i;
      let sum = f32x4.mul(v128.load(first + 3 * tap), v128.load(at));
      if (t + 1 < tokens) sum = f32x4.add(sum, f32x4.mul(v128.load(first + 2 * tap), v128.load(at + token)));
      if (t + 2 < tokens) sum = f32x4.add(sum, f32x4.mul(v128.load(first + tap), v128.load(at + 2 * token)));
      if (t + 3 < tokens) sum = f32x4.add(sum, f32x4.mul(v128.load(first), v128.load(at + 3 * token)));
      v128.store(at, sum);
    }
}
