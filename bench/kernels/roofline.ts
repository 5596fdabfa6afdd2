// Upper limits of this machine's WebAssembly, for bench/cpu.ts, as a separate module.

export function heapBase(): usize {
  return __heap_base;
}

/** Reads n bytes, a multiple of 64, as float32 sums. */
export function sum(from: usize, n: usize): f32 {
  let a = f32x4.splat(0), b = a, c = a, d = a;
  for (const end = from + n; from < end; from += 64) {
    a = f32x4.add(a, v128.load(from));
    b = f32x4.add(b, v128.load(from, 16));
    c = f32x4.add(c, v128.load(from, 32));
    d = f32x4.add(d, v128.load(from, 48));
  }
  return total(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
}

/** 48 multiply-adds per round, in twelve chains in registers. */
export function multiplyAdd(rounds: i32, factor: f32): f32 {
  const x = f32x4.splat(factor);
  let a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
  for (let n = 0; n < rounds; n++) {
    a = f32x4.add(f32x4.mul(a, x), x);
    b = f32x4.add(f32x4.mul(b, x), x);
    c = f32x4.add(f32x4.mul(c, x), x);
    d = f32x4.add(f32x4.mul(d, x), x);
    e = f32x4.add(f32x4.mul(e, x), x);
    f = f32x4.add(f32x4.mul(f, x), x);
    g = f32x4.add(f32x4.mul(g, x), x);
    h = f32x4.add(f32x4.mul(h, x), x);
    i = f32x4.add(f32x4.mul(i, x), x);
    j = f32x4.add(f32x4.mul(j, x), x);
    k = f32x4.add(f32x4.mul(k, x), x);
    l = f32x4.add(f32x4.mul(l, x), x);
  }
  const abcd = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  const efgh = f32x4.add(f32x4.add(e, f), f32x4.add(g, h));
  return total(f32x4.add(f32x4.add(abcd, efgh), f32x4.add(f32x4.add(i, j), f32x4.add(k, l))));
}

/** 32 multiply-adds per round with int8 weights from the L1 cache, unpacked in registers. */
export function multiplyAddInt8(from: usize, rounds: i32, factor: f32): f32 {
  const x = f32x4.splat(factor);
  let a = f32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  for (let n = 0; n < rounds; n++) {
    const at = from + (<usize>(n & 127) << 5);
    const w0 = v128.load_ext<i8>(at), w1 = v128.load_ext<i8>(at, 8);
    const w2 = v128.load_ext<i8>(at, 16), w3 = v128.load_ext<i8>(at, 24);
    a = f32x4.add(a, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(w0)), x));
    b = f32x4.add(b, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(w0)), x));
    c = f32x4.add(c, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(w1)), x));
    d = f32x4.add(d, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(w1)), x));
    e = f32x4.add(e, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(w2)), x));
    f = f32x4.add(f, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(w2)), x));
    g = f32x4.add(g, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(w3)), x));
    h = f32x4.add(h, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(w3)), x));
  }
  return total(f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h))));
}

/** 32 multiply-adds per round with int4 weights from the L1 cache, unpacked in registers as in matrix-int4.ts. */
export function multiplyAddInt4(from: usize, rounds: i32, factor: f32): f32 {
  const x = f32x4.splat(factor), mask = i32x4.splat(0xf0000000);
  let a = f32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  for (let n = 0; n < rounds; n++) {
    const w = v128.load(from + (<usize>(n & 255) << 4));
    a = f32x4.add(a, f32x4.mul(f32x4.convert_i32x4_s(i32x4.shl(w, 28)), x));
    b = f32x4.add(b, f32x4.mul(f32x4.convert_i32x4_s(v128.and(i32x4.shl(w, 24), mask)), x));
    c = f32x4.add(c, f32x4.mul(f32x4.convert_i32x4_s(v128.and(i32x4.shl(w, 20), mask)), x));
    d = f32x4.add(d, f32x4.mul(f32x4.convert_i32x4_s(v128.and(i32x4.shl(w, 16), mask)), x));
    e = f32x4.add(e, f32x4.mul(f32x4.convert_i32x4_s(v128.and(i32x4.shl(w, 12), mask)), x));
    f = f32x4.add(f, f32x4.mul(f32x4.convert_i32x4_s(v128.and(i32x4.shl(w, 8), mask)), x));
    g = f32x4.add(g, f32x4.mul(f32x4.convert_i32x4_s(v128.and(i32x4.shl(w, 4), mask)), x));
    h = f32x4.add(h, f32x4.mul(f32x4.convert_i32x4_s(v128.and(w, mask)), x));
  }
  return total(f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h))));
}

/** 64 multiply-adds per round, int8 weights from the L1 cache with int16 activations. */
export function multiplyAddInt16(from: usize, rounds: i32, factor: i32): i32 {
  const x = i16x8.splat(<i16>factor);
  let a = i32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  for (let n = 0; n < rounds; n++) {
    const at = from + (<usize>(n & 63) << 6);
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load_ext<i8>(at), x));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load_ext<i8>(at, 8), x));
    c = i32x4.add(c, i32x4.dot_i16x8_s(v128.load_ext<i8>(at, 16), x));
    d = i32x4.add(d, i32x4.dot_i16x8_s(v128.load_ext<i8>(at, 24), x));
    e = i32x4.add(e, i32x4.dot_i16x8_s(v128.load_ext<i8>(at, 32), x));
    f = i32x4.add(f, i32x4.dot_i16x8_s(v128.load_ext<i8>(at, 40), x));
    g = i32x4.add(g, i32x4.dot_i16x8_s(v128.load_ext<i8>(at, 48), x));
    h = i32x4.add(h, i32x4.dot_i16x8_s(v128.load_ext<i8>(at, 56), x));
  }
  const sums = i32x4.add(i32x4.add(i32x4.add(a, b), i32x4.add(c, d)), i32x4.add(i32x4.add(e, f), i32x4.add(g, h)));
  return i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 3);
}

function total(a: v128): f32 {
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3);
}
