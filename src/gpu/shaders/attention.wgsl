// Attention of one token in a decode step, with one workgroup per head.
//   u = sum of the last 4 qkv n * taps ; q~, k~, v of u ; a = sigmoid(decay n + bias)
//   S = a S + k~ v^T     z = a z + k~     o = rms(q~^T S) * output_norm  or  q~^T S / max(q~ . z, floor)
// Grid: (heads, streams). Reads x and the partial sums of the previous MLP (none in the first layer). Writes their sum as
// the residual, and the head's part of the output projection as a partial sum.
// Weights: column blocks major, blocks[block * rows + row]. A thread owns rows, so neighbouring threads read neighbouring
// blocks, and no sum crosses threads. The columns of the output projection are grouped by head.
// Numerics: float32; every sum in a fixed order that does not depend on the number of streams.

alias Numbers = f32;

@group(0) @binding(0) var<storage, read> qkv: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> projection: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;
@group(0) @binding(4) var<storage, read_write> activations: array<f32>;
@group(0) @binding(5) var<storage, read> control: array<u32>;
@group(0) @binding(6) var<uniform> layer: Layer;

const D_BLOCKS: u32 = D_PADDED / 4u / QKV_VECTORS;
const E_BLOCKS: u32 = E_PADDED / 4u / PROJECTION_VECTORS;
/// z is one more column of S, with value 1. The rows are split among as many groups as the threads allow.
const COLUMNS: u32 = E + 1u;
const GROUPS: u32 = max(WORKGROUP / COLUMNS, 1u);

var<workgroup> tilde: array<f32, 2u * STATE_ROWS>;   // q~, k~
var<workgroup> shares: array<f32, GROUPS * COLUMNS>; // each group's part of [q~^T S, q~ . z]
var<workgroup> outputs: array<f32, E>;               // q~^T S
var<workgroup> normed: array<f32, E_PADDED>;         // outputs times output_norm

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let head = group.x;
  let stream = group.y;
  let base = stream * CONTROL_STRIDE;
  if (control[base + RUNS] == 0u) {
    return;
  }
  let x = stream * ACTIVATIONS;
  let after = x + D_PADDED;
  let own_partials = after + D_PADDED;
  let mlp_partials = own_partials + HEADS * D_PADDED;
  let memory = stream * STATE_SIZE + layer.state;

  let residual = read_residual(lane, x, mlp_partials, layer.partials, ATTENTION_NORM_AT,
    select(NOWHERE, DECAY_AT + head * D_PADDED, DECAY), select(NOWHERE, after, head == 0u));
  for (var r = lane; r < 3u * E; r += WORKGROUP) {
    let row = qkv_row(head, r);
    var sum = vec4<f32>();
    for (var b = 0u; b < D_BLOCKS; b++) {
      let block = read_qkv(b * 3u * D + row);
      for (var i = 0u; i < QKV_VECTORS; i++) {
        sum += unpack_qkv(block, i) * weighted[b * QKV_VECTORS + i];
      }
    }
    put_row(r, convolve(memory, row, residual.x * row_scale_qkv(row) * sum4(sum)));
  }
  make_hidden(lane);
  let position = f32(control[base + POSITION]);
  let of_query = proportion(0u, position);
  let of_key = proportion(1u, position);
  let query = quarter_rotation(of_query.value, of_query.rest);
  let key = quarter_rotation(of_key.value, of_key.rest);
  for (var r = lane; r < 2u * STATE_ROWS; r += WORKGROUP) {
    tilde[r] = rotated_row(r, query, key);
  }
  workgroupBarrier();

  let a = select(retention(head, residual.y), 0.0, control[base + TOKEN] == BOS);
  update(lane, memory + head * STATE_ROWS * E, memory + Z_AT + head * STATE_ROWS, a);
  workgroupBarrier();
  for (var c = lane; c < E_PADDED; c += WORKGROUP) {
    var weight = 0.0;
    if (c < E) {
      outputs[c] = total_share(c);
      weight = select(1.0, vector(OUTPUT_NORM_AT + head * E + c), RMS) * outputs[c];
    }
    normed[c] = weight;
  }
  workgroupBarrier();
  let scale = normalizer();

  for (var row = lane; row < D; row += WORKGROUP) {
    var sum = vec4<f32>();
    for (var b = 0u; b < E_BLOCKS; b++) {
      let block = read_projection((head * E_BLOCKS + b) * D + row);
      for (var i = 0u; i < PROJECTION_VECTORS; i++) {
        let c = 4u * (b * PROJECTION_VECTORS + i);
        sum += unpack_projection(block, i) * vec4(normed[c], normed[c + 1u], normed[c + 2u], normed[c + 3u]);
      }
    }
    activations[own_partials + head * D_PADDED + row] = scale * row_scale_projection(row) * sum4(sum);
  }
}

/// Applies the taps to the three previous inputs, oldest first, and the current one, then stores the current one.
fn convolve(memory: u32, row: u32, u: f32) -> f32 {
  if (!CONVOLUTION) {
    return u;
  }
  let at = memory + INPUTS_AT + row;
  let inputs = vec4(state[at], state[at + 3u * D], state[at + 6u * D], u);
  state[at] = inputs.y;
  state[at + 3u * D] = inputs.z;
  state[at + 6u * D] = u;
  return dot(vector4(CONVOLUTION_AT + 4u * row), inputs);
}

fn update(lane: u32, S: u32, z: u32, a: f32) {
  for (var item = lane; item < GROUPS * COLUMNS; item += WORKGROUP) {
    let c = item % COLUMNS;
    let is_normalizer = c == E;
    let value = select(qkv_head[2u * E + min(c, E - 1u)], 1.0, is_normalizer);
    var sum = 0.0;
    for (var r = item / COLUMNS; r < STATE_ROWS; r += GROUPS) {
      let at = select(S + r * E + c, z + r, is_normalizer);
      let next = a * state[at] + tilde[STATE_ROWS + r] * value;
      state[at] = next;
      sum += tilde[r] * next;
    }
    shares[item] = sum;
  }
}

fn total_share(c: u32) -> f32 {
  var sum = 0.0;
  for (var g = 0u; g < GROUPS; g++) {
    sum += shares[g * COLUMNS + c];
  }
  return sum;
}

fn normalizer() -> f32 {
  if (!RMS) {
    return 1.0 / max(total_share(E), FLOOR);
  }
  var squares = 0.0;
  for (var c = 0u; c < E; c++) {
    squares += outputs[c] * outputs[c];
  }
  return inverseSqrt(squares / f32(E) + EPS);
}
