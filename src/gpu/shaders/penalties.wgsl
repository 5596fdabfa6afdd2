// Applies the penalties of src/model/sampling/sampling.ts and seen.ts to the logits; writes to the stream's activations.

var<workgroup> recent: array<u32, REACH>;
var<workgroup> followed: array<u32, REACH>; // match length of the suffix at each distance from the end

fn penalized_at(stream: u32, id: u32) -> u32 {
  return stream * ACTIVATIONS + SCORES_AT + id;
}

fn word_has(words: u32, id: u32) -> bool {
  return ((streams[words + (id >> 5u)] >> (id & 31u)) & 1u) == 1u;
}

fn penalize(lane: u32, stream: u32) {
  let setting = settings[stream];
  let control = stream * STREAM_STRIDE;
  for (var age = lane; age < REACH; age += WORKGROUP) {
    recent[age] = streams[control + RECENT_AT + age];
  }
  for (var id = lane; id < VOCAB; id += WORKGROUP) {
    var s = logits[stream * VOCAB + id];
    if (setting.penalty != 1.0 && word_has(control + SEEN_AT, id)) {
      s *= select(setting.penalty, setting.inverse_penalty, s > 0.0);
    }
    activations[penalized_at(stream, id)] = s;
  }
  workgroupBarrier();
  storageBarrier();
  if (setting.sequence_penalty > 0.0) {
    for (var age = lane; age < REACH; age += WORKGROUP) {
      followed[age] = in_common(age);
    }
    workgroupBarrier();
    for (var age = lane; age < REACH; age += WORKGROUP) {
      if (followed[age] > 0u && counts(age)) {
        let penalty = setting.sequence_penalty * f32(1u << (followed[age] - 1u));
        activations[penalized_at(stream, recent[age - 1u])] -= penalty;
      }
    }
    storageBarrier();
  }
}

/// Match length of the current suffix and the text at a distance from the end.
fn in_common(age: u32) -> u32 {
  var length = 0u;
  if (age > 0u && recent[age] != BOS) {
    while (length < min(LONGEST, REACH - age) && recent[age + length] == recent[length]) {
      length++;
    }
  }
  return length;
}

/// Among all positions that the same token followed, the longest match counts; the newest one wins ties.
fn counts(age: u32) -> bool {
  for (var other = 1u; other < REACH; other++) {
    let is_same = recent[other - 1u] == recent[age - 1u];
    if (is_same && (followed[other] > followed[age] || (followed[other] == followed[age] && other < age))) {
      return false;
    }
  }
  return true;
}
