// The proportions of queries (side 0) and keys (side 1), for a thread that computes a head of a token. The formulas are those
// of heads.wgsl. `u` [token, 3d] has the rows of q, k and v after the convolution.

alias Numbers = f32;

/// Numbers from a part of the query's proportion module to the same part of the key's, in `vectors`.
const SIDE: u32 = KEY_HIDDEN_AT - QUERY_HIDDEN_AT;

/// Where the part of a head begins in a row of u: that of q, k or v. In fours.
fn part_at(token: u32, head: u32, part: u32) -> u32 {
  return (token * 3u * D + part * D + head * E) / 4u;
}

fn factor_of(side: u32) -> f32 {
  return select(1.0, inverseSqrt(f32(E)), side == 0u);
}

/// Four numbers of q or k: factor relu(u).
fn rectified(side: u32, at: u32) -> vec4<f32> {
  return factor_of(side) * max(u[at], vec4<f32>());
}

/// A hidden unit of the module before its relu.
fn hidden_unit(side: u32, at: u32, unit: u32) -> f32 {
  var sum = vector(QUERY_HIDDEN_BIAS_AT + side * SIDE + unit);
  for (var i = 0u; i < E / 4u; i++) {
    sum += dot(vector4(QUERY_HIDDEN_AT + side * SIDE + unit * E + 4u * i), rectified(side, at + i));
  }
  return sum;
}

/// P and 1 - P, which subtracting would make less precise.
struct Proportion {
  value: f32,
  rest: f32,
}

fn proportion(side: u32, at: u32, position: u32) -> Proportion {
  if (!LEAP) {
    let fixed = min(f32(position) / STATIC_LENGTH, 1.0);
    return Proportion(fixed, 1.0 - fixed);
  }
  var sum = vector(QUERY_OUTPUT_BIAS_AT + side * SIDE);
  for (var unit = 0u; unit < PROPORTION_HIDDEN; unit++) {
    sum += vector(QUERY_OUTPUT_AT + side * SIDE + unit) * max(hidden_unit(side, at, unit), 0.0);
  }
  return Proportion(sigmoid(sum), sigmoid(-sum));
}

fn sigmoid(u: f32) -> f32 {
  return 1.0 / (1.0 + exp(clamp(-u, -80.0, 80.0)));
}
