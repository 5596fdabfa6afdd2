// MATRIX in float16: 8 weights in a block of 16 bytes, unpacked by a core function of WGSL.
const MATRIX_VECTORS = 2u;

fn read_matrix(at: u32) -> vec4<u32> {
  return matrix[at];
}

/// The i-th four weights of a block.
fn unpack_matrix(block: vec4<u32>, i: u32) -> vec4<f32> {
  let halves = select(block.xy, block.zw, i == 1u);
  return vec4(unpack2x16float(halves.x), unpack2x16float(halves.y));
}

/// Rows have no scales. Using `vectors` keeps the bindings the same in every precision.
fn row_scale_matrix(row: u32) -> f32 {
  _ = &vectors;
  return 1.0;
}
