// The embedding of a token: x = embedding[t] * embedding_scale (+ [sin(position w), cos(position w)]).

alias Numbers = f32;

/// Its i-th number. `vectors` are those outside the layers.
fn embedded(token: u32, position: u32, i: u32) -> f32 {
  let block = read_embedding(i / (4u * EMBEDDING_VECTORS) * VOCAB + token);
  let x = unpack_embedding(block, (i / 4u) % EMBEDDING_VECTORS)[i % 4u] * row_scale_embedding(token) * EMBEDDING_SCALE;
  if (SINUSOIDAL) {
    return x + sinusoid(position, i);
  }
  return x;
}

/// The angle in turns, modulo 1, as a fixed-point product, which is exact at any position. The frequency is in turns per
/// position, in three limbs of 16 bits.
fn sinusoid(position: u32, i: u32) -> f32 {
  let half = D / 2u;
  let limbs = vec4<u32>(vector4(SINUSOID_AT + 4u * (i % half)));
  let turns = position * ((limbs.x << 16u) + limbs.y)
    + (position >> 16u) * limbs.z + (((position & 0xffffu) * limbs.z) >> 16u);
  let quarter = (turns >> 30u) + select(0u, 1u, i >= half); // cos t = sin(t + pi/2)
  let part = f32(turns & 0x3fffffffu) * 0x1p-30;
  let rotation = quarter_rotation(part, 1.0 - part);
  let size = select(rotation.sine, rotation.cosine, (quarter & 1u) == 1u);
  return select(size, -size, (quarter & 2u) == 2u);
}
