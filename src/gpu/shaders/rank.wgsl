// The most likely tokens of each block, from the logits of a snapshot. Grid: (blocks of the vocabulary, streams).

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> candidates: array<vec2<u32>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  for (var n = lane; n < CANDIDATE_BLOCK; n += WORKGROUP) {
    let id = group.x * CANDIDATE_BLOCK + n;
    var logit = 0.0;
    if (id < VOCAB) {
      logit = logits[group.y * VOCAB + id];
    }
    put_logit(n, id, logit);
  }
  keep_candidates(lane, group.x, group.y);
}
