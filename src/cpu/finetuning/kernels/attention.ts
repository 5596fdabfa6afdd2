// Gradients of the attention of src/cpu/kernels/attention.ts, with its layout.

import { reweight } from '../../kernels/attention';
import { finish } from '../../kernels/matrix';
import { cosQuarter, dot, multiplyAdd, sinQuarter, sum4 } from '../../kernels/numbers';

/**
 * The gradients of q, k and v in their place, and of the gates, from those of o and its normalizer, for the heads `first` to
 * `last` - 1 of a segment. A head reads and writes only its own columns, so threads share the heads.
 *
 * qkv [tokens, stride]; P and 1 - P of q and k [tokens, heads, 2], their modules or 0; S [heads, E, e] and z [heads, E]
 * before the segment, which are overwritten; gates and Dgates [tokens, aStride]; Do [tokens, oStride]; Dsum [tokens, heads].
 * `scratch` holds tokens (4 E + e) + E e + E + 2 e + 4 numbers.
 */
export function attentionBackward(
  first: i32, last: i32, heads: i32, e: i32, split: bool, tokens: i32, qkv: usize, stride: i32,
  queryP: usize, queryModule: usize, keyP: usize, keyModule: usize, width: i32, S: usize, z: usize,
  gates: usize, aStride: i32, Do: usize, oStride: i32, Dsum: usize, Dgates: usize, scratch: usize,
): void {
  const E = split ? 2 * e : e;
  const features = <usize>(tokens * E) << 2;
  const kTilde = scratch + features, DqTilde = kTilde + features, DkTilde = DqTilde + features;
  const Dv = DkTilde + features, DS = Dv + (<usize>(tokens * e) << 2), Dz = DS + (<usize>(E * e) << 2);
  const ones = Dz + (<usize>E << 2), rows = ones + 16;
  v128.store(ones, f32x4.splat(1));
  const factor: f32 = 1 / sqrt<f32>(<f32>e);
  for (let h = first; h < last; h++) {
    const q = qkv + (<usize>(h * e) << 2), k = q + (<usize>(heads * e) << 2), v = k + (<usize>(heads * e) << 2);
    const P = <usize>h << 3;
    reweightHead(q, stride, heads, e, factor, split, queryP + P, scratch, tokens);
    reweightHead(k, stride, heads, e, 1, split, keyP + P, kTilde, tokens);
    recurBackward(
      S + (<usize>(h * E * e) << 2), z + (<usize>(h * E) << 2), DS, Dz, heads, e, E, tokens, scratch, kTilde, v, stride,
      gates + (<usize>h << 2), aStride, Do + (<usize>(h * e) << 2), oStride, Dsum + (<usize>h << 2), DqTilde, DkTilde, Dv,
      Dgates + (<usize>h << 2), ones,
    );
    reweightBackward(q, stride, heads, e, factor, split, queryModule, width, queryP + P, DqTilde, rows, tokens);
    reweightBackward(k, stride, heads, e, 1, split, keyModule, width, keyP + P, DkTilde, rows, tokens);
    for (let t = 0; t < tokens; t++)
      memory.copy(v + (<usize>(t * stride) << 2), Dv + (<usize>(t * e) << 2), <usize>e << 2);
  }
}

// q~ or k~ of one head [tokens, E].
function reweightHead(
  u: usize, stride: i32, heads: i32, e: i32, factor: f32, split: bool, P: usize, out: usize, tokens: i32,
): void {
  const row = <usize>e << (split ? 3 : 2);
  for (let t = 0; t < tokens; t++, u += <usize>stride << 2, P += <usize>heads << 3, out += row)
    reweight(u, stride, 1, e, factor, split, P, out, 1);
}

