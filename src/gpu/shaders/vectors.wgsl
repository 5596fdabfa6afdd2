// Reads of `vectors`, an array of vec4 that the kernel binds: the small tensors of a layer, or of embedding and output.

fn vector(at: u32) -> f32 {
  return vectors[at >> 2u][at & 3u];
}

/// Four numbers at a multiple of 4.
fn vector4(at: u32) -> vec4<f32> {
  return vectors[at >> 2u];
}
