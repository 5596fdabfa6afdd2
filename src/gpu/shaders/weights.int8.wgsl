// MATRIX in int8: 16 weights in a block of 16 bytes. Each row has one float32 scale in `vectors`.
const MATRIX_VECTORS = 4u;

fn read_matrix(at: u32) -> vec4<u32> {
  return matrix[at];
}

/// The i-th four weights of a block, before the scale.
fn unpack_matrix(block: vec4<u32>, i: u32) -> vec4<f32> {
  let word = bitcast<i32>(block[i]);
  return vec4<f32>(vec4(word << 24u, word << 16u, word << 8u, word) >> vec4(24u));
}

fn row_scale_matrix(row: u32) -> f32 {
  return vector(MATRIX_SCALE_AT + row);
}