/**
 * The gradient of the recurrence of one head over a segment, token by token, with S and DS [E, e] in the L1 cache:
 *
 *   forward    S = a S + k~ v^T,  z = a z + k~      Dq~ = S Do + z Dsum
 *   backward   DS = a' DS + q~ Do^T, Dz likewise    Dk~ = DS v + Dz      Dv = DS^T k~      (a' of the token after)
 *   decay      g = g' + q~ . Dq~ - k~ . Dk~         Dgate = (1 - a) g
 *
 * The third line needs no earlier S: g = DS . (a S'), because DS . S = g' + q~ . Dq~ and DS . k~ v^T = k~ . Dk~ (z as a
 * column of S). It adds in float64. At the start of a document a is 0, and so is g.
 *
 * S and z are those before the segment; S, DS and Dz [E] are overwritten, z too. q~, k~, Dq~, Dk~ [tokens, E]; Dv [tokens, e];
 * v, Do [tokens, stride] and a, Dgate [tokens, aStride] from the head's first column; Dsum [tokens, heads] from the head's.
 * `ones` holds four 1.
 */
function recurBackward(
  S: usize, z: usize, DS: usize, Dz: usize, heads: i32, e: i32, E: i32, tokens: i32,
  qTilde: usize, kTilde: usize, v: usize, vStride: i32, a: usize, aStride: i32, Do: usize, oStride: i32, Dsum: usize,
  DqTilde: usize, DkTilde: usize, Dv: usize, Dgate: usize, ones: usize,
): void {
  memory.fill(DS, 0, <usize>(E * e) << 2);
  memory.fill(Dz, 0, <usize>E << 2);
  for (let t = 0; t < tokens; t++) {
    const features = <usize>(t * E) << 2;
    const gate = load<f32>(a + (<usize>(t * aStride) << 2));
    const vAt = v + (<usize>(t * vStride) << 2), DoAt = Do + (<usize>(t * oStride) << 2);
    advance(S, e, E, gate, kTilde + features, vAt, DoAt, DqTilde + features, ones);
    advanceNormalizer(z, E, gate, kTilde + features, load<f32>(Dsum + (<usize>(t * heads) << 2)), DqTilde + features);
  }
  let later: f32 = 0; // a of the token after
  let g: f64 = 0;
  for (let t = tokens - 1; t >= 0; t--) {
    const features = <usize>(t * E) << 2;
    const q = qTilde + features, k = kTilde + features, Dk = DkTilde + features;
    const gate = load<f32>(a + (<usize>(t * aStride) << 2));
    normalizerBackward(Dz, E, later, q, load<f32>(Dsum + (<usize>(t * heads) << 2)));
    const vAt = v + (<usize>(t * vStride) << 2), DoAt = Do + (<usize>(t * oStride) << 2);
    retreat(DS, e, E, later, q, k, vAt, DoAt, Dk, Dv + (<usize>(t * e) << 2), ones);
    for (let r: usize = 0; r < <usize>E << 2; r += 16)
      v128.store(Dk + r, f32x4.add(v128.load(Dk + r), v128.load(Dz + r)));
    g = gate > 0 ? g + dot64(q, DqTilde + features, E) - dot64(k, Dk, E) : 0;
    store<f32>(Dgate + (<usize>(t * aStride) << 2), <f32>((1 - <f64>gate) * g));
    later = gate;
  }
}

