// Adds the gradient through the gates to that of the normalized residual: Dn = Dn + decay^T Dgates.
// Grid: (blocks of 4 * WORKGROUP numbers, tokens).

@group(0) @binding(0) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> Dgates: array<f32>; // [token, h]
@group(0) @binding(2) var<storage, read_write> Dnormalized: array<vec4<f32>>; // [token, D_PADDED]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < D_PADDED / 4u) {
    var sum = vec4<f32>();
    for (var head = 0u; head < HEADS; head++) {
      sum += Dgates[id.y * HEADS + head] * vector4(DECAY_AT + head * D_PADDED + 4u * id.x);
    }
    Dnormalized[id.y * D_PADDED / 4u + id.x] += sum;
  }
}
