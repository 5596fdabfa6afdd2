// What one head makes of one token's rows of qkv, after the convolution:
//   q = relu(u) / sqrt(e)    k = relu(u)    P = sigmoid(MLP(.))    q~ = [q cos(pi/2 P), q sin(pi/2 P)], k~ likewise
// One workgroup a head and token.

var<workgroup> qkv_head: array<f32, 3u * E>;             // q, k, v
var<workgroup> tilde: array<f32, 2u * STATE_ROWS>;       // q~, k~
var<workgroup> hidden: array<f32, 2u * PROPORTION_HIDDEN>;

/// Row `r` (of 3e) of the head's qkv.
fn put_row(r: u32, u: f32) {
  qkv_head[r] = select(select(u, max(u, 0.0), r < 2u * E), max(u, 0.0) * inverseSqrt(f32(E)), r < E);
}

/// The row of the layer's qkv that is row `r` of this head.
fn qkv_row(head: u32, r: u32) -> u32 {
  return (r / E) * D + head * E + r % E;
}

/// Fills `tilde`. Barriers inside; rows must have been put, and no barrier is needed before or after.
fn make_features(lane: u32, position: u32) {
  workgroupBarrier();
  if (REWEIGHTING == LEAP) {
    for (var r = lane; r < 2u * PROPORTION_HIDDEN; r += WORKGROUP) {
      let side = r / PROPORTION_HIDDEN;
      let unit = r % PROPORTION_HIDDEN;
      let module_at = PROPORTION_AT + side * PROPORTION_SIZE;
      var sum = vec4<f32>();
      for (var c = 0u; c < E; c += 4u) {
        let at = side * E + c;
        sum += vector4(module_at + unit * E + c)
          * vec4(qkv_head[at], qkv_head[at + 1u], qkv_head[at + 2u], qkv_head[at + 3u]);
      }
      hidden[r] = max(sum4(sum) + vector(module_at + PROPORTION_HIDDEN * E + unit), 0.0);
    }
    workgroupBarrier();
  }
  let proportions = proportions_at(position);
  let query = quarter_turn(proportions.x);
  let key = quarter_turn(proportions.y);
  for (var r = lane; r < 2u * STATE_ROWS; r += WORKGROUP) {
    let is_key = r >= STATE_ROWS;
    let c = r % STATE_ROWS;
    var value = qkv_head[select(0u, E, is_key) + c % E];
    if (REWEIGHTING != NONE) {
      let turn = select(query, key, is_key);
      value *= select(turn.y, turn.x, c < E);
    }
    tilde[r] = value;
  }
  workgroupBarrier();
}

/// Pq and Pk, once `hidden` is filled.
fn proportions_at(position: u32) -> vec2<f32> {
  if (REWEIGHTING == LEAP) {
    return vec2(proportion(0u), proportion(1u));
  }
  return vec2(min(f32(position) / STATIC_LENGTH, 1.0));
}

fn proportion(side: u32) -> f32 {
  let at = PROPORTION_AT + side * PROPORTION_SIZE + PROPORTION_HIDDEN * (E + 1u);
  var sum = vector(at + PROPORTION_HIDDEN);
  for (var i = 0u; i < PROPORTION_HIDDEN; i++) {
    sum += vector(at + i) * hidden[side * PROPORTION_HIDDEN + i];
  }
  return sigmoid(sum);
}

/// a: how much of S and z stays; `gate` is the decay's product with the normalized residual.
fn retention(head: u32, gate: f32, token: u32) -> f32 {
  if (token == BOS) {
    return 0.0;
  }
  return select(1.0, sigmoid(gate + vector(DECAY_BIAS_AT + head)), DECAY);
}
