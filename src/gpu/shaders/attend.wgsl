// The output of attention for a chunk's tokens, from the tokens of the chunk and from the state before it.
//   q~_i^T S_i = sum over j <= i of w(i, j) v_j + D(i, start) q~_i^T S      W_i = q~_i . z_i likewise
//   o = rms(q~^T S) * output_norm  or  q~^T S / max(W, floor)
// Grid: (heads, tiles of 4 tokens). A thread computes 4 columns for all 4 tokens, so that each read serves several products.
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

/// With the denominator, z is one more column of S, with value 1. It is the first column of the last thread.
const QUADS: u32 = E / 4u + select(1u, 0u, RMS);

var<workgroup> outputs: array<vec4<f32>, 4u * QUADS>; // of each token: q~^T S, then q~ . z
var<workgroup> shares: array<vec4<f32>, WORKGROUP>;   // each thread's part of the divisors of the four outputs

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, thread: Thread) {
  let head = group.x;
  let tile = group.y;
  let first = 4u * tile;
  let memory = (chunk.stream * STATE_SIZE + layer.state) / 4u;
  let S = memory + head * STATE_ROWS * E / 4u;
  let z = memory + (Z_AT + head * STATE_ROWS) / 4u;
  let query = (features_at(first, head) + Q_AT) / 4u;
  let weight = (head * CHUNK + vec4(first) + vec4(0u, 1u, 2u, 3u)) * CHUNK / 4u;
  let stride = HEADS * FEATURES / 4u;
  var decay = vec4(1.0);
  for (var j = 0u; j <= tile; j++) {
    let a = read_four(thread, (features_at(4u * j, head) + A_AT) / 4u, stride);
    decay.x = decay.w * a[0].x;
    decay.y = decay.x * a[1].x;
    decay.z = decay.y * a[2].x;
    decay.w = decay.z * a[3].x;
  }
  var share = vec4<f32>();
  for (var start = 0u; start < QUADS; start += WORKGROUP) {
    let quad = start + thread.lane;
    var past = mat4x4<f32>(); // one column per token
    for (var r = 0u; r < STATE_ROWS / 4u; r++) {
      var rows = mat4x4<f32>();
      if (quad < E / 4u) {
        let at = S + r * E + quad;
        rows = mat4x4(state[at], state[at + E / 4u], state[at + 2u * (E / 4u)], state[at + 3u * (E / 4u)]);
      } else if (quad < QUADS) {
        let mass = state[z + r];
        rows = mat4x4(mass.xxxx, mass.yyyy, mass.zzzz, mass.wwww);
      }
      past += rows * read_four(thread, query + r, stride);
    }
    var here = mat4x4<f32>();
    for (var j = 0u; j <= tile; j++) {
      let values = mat4x4(value(4u * j, head, quad), value(4u * j + 1u, head, quad),
        value(4u * j + 2u, head, quad), value(4u * j + 3u, head, quad));
      here += values * mat4x4(scores[weight.x + j], scores[weight.y + j], scores[weight.z + j], scores[weight.w + j]);
    }
    if (quad < QUADS) {
      let o = mat4x4(decay.x * past[0] + here[0], decay.y * past[1] + here[1],
        decay.z * past[2] + here[2], decay.w * past[3] + here[3]);
      outputs[quad] = o[0];
      outputs[QUADS + quad] = o[1];
      outputs[2u * QUADS + quad] = o[2];
      outputs[3u * QUADS + quad] = o[3];
      if (RMS) {
        share += vec4(dot(o[0], o[0]), dot(o[1], o[1]), dot(o[2], o[2]), dot(o[3], o[3]));
      } else if (quad == E / 4u) {
        share = vec4(o[0].x, o[1].x, o[2].x, o[3].x);
      }
    }
  }
  shares[thread.lane] = share;
  workgroupBarrier();
  var total = vec4<f32>();
  for (var i = 0u; i < min(QUADS, WORKGROUP); i++) {
    total += shares[i];
  }
  var scale = 1.0 / max(total, vec4(FLOOR));
  if (RMS) {
    scale = inverseSqrt(total / f32(E) + EPS);
  }
  for (var t = 0u; t < min(4u, chunk.count - first); t++) {
    for (var quad = thread.lane; quad < E / 4u; quad += WORKGROUP) {
      let norm = select(vec4(1.0), vector4(OUTPUT_NORM_AT + head * E + 4u * quad), RMS);
      attended[((first + t) * HEADS + head) * E_PADDED / 4u + quad] = scale[t] * norm * outputs[t * QUADS + quad];
    }
  }
}

fn source(at: u32) -> vec4<f32> {
  return features[at];
}

fn value(token: u32, head: u32, quad: u32) -> vec4<f32> {
  if (quad < E / 4u) {
    return features[(features_at(token, head) + V_AT) / 4u + quad];
  }
  return vec4(1.0);
}
