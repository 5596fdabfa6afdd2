// MATRIX in float32: 4 weights in a block of 16 bytes.
const MATRIX_VECTORS = 1u;

fn read_matrix(at: u32) -> vec4<u32> {
  return matrix[at];
}

/// The block's weights.
fn unpack_matrix(block: vec4<u32>, i: u32) -> vec4<f32> {
  return bitcast<vec4<f32>>(block);
}

/// Rows have no scales. Using `vectors` keeps the bindings the same in every precision.
fn row_scale_matrix(row: u32) -> f32 {
  _ = &vectors;
  return 1.0;
}
