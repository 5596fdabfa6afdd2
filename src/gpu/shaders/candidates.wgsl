// The likeliest tokens of a block of the vocabulary: by counting, for every logit, the block's logits before it.
// CANDIDATE_BLOCK threads. Entries are (order of the logit, id), best first, ties by id; (0, _) where there is none.

var<workgroup> keys: array<u32, CANDIDATE_BLOCK>;

fn keep_candidates(lane: u32, block: u32, row: u32, logit: f32) {
  let id = block * CANDIDATE_BLOCK + lane;
  let key = select(0u, order(logit), id < VOCAB);
  keys[lane] = key;
  workgroupBarrier();
  var rank = 0u;
  for (var i = 0u; i < CANDIDATE_BLOCK; i++) {
    rank += select(0u, 1u, keys[i] > key || (keys[i] == key && i < lane));
  }
  if (rank < CANDIDATES) {
    candidates[(row * CANDIDATE_BLOCKS + block) * CANDIDATES + rank] = vec2(key, id);
  }
}
