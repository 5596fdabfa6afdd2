// A block of 16 bytes: 4 float32 weights.
const VECTORS = 1u;

/// The block's weights.
fn unpack(block: vec4<u32>, i: u32) -> vec4<f32> {
  return bitcast<vec4<f32>>(block);
}

fn following(block: vec4<u32>) -> vec4<u32> {
  return block;
}

/// Rows have no scales. Using `vectors` keeps the bindings the same in every precision.
fn row_scale(at: u32) -> f32 {
  _ = &vectors;
  return 1.0;
}
