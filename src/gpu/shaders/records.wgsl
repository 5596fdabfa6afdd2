// Records of tokens in prefill. Grid: (tokens of the group). The n-th token uses row n of the logits, which are those
// before it.

struct Group {
  start: u32, // first token of the group in its chunk
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> candidates: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> chunk: Chunk;
@group(0) @binding(3) var<storage, read_write> records: array<f32>;
@group(0) @binding(4) var<uniform> tokens: Group;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  let token = chunk.tokens[tokens.start + row].id;
  merge_candidates(lane, row);
  let highest = ordered(best[0].x);
  var sums = vec2(0.0, count_before(lane, row, token));
  for (var id = lane; id < VOCAB; id += WORKGROUP) {
    sums.x += exp_negative(logits[row * VOCAB + id] - highest);
  }
  let total = sum_lanes(lane, sums, WORKGROUP);
  let log_sum = highest + natural_log(total.x);
  let at = (tokens.start + row) * RECORD_SIZE;
  if (lane == 0u) {
    write_token(at, token, logits[row * VOCAB + token] - log_sum, total.y + 1.0, 0.0);
  }
  if (lane < CANDIDATES) {
    write_alternative(at, lane, log_sum, 0.0);
  }
}
