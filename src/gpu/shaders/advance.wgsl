// The state behind a chunk, from the state before it.
//   S = D(last, start) S + sum over j of D(last, j) k~_j v_j^T     z likewise, with v = 1
// Grid: (blocks of the head's S and z and of its rows of the convolution's inputs, heads). One thread a number of the
// state, or one a row of inputs, which it shifts.

struct Layer {
  state: u32,
}

@group(0) @binding(0) var<storage, read> features: array<f32>;
@group(0) @binding(1) var<storage, read> qkv: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
@group(0) @binding(3) var<storage, read> chunk: Chunk;
@group(0) @binding(4) var<uniform> layer: Layer;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let head = id.y;
  let memory = chunk.stream * STATE_SIZE + layer.state;
  let cells = STATE_ROWS * E;
  if (id.x < cells) {
    let r = id.x / E;
    advance(memory + head * cells + id.x, head, r, V_AT + id.x % E, false);
  } else if (id.x < cells + STATE_ROWS) {
    let r = id.x - cells;
    advance(memory + Z_AT + head * STATE_ROWS + r, head, r, V_AT, true);
  } else if (CONVOLUTION && id.x < cells + STATE_ROWS + 3u * E) {
    let r = id.x - cells - STATE_ROWS;
    shift(memory + INPUTS_AT + (r / E) * D + head * E + r % E, (r / E) * D + head * E + r % E);
  }
}

fn advance(at: u32, head: u32, r: u32, v: u32, is_mass: bool) {
  var sum = 0.0;
  var decay = 1.0;
  for (var j = chunk.count; j > 0u; j--) {
    let token = features_at(j - 1u, head);
    sum += decay * features[token + K_AT + r] * select(features[token + v], 1.0, is_mass);
    decay *= features[token + A_AT];
  }
  state[at] = decay * state[at] + sum;
}

/// Keeps the last three of the inputs before the chunk, oldest first, and the chunk's.
fn shift(at: u32, row: u32) {
  let before = vec3(state[at], state[at + 3u * D], state[at + 6u * D]);
  for (var k = 0u; k < 3u; k++) {
    let i = chunk.count + k;
    var kept = before[min(i, 2u)];
    if (i >= 3u) {
      kept = qkv[(i - 3u) * 3u * D + row];
    }
    state[at + k * 3u * D] = kept;
  }
}
