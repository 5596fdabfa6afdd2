// Elementary functions by our own series, because WGSL does not guarantee their accuracy.

/// exp for u <= 0, without underflow to denormals.
fn exp_negative(u: f32) -> f32 {
  return exp(max(u, -80.0));
}

/// log of a normal x > 0: x = 2^k m, log m = 2 atanh((m - 1) / (m + 1)); relative error below 1e-6, also near 1.
fn natural_log(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let mantissa = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
  let high = mantissa > 1.4142135;
  let m = select(mantissa, 0.5 * mantissa, high);
  let k = f32(i32(bits >> 23u) - select(127, 126, high));
  let s = (m - 1.0) / (m + 1.0);
  let q = s * s;
  let series = 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q / 11.0))));
  return k * 0.6931471805599453 + 2.0 * s * series;
}

/// Maps floats to integers with the same order; 0 is below every number.
fn order(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let key = select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
  return select(key, 0x80000000u, x == 0.0); // -0 ties with 0
}

fn ordered(key: u32) -> f32 {
  return bitcast<f32>(select(~key, key & 0x7fffffffu, (key >> 31u) == 1u));
}

fn sum4(v: vec4<f32>) -> f32 {
  return (v.x + v.y) + (v.z + v.w);
}
