// The record of a token: its log-probability and rank, and the ten most likely tokens, from a row of `logits` and
// `candidates`. One workgroup per record.

var<workgroup> best_blocks: array<u32, CANDIDATES>;
var<workgroup> best: array<vec2<u32>, CANDIDATES>; // (order of the logit, id); (0, _) beyond a tiny vocabulary
var<workgroup> pool: array<vec2<u32>, CANDIDATES * CANDIDATES>;

fn precedes(a: vec2<u32>, b: vec2<u32>) -> bool {
  return a.x > b.x || (a.x == b.x && a.y < b.y);
}

/// Fills `best`. The ten best tokens are in the ten blocks with the best first candidates, so only a hundred candidates
/// are ranked, by counting, for any size of the vocabulary.
fn merge_candidates(lane: u32, row: u32) {
  let firsts = row * CANDIDATE_BLOCKS * CANDIDATES;
  let blocks = min(CANDIDATE_BLOCKS, CANDIDATES);
  for (var b = lane; b < CANDIDATE_BLOCKS; b += WORKGROUP) {
    let own = candidates[firsts + b * CANDIDATES];
    var rank = 0u;
    for (var i = 0u; i < CANDIDATE_BLOCKS && rank < CANDIDATES; i++) {
      rank += select(0u, 1u, precedes(candidates[firsts + i * CANDIDATES], own));
    }
    if (rank < CANDIDATES) {
      best_blocks[rank] = b;
    }
  }
  workgroupBarrier();
  for (var i = lane; i < blocks * CANDIDATES; i += WORKGROUP) {
    pool[i] = candidates[firsts + best_blocks[i / CANDIDATES] * CANDIDATES + i % CANDIDATES];
  }
  workgroupBarrier();
  for (var i = lane; i < blocks * CANDIDATES; i += WORKGROUP) {
    var rank = 0u;
    for (var j = 0u; j < blocks * CANDIDATES; j++) {
      rank += select(0u, 1u, precedes(pool[j], pool[i]));
    }
    if (rank < CANDIDATES) {
      best[rank] = pool[i];
    }
  }
  workgroupBarrier();
}

/// A thread's part of the number of logits that rank before `token`'s.
fn count_before(lane: u32, row: u32, token: u32) -> f32 {
  let own = vec2(order(logits[row * VOCAB + token]), token);
  var count = 0.0; // exact below 2^24
  for (var id = lane; id < VOCAB; id += WORKGROUP) {
    count += select(0.0, 1.0, precedes(vec2(order(logits[row * VOCAB + id]), id), own));
  }
  return count;
}

/// The first four numbers of a record.
fn write_token(at: u32, token: u32, log_probability: f32, rank: f32, probability: f32) {
  records[at] = f32(token);
  records[at + 1u] = log_probability;
  records[at + 2u] = rank;
  records[at + 3u] = probability;
}

/// The n-th alternative, from log sum exp of the logits.
fn write_alternative(at: u32, n: u32, log_sum: f32, probability: f32) {
  let to = at + 4u + 3u * n;
  let exists = best[n].x != 0u;
  records[to] = select(-1.0, f32(best[n].y), exists);
  records[to + 1u] = select(-1.0, ordered(best[n].x) - log_sum, exists);
  records[to + 2u] = select(-1.0, probability, exists);
}
