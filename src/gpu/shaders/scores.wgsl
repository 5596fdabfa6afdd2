// The weight of each token of a chunk for each earlier token of the chunk.
//   w(i, j) = (q~_i . k~_j) D(i, j)     D(i, j) = a_i D(i-1, j), the product of a_t for t = j+1 .. i
// Grid: (tiles of 4 tokens, heads), one thread per j. D is a running product, because differences of accumulated logarithms
// lose precision, and a = 0 at the start of a document would give NaN.

@group(0) @binding(0) var<storage, read> features: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> scores: array<f32>; // [head, i, j]

@compute @workgroup_size(CHUNK)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) j: u32) {
  let last = 4u * group.x + 3u;
  let head = group.y;
  let tokens = vec4(4u * group.x) + vec4(0u, 1u, 2u, 3u);
  var sums = vec4<f32>();
  var decay = vec4(1.0);
  if (j <= last) {
    let query = (tokens * HEADS + head) * FEATURES / 4u + Q_AT / 4u;
    let key = (features_at(j, head) + K_AT) / 4u;
    for (var r = 0u; r < STATE_ROWS / 4u; r++) {
      sums += features[key + r]
        * mat4x4(features[query.x + r], features[query.y + r], features[query.z + r], features[query.w + r]);
    }
    for (var t = j + 1u; t <= last; t++) {
      let a = features[(features_at(t, head) + A_AT) / 4u].x;
      decay = select(decay, decay * a, vec4(t) <= tokens);
    }
  }
  let weights = select(vec4<f32>(), sums * decay, vec4(j) <= tokens);
  let at = (head * CHUNK + tokens) * CHUNK + j;
  scores[at.x] = weights.x;
  scores[at.y] = weights.y;
  scores[at.z] = weights.z;
  scores[at.w] = weights.w;
}
