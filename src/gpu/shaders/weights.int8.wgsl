// A block of 16 bytes: 16 int8 weights. Each row has one float32 scale.
const VECTORS = 4u;

/// The block's first four weights, before the scale.
fn unpack(block: vec4<u32>, i: u32) -> vec4<f32> {
  let word = bitcast<i32>(block[i]);
  return vec4<f32>(vec4(word << 24u, word << 16u, word << 8u, word) >> vec4(24u));
}

/// The block shifted by four weights.
fn following(block: vec4<u32>) -> vec4<u32> {
  return block.yzwx;
}

/// The scale of a row; `vectors` has the scales from `at`.
fn row_scale(at: u32) -> f32 {
  return vector(at);
}
