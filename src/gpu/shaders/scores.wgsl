// What each token of a chunk makes of each token before it.
//   w(i, j) = (q~_i . k~_j) D(i, j)     D(i, j) = a_i D(i-1, j), the product of a_t for t = j+1 .. i
// Grid: (tokens, heads), a thread per j. The products run: differences of cumulated logarithms would lose digits,
// and a = 0, which opens a document, would give NaN.

@group(0) @binding(0) var<storage, read> features: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> scores: array<f32>; // [head, i, j]

@compute @workgroup_size(CHUNK)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) j: u32) {
  let i = group.x;
  let head = group.y;
  if (j > i) {
    scores[(head * CHUNK + i) * CHUNK + j] = 0.0;
    return;
  }
  let query = (features_at(i, head) + Q_AT) / 4u;
  let key = (features_at(j, head) + K_AT) / 4u;
  var sum = vec4<f32>();
  for (var r = 0u; r < STATE_ROWS / 4u; r++) {
    sum += features[query + r] * features[key + r];
  }
  var decay = 1.0;
  for (var t = j + 1u; t <= i; t++) {
    decay *= features[(features_at(t, head) + A_AT) / 4u].x;
  }
  scores[(head * CHUNK + i) * CHUNK + j] = sum4(sum) * decay;
}
