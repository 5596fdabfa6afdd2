// Draws the next token of each stream and starts its step.
//   score = penalized logit (penalties.wgsl) / temperature; top-k, then top-p of the rest, then min-p of the rest;
//   token = argmax of score + Gumbel noise (seed, draw, id), the lower id wins ties; greedy: argmax of the score
// Grid: (streams). Writes the record, the control words and the seen set, and x = the token's embedding.
// Cutoffs are found by radix histograms of 8 bits over the ordered bits of the scores: four rounds with few barriers and
// exact counts. Masses are summed as 64-bit integers, so that the order of the atomics does not matter.

struct Settings {
  inverse_temperature: f32, // 0 is greedy
  top_k: u32,               // 0 or at least VOCAB: off
  top_p: f32,               // 1: off
  log_min_p: f32,           // far below 0: off
  penalty: f32,
  inverse_penalty: f32,
  sequence_penalty: f32,
  seed: u32,
  filters: u32,             // 1 if any of the three is on
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> candidates: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> settings: array<Settings>;
@group(0) @binding(3) var<storage, read> embedding: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> streams: array<u32>;
@group(0) @binding(6) var<storage, read_write> activations: array<f32>;
@group(0) @binding(7) var<storage, read_write> records: array<f32>;

const BINS = 256u;
var<workgroup> low: array<atomic<u32>, BINS>;
var<workgroup> high: array<atomic<u32>, BINS>;
var<workgroup> found: vec2<f32>; // the bin that reaches the wanted mass, and the mass above it
var<workgroup> remaining: u32;
var<workgroup> leaders: array<vec2<u32>, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let stream = group.x;
  let control = stream * STREAM_STRIDE;
  if (lane == 0u) {
    remaining = streams[control + REMAINING];
    streams[control + RUNS] = min(remaining, 1u);
  }
  if (workgroupUniformLoad(&remaining) == 0u) {
    return;
  }
  let setting = settings[stream];
  let greedy = setting.inverse_temperature == 0.0;
  let draw = streams[control + LENGTH];
  merge_candidates(lane, stream);
  penalize(lane, stream);

  // The best score, and log sum exp of the logits.
  let highest_logit = ordered(best[0].x);
  var leader = vec2(0u, 0u);
  var sum = 0.0;
  for (var id = lane; id < VOCAB; id += WORKGROUP) {
    let mine = vec2(order(score(stream, id)), id);
    if (mine.x > leader.x) {
      leader = mine;
    }
    sum += exp_negative(logits[stream * VOCAB + id] - highest_logit);
  }
  let first = gather(lane, leader, sum);
  let log_sum = highest_logit + natural_log(first.sum);
  leader = first.leader;
  let highest = ordered(leader.x);

  var lowest = 0u;
  if (setting.filters == 1u && !greedy) {
    // One call for both, because calls are inlined and software adapters compile barriers slowly.
    for (var by_mass = 0u; by_mass < 2u; by_mass++) {
      let wanted = select(f32(setting.top_k), setting.top_p, by_mass == 1u);
      let all = select(f32(VOCAB), 1.0, by_mass == 1u);
      if (wanted > 0.0 && wanted < all) {
        lowest = select_key(lane, stream, lowest, highest, wanted, by_mass == 1u);
      }
    }
    lowest = max(lowest, order(highest + setting.log_min_p));
  }

  var mass = 1.0;
  if (!greedy) {
    mass = 0.0;
    leader = vec2(0u, 0u);
    for (var id = lane; id < VOCAB; id += WORKGROUP) {
      let s = score(stream, id);
      if (order(s) >= lowest) {
        mass += exp_negative(s - highest);
        let mine = vec2(order(s + gumbel(setting.seed, draw, id)), id);
        if (mine.x > leader.x) {
          leader = mine;
        }
      }
    }
    workgroupBarrier();
    let second = gather(lane, leader, mass);
    leader = second.leader;
    mass = second.sum;
  }
  let token = leader.y;
  workgroupBarrier();
  let rank = 1.0 + sum_lanes(lane, vec2(count_before(lane, stream, token), 0.0), WORKGROUP).x;

  let at = (stream * RECORD_SLOTS + draw % RECORD_SLOTS) * RECORD_SIZE;
  if (lane == 0u) {
    let chance = select(exp_negative(score(stream, token) - highest) / mass, 1.0, greedy);
    write_token(at, token, logits[stream * VOCAB + token] - log_sum, rank, chance);
  }
  if (lane < CANDIDATES) {
    let id = best[lane].y;
    var chance = select(0.0, 1.0, id == token);
    if (!greedy && best[lane].x != 0u) {
      let s = score(stream, id);
      chance = select(0.0, exp_negative(s - highest) / mass, order(s) >= lowest);
    }
    write_alternative(at, lane, log_sum, chance);
  }
  start_step(lane, stream, token);
}

