// Attention's output for a chunk's tokens: from the tokens of the chunk, and from the state before it.
//   q~_i^T S_i = sum over j <= i of w(i, j) v_j + D(i, start) q~_i^T S      W_i = q~_i . z_i likewise
//   o = rms(q~^T S) * output_norm  or  q~^T S / max(W, floor)
// Grid: (heads, tiles of 4 tokens); one thread 4 columns of all four: what is read of either serves sixteen products.
// Rows of HEADS * E_PADDED numbers.

struct Layer {
  state: u32,
}

@group(0) @binding(0) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> features: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> scores: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> state: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> chunk: Chunk;
@group(0) @binding(5) var<storage, read_write> attended: array<vec4<f32>>;
@group(0) @binding(6) var<uniform> layer: Layer;

/// z is one more column of S, whose value is always 1: it is the first of the last thread's.
override QUADS: u32 = E / 4u + 1u;

var<workgroup> outputs: array<vec4<f32>, 4u * QUADS>; // of each token: q~^T S, then q~ . z

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let head = group.x;
  let first = 4u * group.y;
  let tokens = vec4(first) + vec4(0u, 1u, 2u, 3u);
  let memory = (chunk.stream * STATE_SIZE + layer.state) / 4u;
  let S = memory + head * STATE_ROWS * E / 4u;
  let z = memory + (Z_AT + head * STATE_ROWS) / 4u;
  let query = (tokens * HEADS + head) * FEATURES / 4u + Q_AT / 4u;
  let weight = (head * CHUNK + tokens) * CHUNK / 4u;
  var decay = vec4(1.0);
  for (var t = 0u; t <= first + 3u; t++) {
    let a = features[(features_at(t, head) + A_AT) / 4u].x;
    decay = select(decay, decay * a, vec4(t) <= tokens);
  }
  for (var quad = lane; quad < QUADS; quad += WORKGROUP) {
    let is_mass = quad == QUADS - 1u;
    var past = mat4x4<f32>(); // a column a token
    for (var r = 0u; r < STATE_ROWS / 4u; r++) {
      let mass = state[z + r];
      let at = S + r * E + min(quad, E / 4u - 1u);
      let rows = mat4x4(
        select(state[at], mass.xxxx, is_mass),
        select(state[at + E / 4u], mass.yyyy, is_mass),
        select(state[at + 2u * (E / 4u)], mass.zzzz, is_mass),
        select(state[at + 3u * (E / 4u)], mass.wwww, is_mass),
      );
      past += rows * mat4x4(features[query.x + r], features[query.y + r], features[query.z + r], features[query.w + r]);
    }
    var here = mat4x4<f32>();
    for (var j = 0u; j <= group.y; j++) {
      let values = mat4x4(value(4u * j, head, quad), value(4u * j + 1u, head, quad),
        value(4u * j + 2u, head, quad), value(4u * j + 3u, head, quad));
      here += values * mat4x4(scores[weight.x + j], scores[weight.y + j], scores[weight.z + j], scores[weight.w + j]);
    }
    outputs[quad] = decay.x * past[0] + here[0];
    outputs[QUADS + quad] = decay.y * past[1] + here[1];
    outputs[2u * QUADS + quad] = decay.z * past[2] + here[2];
    outputs[3u * QUADS + quad] = decay.w * past[3] + here[3];
  }
  workgroupBarrier();
  for (var t = 0u; t < min(4u, chunk.count - first); t++) {
    let own = t * QUADS;
    var scale = 1.0 / max(outputs[own + QUADS - 1u].x, FLOOR);
    if (RMS) {
      var squares = vec4<f32>();
      for (var quad = 0u; quad < QUADS - 1u; quad++) {
        squares += outputs[own + quad] * outputs[own + quad];
      }
      scale = inverseSqrt(sum4(squares) / f32(E) + EPS);
    }
    for (var quad = lane; quad < QUADS - 1u; quad += WORKGROUP) {
      let norm = select(vec4(1.0), vector4(OUTPUT_NORM_AT + head * E + 4u * quad), RMS);
      attended[((first + t) * HEADS + head) * E_PADDED / 4u + quad] = scale * norm * outputs[own + quad];
    }
  }
}

fn value(token: u32, head: u32, quad: u32) -> vec4<f32> {
  return select(features[(features_at(token, head) + V_AT) / 4u + quad], vec4(1.0), quad == QUADS - 1u);
}