// S = a S + k~ v^T, Dq~ = S Do, four rows at a time.
function advance(S: usize, e: i32, E: i32, a: f32, k: usize, v: usize, Do: usize, Dq: usize, ones: usize): void {
  const row = <usize>e << 2, gate = f32x4.splat(a);
  for (let r = 0; r < E; r += 4, k += 16, Dq += 16) {
    const k0 = v128.load_splat<f32>(k), k1 = v128.load_splat<f32>(k, 4);
    const k2 = v128.load_splat<f32>(k, 8), k3 = v128.load_splat<f32>(k, 12);
    let d0 = f32x4.splat(0), d1 = d0, d2 = d0, d3 = d0;
    for (let c: usize = 0; c < row; c += 16, S += 16) {
      const values = v128.load(v + c), outputs = v128.load(Do + c);
      let s = multiplyAdd(k0, values, f32x4.mul(gate, v128.load(S)));
      v128.store(S, s);
      d0 = multiplyAdd(s, outputs, d0);
      s = multiplyAdd(k1, values, f32x4.mul(gate, v128.load(S + row)));
      v128.store(S + row, s);
      d1 = multiplyAdd(s, outputs, d1);
      s = multiplyAdd(k2, values, f32x4.mul(gate, v128.load(S + 2 * row)));
      v128.store(S + 2 * row, s);
      d2 = multiplyAdd(s, outputs, d2);
      s = multiplyAdd(k3, values, f32x4.mul(gate, v128.load(S + 3 * row)));
      v128.store(S + 3 * row, s);
      d3 = multiplyAdd(s, outputs, d3);
    }
    S += 3 * row;
    finish(Dq, ones, d0, d1, d2, d3, false);
  }
}

function advanceNormalizer(z: usize, E: i32, a: f32, k: usize, Dsum: f32, Dq: usize): void {
  for (let r: usize = 0; r < <usize>E << 2; r += 16) {
    const next = f32x4.add(f32x4.mul(f32x4.splat(a), v128.load(z + r)), v128.load(k + r));
    v128.store(z + r, next);
    v128.store(Dq + r, multiplyAdd(f32x4.splat(Dsum), next, v128.load(Dq + r)));
  }
}

function normalizerBackward(Dz: usize, E: i32, a: f32, q: usize, Dsum: f32): void {
  for (let r: usize = 0; r < <usize>E << 2; r += 16) {
    const decayed = f32x4.mul(f32x4.splat(a), v128.load(Dz + r));
    v128.store(Dz + r, multiplyAdd(f32x4.splat(Dsum), v128.load(q + r), decayed));
  }
}

// DS = a DS + q~ Do^T, Dk~ = DS v, Dv = DS^T k~, four rows at a time.
function retreat(
  DS: usize, e: i32, E: i32, a: f32, q: usize, k: usize, v: usize, Do: usize, Dk: usize, Dv: usize, ones: usize,
): void {
  const row = <usize>e << 2, gate = f32x4.splat(a);
  memory.fill(Dv, 0, row);
  for (let r = 0; r < E; r += 4, q += 16, k += 16, Dk += 16) {
    const q0 = v128.load_splat<f32>(q), q1 = v128.load_splat<f32>(q, 4);
    const q2 = v128.load_splat<f32>(q, 8), q3 = v128.load_splat<f32>(q, 12);
    const k0 = v128.load_splat<f32>(k), k1 = v128.load_splat<f32>(k, 4);
    const k2 = v128.load_splat<f32>(k, 8), k3 = v128.load_splat<f32>(k, 12);
    let d0 = f32x4.splat(0), d1 = d0, d2 = d0, d3 = d0;
    for (let c: usize = 0; c < row; c += 16, DS += 16) {
      const values = v128.load(v + c), outputs = v128.load(Do + c);
      let D = multiplyAdd(q0, outputs, f32x4.mul(gate, v128.load(DS)));
      v128.store(DS, D);
      d0 = multiplyAdd(D, values, d0);
      let sum = multiplyAdd(D, k0, v128.load(Dv + c));
      D = multiplyAdd(q1, outputs, f32x4.mul(gate, v128.load(DS + row)));
      v128.store(DS + row, D);
      d1 = multiplyAdd(D, values, d1);
      sum = multiplyAdd(D, k1, sum);
      D = multiplyAdd(q2, outputs, f32x4.mul(gate, v128.load(DS + 2 * row)));
      v128.store(DS + 2 * row, D);
      d2 = multiplyAdd(D, values, d2);
      sum = multiplyAdd(D, k2, sum);
      D = multiplyAdd(q3, outputs, f32x4.mul(gate, v128.load(DS + 3 * row)));
      v128.store(DS + 3 * row, D);
      d3 = multiplyAdd(D, values, d3);
      v128.store(Dv + c, multiplyAdd(D, k3, sum));
    }
    DS += 3 * row;
    finish(Dk, ones, d0, d1, d2, d3, false);
  }
}

