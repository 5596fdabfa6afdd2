// LeaPformer attention over a tile of tokens, head by head (docs/model.md; e = head width, E = rows of S and z).
//
//   u = relu(u) factor        P = sigmoid(output . relu(hidden u + b) + c)        u~ = [u cos(pi/2 P), u sin(pi/2 P)]
//   S = a S + k~ v^T          z = a z + k~                                        o = q~^T S,  sum = q~ . z
//
// Layout    q, k, v are columns of rows [tokens, stride]; q~ and k~ [tokens, heads, E]; S [heads, E, e] then z
//           [heads, E] at memories[t] + offset bytes. Tokens of one stream share an address and are in order, so one
//           kernel serves a chunk of a stream and a batch of streams. e is a multiple of 4.
// Numerics  float32; o[c] adds its E products in order. The recurrence runs token by token while S of a head stays in
//           the L1 cache: 2.5 e E multiply-adds per token. The quadratic form over 64 tokens takes 2.7 e E for e = 64,
//           and a chunk would differ from single tokens in the last bits; the recurrence is bitwise the same.

import { cosQuarter, dot, multiplyAdd, sigmoid, sinQuarter, sum4 } from './numbers';

/**
 * An address of packed float32: hidden [width, e], its bias [width], output [width], its bias [1], each from a multiple of
 * 32 numbers.
 */
type Module = usize;

/** Bytes of n numbers with the padding after them. */
function padded(n: i32): usize {
  return <usize>((n + 31) & ~31) << 2;
}

/**
 * Learned P and 1 - P of every token and head [tokens, heads, 2] from u [tokens, stride]. 1 - P is computed directly: near
 * P = 1 a subtraction would lose precision, which rms amplifies. `scratch` holds e numbers.
 */
export function proportions(
  u: usize, stride: i32, heads: i32, e: i32, factor: f32, module: Module, width: i32, scratch: usize, P: usize,
  tokens: i32,
): void {
  for (let t = 0; t < tokens; t++)
    for (let h = 0; h < heads; h++, P += 8) {
      rectify(u + (<usize>(t * stride + h * e) << 2), scratch, <usize>e << 2, factor);
      const logit = proportionLogit(module, width, scratch, e);
      store<f32>(P, sigmoid(logit));
      store<f32>(P, sigmoid(-logit), 4);
    }
}

/** q~ or k~ of every token and head from u [tokens, stride], and P and 1 - P [tokens, heads, 2]. Without `split`, u~ = u. */
export function reweight(
  u: usize, stride: i32, heads: i32, e: i32, factor: f32, split: bool, P: usize, out: usize, tokens: i32,
): void {
  const bytes = <usize>e << 2;
  for (let t = 0; t < tokens; t++)
    for (let h = 0; h < heads; h++, P += 8) {
      rectify(u + (<usize>(t * stride + h * e) << 2), out, bytes, factor);
      if (split) {
        const value = load<f32>(P), rest = load<f32>(P, 4);
        const cos = f32x4.splat(cosQuarter(value, rest)), sin = f32x4.splat(sinQuarter(value, rest));
        for (const end = out + bytes; out < end; out += 16) {
          const four = v128.load(out);
          v128.store(out, f32x4.mul(four, cos));
          v128.store(out + bytes, f32x4.mul(four, sin));
        }
      }
      out += bytes;
    }
}

function rectify(from: usize, to: usize, bytes: usize, factor: f32): void {
  for (let i: usize = 0; i < bytes; i += 16)
    v128.store(to + i, f32x4.mul(f32x4.pmax(v128.load(from + i), f32x4.splat(0)), f32x4.splat(factor)));
}

/** The LeaP module. The sigmoid of its result is the learned proportion. */
function proportionLogit(module: Module, width: i32, u: usize, e: i32): f32 {
  const bias = module + padded(width * e);
  const output = bias + padded(width);
  let sum = load<f32>(output + padded(width));
  for (let r = 0; r < width; r++) {
    const at = <usize>r << 2;
    const hidden = dot(module + (<usize>(r * e) << 2), u, e) + load<f32>(bias + at);
    sum += load<f32>(output + at) * max<f32>(hidden, 0);
  }
  return sum;
}

/**
 * The recurrence: updates S and z, writes o [tokens, stride] at columns h e and normalizerSum [tokens, heads]. v [tokens,
 * vStride] starts at its first column; gates a [tokens, aStride]. It computes the columns `first` to `last` - 1 of o and
 * what belongs to them: columns of S, and z and normalizerSum with the first column of a head. Both are multiples of 4.
 */
