// Counter-based noise, with bit for bit the same integers as src/model/sampling/random.ts.

fn mix_bits(x: u32) -> u32 {
  var h = (x ^ (x >> 16u)) * 0x21f0aaadu;
  h = (h ^ (h >> 15u)) * 0xd35a2d97u;
  return h ^ (h >> 15u);
}

/// Standard Gumbel noise: -log(-log1p(-u)), u = ((hash >> 9) + 0.5) 2^-23, so that 1 - u is exact.
fn gumbel(seed: u32, draw: u32, token: u32) -> f32 {
  let hash = mix_bits(mix_bits(mix_bits(seed + 0x9e3779b9u) + draw) + token);
  let u = (f32(hash >> 9u) + 0.5) * 0x1p-23;
  return -natural_log(-natural_log(1.0 - u));
}
