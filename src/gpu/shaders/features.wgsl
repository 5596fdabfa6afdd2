// q~, k~, v, a, Pq and Pk of a chunk's tokens: what attention works with, and the lens (a copy of it goes home).
//   u = sum of the last 4 qkv n * taps ; q~, k~, v of u (heads.wgsl) ; a = sigmoid(decay n + bias)
// Grid: (heads, tokens). The convolution reaches from the chunk into the inputs that the state keeps.

struct Layer {
  state: u32, // offset of the layer in a stream's state
}

@group(0) @binding(0) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> normalized: array<vec4<f32>>; // [token, D_PADDED]
@group(0) @binding(2) var<storage, read> qkv: array<f32>;              // [token, 3d]
@group(0) @binding(3) var<storage, read> state: array<f32>;
@group(0) @binding(4) var<storage, read> chunk: Chunk;
@group(0) @binding(5) var<storage, read_write> features: array<f32>;
@group(0) @binding(6) var<uniform> layer: Layer;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let head = group.x;
  let t = group.y;
  let token = chunk.tokens[t];
  for (var r = lane; r < 3u * E; r += WORKGROUP) {
    let row = qkv_row(head, r);
    var u = qkv[t * 3u * D + row];
    if (CONVOLUTION) {
      u = dot(vector4(TAPS_AT + 4u * row), vec4(input(t, 0u, row), input(t, 1u, row), input(t, 2u, row), u));
    }
    put_row(r, u);
  }
  var share = 0.0;
  if (DECAY) {
    for (var i = lane; i < D_PADDED / 4u; i += WORKGROUP) {
      share += dot(normalized[t * D_PADDED / 4u + i], vector4(DECAY_AT + head * D_PADDED + 4u * i));
    }
  }
  let gate = sum_lanes(lane, vec2(share, 0.0), D_PADDED / 4u).x;
  make_features(lane, token.position);

  let to = features_at(t, head);
  for (var r = lane; r < 2u * STATE_ROWS; r += WORKGROUP) {
    features[to + Q_AT + r] = tilde[r];
  }
  for (var c = lane; c < E; c += WORKGROUP) {
    features[to + V_AT + c] = qkv_head[2u * E + c];
  }
  if (lane == 0u) {
    features[to + A_AT] = retention(head, gate, token.id);
    let proportions = proportions_at(token.position);
    features[to + P_AT] = proportions.x;
    features[to + P_AT + 1u] = proportions.y;
  }
}

/// Tap `k`'s input for token `t`: of the token 3 - k before it.
fn input(t: u32, k: u32, row: u32) -> f32 {
  let i = t + k;
  if (i >= 3u) {
    return qkv[(i - 3u) * 3u * D + row];
  }
  return state[chunk.stream * STATE_SIZE + layer.state + INPUTS_AT + i * 3u * D + row];
}