export function recur(
  qTilde: usize, kTilde: usize, v: usize, vStride: i32, a: usize, aStride: i32, memories: usize, offset: usize,
  heads: i32, e: i32, E: i32, o: usize, stride: i32, normalizerSum: usize, tokens: i32, first: i32, last: i32,
): void {
  const zOffset = <usize>(heads * E * e) << 2;
  for (let h = first / e; h * e < last; h++) {
    const begin = max(first - h * e, 0), end = min(last - h * e, e);
    for (let t = 0; t < tokens; t++) {
      const memory = <usize>load<u32>(memories + (<usize>t << 2)) + offset;
      const S = memory + (<usize>(h * E * e) << 2);
      const z = memory + zOffset + (<usize>(h * E) << 2);
      const q = qTilde + (<usize>((t * heads + h) * E) << 2);
      const k = kTilde + (<usize>((t * heads + h) * E) << 2);
      const values = v + (<usize>(t * vStride + h * e) << 2);
      const out = o + (<usize>(t * stride + h * e) << 2);
      const gate = f32x4.splat(load<f32>(a + (<usize>(t * aStride + h) << 2)));
      let c = begin;
      for (; c + 16 <= end; c += 16) sixteenColumns(S, e, E, c, gate, q, k, values, out);
      for (; c < end; c += 4) fourColumns(S, e, E, c, gate, q, k, values, out);
      if (begin > 0) continue;
      store<f32>(normalizerSum + (<usize>(t * heads + h) << 2), recurNormalizer(z, E, gate, q, k));
    }
  }
}

function recurNormalizer(z: usize, E: i32, gate: v128, q: usize, k: usize): f32 {
  let sum = f32x4.splat(0);
  for (let r: usize = 0; r < <usize>E << 2; r += 16) {
    const next = f32x4.add(f32x4.mul(gate, v128.load(z + r)), v128.load(k + r));
    v128.store(z + r, next);
    sum = multiplyAdd(v128.load(q + r), next, sum);
  }
  return sum4(sum);
}

// Columns c to c + 15 of S and o.
function sixteenColumns(S: usize, e: i32, E: i32, c: i32, gate: v128, q: usize, k: usize, v: usize, o: usize): void {
  const column = <usize>c << 2;
  const v0 = v128.load(v + column), v1 = v128.load(v + column, 16);
  const v2 = v128.load(v + column, 32), v3 = v128.load(v + column, 48);
  let o0 = f32x4.splat(0), o1 = o0, o2 = o0, o3 = o0;
  S += column;
  for (const end = q + (<usize>E << 2); q < end; q += 4, k += 4, S += <usize>e << 2) {
    const query = v128.load_splat<f32>(q), key = v128.load_splat<f32>(k);
    const s0 = multiplyAdd(key, v0, f32x4.mul(gate, v128.load(S)));
    v128.store(S, s0);
    o0 = multiplyAdd(query, s0, o0);
    const s1 = multiplyAdd(key, v1, f32x4.mul(gate, v128.load(S, 16)));
    v128.store(S, s1, 16);
    o1 = multiplyAdd(query, s1, o1);
    const s2 = multiplyAdd(key, v2, f32x4.mul(gate, v128.load(S, 32)));
    v128.store(S, s2, 32);
    o2 = multiplyAdd(query, s2, o2);
    const s3 = multiplyAdd(key, v3, f32x4.mul(gate, v128.load(S, 48)));
    v128.store(S, s3, 48);
    o3 = multiplyAdd(query, s3, o3);
  }
  v128.store(o + column, o0);
  v128.store(o + column, o1, 16);
  v128.store(o + column, o2, 32);
  v128.store(o + column, o3, 48);
}

function fourColumns(S: usize, e: i32, E: i32, c: i32, gate: v128, q: usize, k: usize, v: usize, o: usize): void {
  const column = <usize>c << 2;
  const values = v128.load(v + column);
  let sum = f32x4.splat(0);
  S += column;
  for (const end = q + (<usize>E << 2); q < end; q += 4, k += 4, S += <usize>e << 2) {
    const s = multiplyAdd(v128.load_splat<f32>(k), values, f32x4.mul(gate, v128.load(S)));
    v128.store(S, s);
    sum = multiplyAdd(v128.load_splat<f32>(q), s, sum);
  }
  v128.store(o + column, sum);
}

/** o = rms of each head * weight [heads * e], in place. */
export function normalizeHeads(o: usize, stride: i32, heads: i32, e: i32, weight: usize, eps: f32, tokens: i32): void {
  const bytes = <usize>e << 2;
  for (let t = 0; t < tokens; t++) {
    let head = o + (<usize>(t * stride) << 2);
    let w = weight;
    for (let h = 0; h < heads; h++) {
      const factor = f32x4.splat(1 / sqrt<f32>(dot(head, head, e) / <f32>e + eps));
      for (const end = head + bytes; head < end; head += 16, w += 16)
        v128.store(head, f32x4.mul(f32x4.mul(v128.load(head), factor), v128.load(w)));
    }
  }
}

/** o = o / max(normalizerSum, floor) for each head, in place. */
export function divideByNormalizer(o: usize, stride: i32, heads: i32, e: i32, normalizerSum: usize, floor: f32, tokens: i32): void {
  for (let t = 0; t < tokens; t++) {
    let head = o + (<usize>(t * stride) << 2);
    for (let h = 0; h < heads; h++, normalizerSum += 4) {
      const divisor = f32x4.splat(max<f32>(load<f32>(normalizerSum), floor));
      for (const end = head + (<usize>e << 2); head < end; head += 16)
        v128.store(head, f32x4.div(v128.load(head), divisor));
    }
  }
}
