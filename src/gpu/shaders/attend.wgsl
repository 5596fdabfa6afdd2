// Attention's output for a chunk's tokens: from the tokens of the chunk, and from the state before it.
//   q~_i^T S_i = sum over j <= i of w(i, j) v_j + D(i, start) q~_i^T S      W_i = q~_i . z_i likewise
//   o = rms(q~^T S) * output_norm  or  q~^T S / max(W, floor)
// Grid: (heads, tokens). Rows of HEADS * E_PADDED numbers.

struct Layer {
  state: u32,
}

@group(0) @binding(0) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> features: array<f32>;
@group(0) @binding(2) var<storage, read> scores: array<f32>;
@group(0) @binding(3) var<storage, read> state: array<f32>;
@group(0) @binding(4) var<storage, read> chunk: Chunk;
@group(0) @binding(5) var<storage, read_write> attended: array<f32>;
@group(0) @binding(6) var<uniform> layer: Layer;

var<workgroup> outputs: array<f32, E + 1u>; // q~^T S, then q~ . z

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let head = group.x;
  let i = group.y;
  let memory = chunk.stream * STATE_SIZE + layer.state;
  let S = memory + head * STATE_ROWS * E;
  let z = memory + Z_AT + head * STATE_ROWS;
  let query = features_at(i, head) + Q_AT;
  var decay = 1.0;
  for (var t = 0u; t <= i; t++) {
    decay *= features[features_at(t, head) + A_AT];
  }
  // z is one more column of S, whose value is always 1.
  for (var c = lane; c <= E; c += WORKGROUP) {
    let is_mass = c == E;
    var past = 0.0;
    for (var r = 0u; r < STATE_ROWS; r++) {
      past += features[query + r] * state[select(S + r * E + c, z + r, is_mass)];
    }
    var here = 0.0;
    for (var j = 0u; j <= i; j++) {
      let value = select(features[features_at(j, head) + V_AT + min(c, E - 1u)], 1.0, is_mass);
      here += scores[(head * CHUNK + i) * CHUNK + j] * value;
    }
    outputs[c] = decay * past + here;
  }
  workgroupBarrier();
  var scale = 1.0 / max(outputs[E], FLOOR);
  if (RMS) {
    var squares = 0.0;
    for (var c = 0u; c < E; c++) {
      squares += outputs[c] * outputs[c];
    }
    scale = inverseSqrt(squares / f32(E) + EPS);
  }
  for (var c = lane; c < E; c += WORKGROUP) {
    let weight = select(1.0, vector(OUTPUT_NORM_AT + head * E + c), RMS);
    attended[(i * HEADS + head) * E_PADDED + c] = scale * weight * outputs[c];
  }
}
