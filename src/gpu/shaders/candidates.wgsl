// The most likely tokens of a block of the vocabulary, by counting for every logit the logits of the block that rank before it.
// Entries are (order of the logit, id), best first, ties by id; (0, _) if there is none.

var<workgroup> keys: array<u32, CANDIDATE_BLOCK>;

/// Stores the logit of the block's n-th token.
fn put_logit(n: u32, id: u32, logit: f32) {
  keys[n] = select(0u, order(logit), id < VOCAB);
}

/// Writes the best tokens after all logits are stored. Has a barrier inside; two calls need a barrier in between.
fn keep_candidates(lane: u32, block: u32, row: u32) {
  workgroupBarrier();
  for (var n = lane; n < CANDIDATE_BLOCK; n += WORKGROUP) {
    let key = keys[n];
    var before = vec4<u32>();
    for (var i = 0u; i < CANDIDATE_BLOCK; i += 4u) {
      let others = vec4(keys[i], keys[i + 1u], keys[i + 2u], keys[i + 3u]);
      let isTied = (others == vec4(key)) & (vec4(i) + vec4(0u, 1u, 2u, 3u) < vec4(n));
      before += select(vec4(0u), vec4(1u), (others > vec4(key)) | isTied);
    }
    let rank = before.x + before.y + before.z + before.w;
    if (rank < CANDIDATES) {
      candidates[(row * CANDIDATE_BLOCKS + block) * CANDIDATES + rank] = vec2(key, block * CANDIDATE_BLOCK + n);
    }
  }
}
