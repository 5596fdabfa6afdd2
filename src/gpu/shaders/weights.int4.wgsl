// MATRIX in int4: 32 weights in a block of 16 bytes. Each block has one float32 scale in `vectors`.
const MATRIX_VECTORS = 8u;

struct Block_matrix {
  words: vec4<u32>, // word j: weights j, 4 + j, 8 + j and so on, from the lowest bits up
  scale: f32,
}

fn read_matrix(at: u32) -> Block_matrix {
  return Block_matrix(matrix[at], vector(MATRIX_SCALE_AT + at));
}

/// The i-th four weights of a block.
fn unpack_matrix(block: Block_matrix, i: u32) -> vec4<f32> {
  let integers = (bitcast<vec4<i32>>(block.words) << vec4(28u - 4u * i)) >> vec4(28u);
  return block.scale * vec4<f32>(integers);
}

/// The blocks have the scales.
fn row_scale_matrix(row: u32) -> f32 {
  return 1.0;
}
