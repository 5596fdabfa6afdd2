// q~, k~, v, a, Pq and Pk of a chunk's tokens: the inputs of attention, of which the lens reads back a copy.
//   u = sum of the last 4 qkv n * taps ; q~, k~, v of u (heads.wgsl) ; a = sigmoid(decay n + bias)
// Grid: (heads, tiles of 4 tokens). The tokens of a tile share reads of the weights. The convolution also reads the inputs
// in the state before the chunk.

alias Numbers = vec4<f32>;

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
  let first = 4u * group.y;
  for (var r = lane; r < 3u * E; r += WORKGROUP) {
    let row = qkv_row(head, r);
    let at = first * 3u * D + row;
    let now = vec4(qkv[at], qkv[at + 3u * D], qkv[at + 6u * D], qkv[at + 9u * D]);
    if (CONVOLUTION) {
      let before = vec3(input(first, row), input(first + 1u, row), input(first + 2u, row));
      let taps = vector4(TAPS_AT + 4u * row);
      put_row(r, taps.x * vec4(before, now.x) + taps.y * vec4(before.yz, now.xy)
        + taps.z * vec4(before.z, now.xyz) + taps.w * now);
    } else {
      put_row(r, now);
    }
  }
  var gates = vec4<f32>();
  if (DECAY) {
    for (var i = lane; i < D_PADDED / 4u; i += WORKGROUP) {
      let at = first * D_PADDED / 4u + i;
      gates += vector4(DECAY_AT + head * D_PADDED + 4u * i) * mat4x4(normalized[at], normalized[at + D_PADDED / 4u],
        normalized[at + 2u * (D_PADDED / 4u)], normalized[at + 3u * (D_PADDED / 4u)]);
    }
  }
  let near = sum_lanes(lane, gates.xy, D_PADDED / 4u);
  workgroupBarrier();
  let far = sum_lanes(lane, gates.zw, D_PADDED / 4u);
  make_hidden(lane);

  let a = chunk.tokens[first];
  let b = chunk.tokens[first + 1u];
  let c = chunk.tokens[first + 2u];
  let d = chunk.tokens[first + 3u];
  let position = vec4<f32>(vec4(a.position, b.position, c.position, d.position));
  let of_query = proportion(0u, position);
  let of_key = proportion(1u, position);
  let query = quarter_turn(of_query.value, of_query.rest);
  let key = quarter_turn(of_key.value, of_key.rest);
  let to = features_at(first, head);
  for (var r = lane; r < 2u * STATE_ROWS; r += WORKGROUP) {
    put(to + Q_AT + r, turned_row(r, query, key));
  }
  for (var r = lane; r < E; r += WORKGROUP) {
    put(to + V_AT + r, qkv_head[2u * E + r]);
  }
  if (lane == 0u) {
    let opens = vec4(a.id, b.id, c.id, d.id) == vec4(BOS);
    put(to + A_AT, select(retention(head, vec4(near, far)), vec4<f32>(), opens));
    put(to + P_AT, of_query.value);
    put(to + P_AT + 1u, of_key.value);
  }
}

/// One number per token of the tile.
fn put(at: u32, values: vec4<f32>) {
  let stride = HEADS * FEATURES;
  features[at] = values.x;
  features[at + stride] = values.y;
  features[at + 2u * stride] = values.z;
  features[at + 3u * stride] = values.w;
}

/// The convolution input of a row, three tokens before token `i`.
fn input(i: u32, row: u32) -> f32 {
  if (i >= 3u) {
    return qkv[(i - 3u) * 3u * D + row];
  }
  return state[chunk.stream * STATE_SIZE + layer.state + INPUTS_AT + i * 3u * D + row];
}
