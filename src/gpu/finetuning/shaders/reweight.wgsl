// The inputs of the recurrence: q~ and k~ [2, SEGMENT, h, E], v [token, h, COLUMNS] with a 1 after it, and the decay a
// [token, h]. Grid: (heads of tokens, parts: q, k, v with a).

@group(0) @binding(0) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> u: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> normalized: array<vec4<f32>>; // [token, D_PADDED]
@group(0) @binding(3) var<storage, read> chunk: Chunk;
@group(0) @binding(4) var<storage, read_write> tilde: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> values: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> decay: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let token = id.x / HEADS;
  let head = id.x % HEADS;
  let at = part_at(token, head, id.y);
  if (id.y == 2u) {
    let to = id.x * COLUMNS / 4u;
    for (var i = 0u; i < E / 4u; i++) {
      values[to + i] = u[at + i];
    }
    values[to + E / 4u] = vec4(1.0, 0.0, 0.0, 0.0);
    decay[id.x] = retention(token, head);
    return;
  }
  let to = (id.y * CHUNK * HEADS + id.x) * STATE_ROWS / 4u;
  let P = proportion(id.y, at, chunk.tokens[token].position);
  let rotation = quarter_rotation(P.value, P.rest);
  for (var i = 0u; i < E / 4u; i++) {
    let value = rectified(id.y, at + i);
    if (REWEIGHTED) {
      tilde[to + i] = rotation.cosine * value;
      tilde[to + E / 4u + i] = rotation.sine * value;
    } else {
      tilde[to + i] = value;
    }
  }
}

fn retention(token: u32, head: u32) -> f32 {
  if (chunk.tokens[token].id == BOS) {
    return 0.0;
  }
  if (!DECAY) {
    return 1.0;
  }
  var gate = 0.0;
  for (var i = 0u; i < D_PADDED / 4u; i++) {
    gate += dot(vector4(DECAY_AT + head * D_PADDED + 4u * i), normalized[token * D_PADDED / 4u + i]);
  }
  return sigmoid(gate + vector(DECAY_BIAS_AT + head));
}
