// The state after a chunk, from the state before it.
//   S = D(last, start) S + sum over j of D(last, j) k~_j v_j^T     z likewise, with v = 1
// Grid: (blocks of the head's part of the state, heads). A thread computes 4 rows and 4 columns of S, so that each read
// serves several of the sixteen products. Other threads compute 4 rows of z, or shift 4 rows of the convolution inputs.

struct Layer {
  state: u32,
}

@group(0) @binding(0) var<storage, read> features: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> state: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> chunk: Chunk;
@group(0) @binding(4) var<uniform> layer: Layer;

const WIDTH: u32 = E / 4u;
const HEIGHT: u32 = STATE_ROWS / 4u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let head = id.y;
  let memory = (chunk.stream * STATE_SIZE + layer.state) / 4u;
  let tiles = HEIGHT * WIDTH;
  if (id.x < tiles) {
    let row = id.x / WIDTH;
    advance(memory + (head * STATE_ROWS + 4u * row) * WIDTH + id.x % WIDTH, head, row, id.x % WIDTH);
  } else if (id.x < tiles + HEIGHT) {
    let row = id.x - tiles;
    advance_mass(memory + Z_AT / 4u + head * HEIGHT + row, head, row);
  } else if (CONVOLUTION && id.x < tiles + HEIGHT + 3u * WIDTH) {
    let r = id.x - tiles - HEIGHT;
    let row = ((r / WIDTH) * D + head * E) / 4u + r % WIDTH;
    shift(memory + INPUTS_AT / 4u + row, row);
  }
}

fn advance(at: u32, head: u32, row: u32, column: u32) {
  var sums = mat4x4<f32>();
  var decay = 1.0;
  for (var j = chunk.count; j > 0u; j--) {
    let token = features_at(j - 1u, head) / 4u;
    let key = decay * features[token + K_AT / 4u + row];
    let value = features[token + V_AT / 4u + column];
    sums += mat4x4(key.x * value, key.y * value, key.z * value, key.w * value);
    decay *= features[token + A_AT / 4u].x;
  }
  state[at] = decay * state[at] + sums[0];
  state[at + WIDTH] = decay * state[at + WIDTH] + sums[1];
  state[at + 2u * WIDTH] = decay * state[at + 2u * WIDTH] + sums[2];
  state[at + 3u * WIDTH] = decay * state[at + 3u * WIDTH] + sums[3];
}

fn advance_mass(at: u32, head: u32, row: u32) {
  var sum = vec4<f32>();
  var decay = 1.0;
  for (var j = chunk.count; j > 0u; j--) {
    let token = features_at(j - 1u, head) / 4u;
    sum += decay * features[token + K_AT / 4u + row];
    decay *= features[token + A_AT / 4u].x;
  }
  state[at] = decay * state[at] + sum;
}

/// Stores the last three of the inputs before the chunk and of the chunk, oldest first.
fn shift(at: u32, row: u32) {
  let stride = 3u * D / 4u;
  let before = mat3x4(state[at], state[at + stride], state[at + 2u * stride]);
  for (var k = 0u; k < 3u; k++) {
    let i = chunk.count + k;
    var kept = before[min(i, 2u)];
    if (i >= 3u) {
      kept = qkv[(i - 3u) * stride + row];
    }
    state[at + k * stride] = kept;
  }
}