fn score(stream: u32, id: u32) -> f32 {
  let inverse_temperature = settings[stream].inverse_temperature;
  let s = activations[penalized_at(stream, id)];
  return select(s * inverse_temperature, s, inverse_temperature == 0.0);
}

struct Gathered {
  leader: vec2<u32>,
  sum: f32,
}

/// The best (order of a score, id) and the sum of numbers over all threads, for every thread. Two calls need a barrier in
/// between.
fn gather(lane: u32, own: vec2<u32>, number: f32) -> Gathered {
  leaders[lane] = own;
  let sum = sum_lanes(lane, vec2(number, 0.0), WORKGROUP).x; // with barriers
  if (lane < 16u) {
    for (var i = lane + 16u; i < WORKGROUP; i += 16u) {
      if (precedes(leaders[i], leaders[lane])) {
        leaders[lane] = leaders[i];
      }
    }
  }
  workgroupBarrier();
  var leader = leaders[0];
  for (var i = 1u; i < 16u; i++) {
    if (precedes(leaders[i], leader)) {
      leader = leaders[i];
    }
  }
  return Gathered(leader, sum);
}

/// The order of the score at which, from the highest down, the count reaches `wanted`, or the mass reaches that share of
/// the total, among scores not below `lowest`.
fn select_key(lane: u32, stream: u32, lowest: u32, highest: f32, wanted: f32, by_mass: bool) -> u32 {
  var prefix = 0u;
  var left = wanted;
  for (var shift = 24i; shift >= 0i; shift -= 8i) {
    for (var bin = lane; bin < BINS; bin += WORKGROUP) {
      atomicStore(&low[bin], 0u);
      atomicStore(&high[bin], 0u);
    }
    workgroupBarrier();
    for (var id = lane; id < VOCAB; id += WORKGROUP) {
      let s = score(stream, id);
      let key = order(s);
      if (key >= lowest && (shift == 24i || (key >> u32(shift + 8i)) == prefix)) {
        let amount = select(1u, u32(exp_negative(s - highest) * 0x1p31), by_mass);
        let bin = (key >> u32(shift)) & 255u;
        let before = atomicAdd(&low[bin], amount);
        if (before + amount < before) {
          atomicAdd(&high[bin], 1u);
        }
      }
    }
    workgroupBarrier();
    if (lane == 0u) {
      if (by_mass && shift == 24i) {
        left *= total_mass();
      }
      find_bin(left);
    }
    let bin = workgroupUniformLoad(&found);
    prefix = (prefix << 8u) | u32(bin.x);
    left = bin.y;
  }
  return prefix;
}

fn bin_mass(bin: u32) -> f32 {
  return f32(atomicLoad(&high[bin])) * 0x1p32 + f32(atomicLoad(&low[bin]));
}

fn total_mass() -> f32 {
  var total = 0.0;
  for (var bin = BINS; bin > 0u; bin--) {
    total += bin_mass(bin - 1u);
  }
  return total;
}

/// The bin that, from the highest down, reaches `wanted` (the last non-empty bin if rounding leaves a rest), and the part
/// of `wanted` that remains for this bin.
fn find_bin(wanted: f32) {
  var left = wanted;
  for (var bin = BINS; bin > 0u; bin--) {
    let mass = bin_mass(bin - 1u);
    if (mass > 0.0) {
      found = vec2(f32(bin - 1u), left);
      if (mass >= left) {
        return;
      }
    }
    left -= mass;
  }
}

/// Adds the token to the text: control words, seen set, embedding.
fn start_step(lane: u32, stream: u32, token: u32) {
  let control = stream * STREAM_STRIDE;
  let opens = token == BOS;
  let position = select(streams[control + POSITION] + 1u, 0u, opens);
  workgroupBarrier();
  for (var w = lane; w < SET_WORDS; w += WORKGROUP) {
    let at = control + SEEN_AT + w;
    if (opens) {
      streams[at] = 0u;
    } else if (w == token >> 5u) {
      streams[at] |= 1u << (token & 31u);
    }
  }
  for (var age = lane; age < REACH; age += WORKGROUP) {
    streams[control + RECENT_AT + age] = select(recent[max(age, 1u) - 1u], token, opens || age == 0u);
  }
  for (var i = lane; i < D; i += WORKGROUP) {
    activations[stream * ACTIVATIONS + i] = embedded(token, position, i);
  }
  if (lane == 0u) {
    let stops = word_has(control + STOPS_AT, token);
    streams[control + TOKEN] = token;
    streams[control + POSITION] = position;
    streams[control + LENGTH] += 1u;
    streams[control + REMAINING] = select(remaining - 1u, 0u, stops);
    streams[control + STOPPED] = select(0u, 1u, stops);
  }
}
