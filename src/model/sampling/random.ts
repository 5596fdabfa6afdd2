/**
 * Counter-based random numbers: a pure function of (seed, draw, token), so that draws can be reproduced in any order on any
 * backend. Uses only integer arithmetic modulo 2^32, which is the same in WGSL, WebAssembly and JavaScript.
 */

/** A 32-bit mixing function (Chris Wellons, "lowbias32", the 2022 constants found by TheIronBorn). */
export function mix(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0xd35a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}

/** 32 random bits for a token at a draw of a seed (all uint32). */
export function hash(seed: number, draw: number, token: number): number {
  return mix((mix((mix((seed + 0x9e3779b9) >>> 0) + draw) >>> 0) + token) >>> 0);
}

/** An upper bound of `gumbel` without logarithms: u > 2^-(zeros + 1), and the noise is less than -log(u). */
export function gumbelBound(seed: number, draw: number, token: number): number {
  return (Math.clz32(hash(seed, draw, token)) + 1) * Math.LN2;
}

/** Standard Gumbel noise: -log(-log1p(-u)), u = ((hash >> 9) + 0.5) 2^-23, which is never 0 or 1. */
export function gumbel(seed: number, draw: number, token: number): number {
  const u = ((hash(seed, draw, token) >>> 9) + 0.5) * 2 ** -23;
  return -Math.log(-Math.log1p(-u));
}
