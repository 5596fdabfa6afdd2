// A block of 16 bytes: 8 float16 weights, unpacked by a core function of WGSL.
const VECTORS = 2u;

/// The block's first four weights.
fn unpack(block: vec4<u32>, i: u32) -> vec4<f32> {
  let halves = select(block.xy, block.zw, i == 1u);
  return vec4(unpack2x16float(halves.x), unpack2x16float(halves.y));
}

/// The block shifted by four weights.
fn following(block: vec4<u32>) -> vec4<u32> {
  return block.zwxy;
}

/// Rows have no scales. Using `vectors` keeps the bindings the same in every precision.
fn row_scale(at: u32) -> f32 {
  _ = &vectors;
  return 1.0;
}
