// The features of one head from the rows of qkv, after the convolution:
//   q = relu(u) / sqrt(e)    k = relu(u)    P = sigmoid(MLP(.))    q~ = [q cos(pi/2 P), q sin(pi/2 P)], k~ likewise
// One workgroup per head. The kernel defines Numbers: f32 for one token, or vec4<f32> for four.

var<workgroup> qkv_head: array<Numbers, 3u * E>;             // q, k, v
var<workgroup> hidden: array<Numbers, 2u * PROPORTION_HIDDEN>; // the contribution of each unit to its proportion, before the sigmoid

/// Row `r` (of 3e) of the head's qkv.
fn put_row(r: u32, u: Numbers) {
  qkv_head[r] = select(select(u, max(u, Numbers()), r < 2u * E), max(u, Numbers()) * inverseSqrt(f32(E)), r < E);
}

/// The row of the layer's qkv that is row `r` of this head.
fn qkv_row(head: u32, r: u32) -> u32 {
  return (r / E) * D + head * E + r % E;
}

/// Fills `hidden` from the stored rows. Has barriers inside and needs none before or after.
fn make_hidden(lane: u32) {
  workgroupBarrier();
  if (REWEIGHTING == LEAP) {
    for (var r = lane; r < 2u * PROPORTION_HIDDEN; r += WORKGROUP) {
      let side = r / PROPORTION_HIDDEN;
      let unit = r % PROPORTION_HIDDEN;
      let module_at = PROPORTION_AT + side * PROPORTION_SIZE;
      let bias_at = module_at + PROPORTION_HIDDEN * E + unit;
      var sum = Numbers();
      for (var c = 0u; c < E; c += 4u) {
        let at = side * E + c;
        let weight = vector4(module_at + unit * E + c);
        sum += (weight.x * qkv_head[at] + weight.y * qkv_head[at + 1u])
          + (weight.z * qkv_head[at + 2u] + weight.w * qkv_head[at + 3u]);
      }
      hidden[r] = max(sum + vector(bias_at), Numbers()) * vector(bias_at + PROPORTION_HIDDEN);
    }
    workgroupBarrier();
  }
}

/// P and 1 - P. 1 - P is computed separately: subtracting loses precision near P = 1, and the rms norm amplifies the error.
struct Proportion {
  value: Numbers,
  rest: Numbers,
}

/// Pq (side 0) or Pk (side 1) at a position. `hidden` must be filled.
fn proportion(side: u32, position: Numbers) -> Proportion {
  if (REWEIGHTING != LEAP) {
    let fixed = min(position / STATIC_LENGTH, Numbers(1.0));
    return Proportion(fixed, 1.0 - fixed);
  }
  var sum = Numbers(vector(PROPORTION_AT + side * PROPORTION_SIZE + PROPORTION_HIDDEN * (E + 2u)));
  for (var i = 0u; i < PROPORTION_HIDDEN; i++) {
    sum += hidden[side * PROPORTION_HIDDEN + i];
  }
  return Proportion(sigmoid(sum), sigmoid(-sum));
}

/// Row `r` of q~ and k~.
fn turned_row(r: u32, query: Turn, key: Turn) -> Numbers {
  let is_key = r >= STATE_ROWS;
  let c = r % STATE_ROWS;
  let value = qkv_head[select(0u, E, is_key) + c % E];
  if (REWEIGHTING == NONE) {
    return value;
  }
  return value * select(select(query.sine, key.sine, is_key), select(query.cosine, key.cosine, is_key), c < E);
}

/// The gate a inside a document: the fraction of S and z that stays. `gate` is the decay's product with the normalized residual.
fn retention(head: u32, gate: Numbers) -> Numbers {
  return select(Numbers(1.0), sigmoid(gate + vector(DECAY_BIAS_AT + head)), DECAY);
}

fn sigmoid(u: Numbers) -> Numbers {
  return 1.0 / (1.0 + exp(clamp(-u, Numbers(-80.0), Numbers(80.0))));
}
