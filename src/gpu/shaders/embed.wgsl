// The residual of a chunk's tokens: x = embedding[t] * embedding_scale (+ sinusoids). Grid: (blocks of d, tokens).

@group(0) @binding(0) var<storage, read> embedding: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> chunk: Chunk;
@group(0) @binding(3) var<storage, read_write> activations: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < D) {
    let token = chunk.tokens[id.y];
    activations[id.y * D_PADDED + id.x] = embedded(token.id, token.position, id.x);
  }
}