function dot64(a: usize, b: usize, n: i32): f64 {
  let sum = f64x2.splat(0);
  for (const end = a + (<usize>n << 2); a < end; a += 8, b += 8) {
    const x = f64x2.promote_low_f32x4(v128.load64_zero(a)), y = f64x2.promote_low_f32x4(v128.load64_zero(b));
    sum = f64x2.add(sum, f64x2.mul(x, y));
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

const HALF_PI: f32 = 1.5707963267948966;

/**
 * u~ = [u' cos, u' sin] with u' = factor relu(u) for one head, in place: u [tokens, stride] becomes Du, from Du~ [tokens, E] =
 * [Dc, Ds], and through P if `module` is not 0. P and 1 - P [tokens, heads, 2]. `scratch` holds 2 e numbers.
 */
function reweightBackward(
  u: usize, stride: i32, heads: i32, e: i32, factor: f32, split: bool, module: usize, width: i32, P: usize,
  DuTilde: usize, scratch: usize, tokens: i32,
): void {
  const bytes = <usize>e << 2;
  const rectified = scratch + bytes;
  for (let t = 0; t < tokens; t++, u += <usize>stride << 2, P += <usize>heads << 3) {
    const value = load<f32>(P), rest = load<f32>(P, 4);
    const cos = split ? cosQuarter(value, rest) : 1, sin = split ? sinQuarter(value, rest) : 0;
    let turn = f32x4.splat(0);
    for (let i: usize = 0; i < bytes; i += 16) {
      const four = f32x4.mul(f32x4.pmax(v128.load(u + i), f32x4.splat(0)), f32x4.splat(factor));
      const Dc = v128.load(DuTilde + i), Ds = split ? v128.load(DuTilde + bytes + i) : f32x4.splat(0);
      v128.store(rectified + i, four);
      v128.store(scratch + i, multiplyAdd(f32x4.splat(sin), Ds, f32x4.mul(f32x4.splat(cos), Dc)));
      const across = f32x4.sub(f32x4.mul(f32x4.splat(cos), Ds), f32x4.mul(f32x4.splat(sin), Dc));
      turn = multiplyAdd(four, across, turn);
    }
    DuTilde += split ? 2 * bytes : bytes;
    if (module) addProportion(module, width, rectified, e, HALF_PI * sum4(turn) * value * rest, scratch);
    for (let i: usize = 0; i < bytes; i += 16) {
      const positive = f32x4.gt(v128.load(u + i), f32x4.splat(0));
      v128.store(u + i, v128.and(positive, f32x4.mul(v128.load(scratch + i), f32x4.splat(factor))));
    }
  }
}

// D [e] = D + hidden^T (output slope where hidden u + bias > 0); the module as in src/cpu/kernels/attention.ts.
function addProportion(module: usize, width: i32, u: usize, e: i32, slope: f32, D: usize): void {
  const bias = module + (<usize>((width * e + 31) & ~31) << 2);
  const output = bias + (<usize>((width + 31) & ~31) << 2);
  for (let r = 0; r < width; r++) {
    const weights = module + (<usize>(r * e) << 2), at = <usize>r << 2;
    if (dot(weights, u, e) + load<f32>(bias + at) <= 0) continue;
    const factor = f32x4.splat(load<f32>(output + at) * slope);
    for (let i: usize = 0; i < <usize>e << 2; i += 16)
      v128.store(D + i, multiplyAdd(factor, v128.load(weights + i), v128.load(D + i)));
  }
}
