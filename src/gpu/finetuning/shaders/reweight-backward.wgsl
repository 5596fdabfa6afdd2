// The gradient of u from those of q~ and k~ [2, SEGMENT, h, E], through the proportions, and of v [token, h, COLUMNS].
//   Dq = cos Dc + sin Ds + hidden^T (output Dl where hidden q + b > 0)    Dl = P (1 - P) pi/2 q . (cos Ds - sin Dc)
// with Dq~ = [Dc, Ds]. Grid: (heads of tokens, parts: q, k, v).

@group(0) @binding(0) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> u: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> chunk: Chunk;
@group(0) @binding(3) var<storage, read> Dtilde: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> Dvalues: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> Du: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let token = id.x / HEADS;
  let side = id.y;
  let at = part_at(token, id.x % HEADS, side);
  if (side == 2u) {
    for (var i = 0u; i < E / 4u; i++) {
      Du[at + i] = Dvalues[id.x * COLUMNS / 4u + i];
    }
    return;
  }
  let source = (side * CHUNK * HEADS + id.x) * STATE_ROWS / 4u;
  let P = proportion(side, at, chunk.tokens[token].position);
  let rotation = quarter_rotation(P.value, P.rest);
  var turn = 0.0;
  for (var i = 0u; i < E / 4u; i++) {
    let Dc = Dtilde[source + i];
    if (REWEIGHTED) {
      let Ds = Dtilde[source + E / 4u + i];
      Du[at + i] = rotation.cosine * Dc + rotation.sine * Ds;
      turn += dot(rectified(side, at + i), rotation.cosine * Ds - rotation.sine * Dc);
    } else {
      Du[at + i] = Dc;
    }
  }
  if (LEAP) {
    let slope = P.value * P.rest * 1.5707963267948966 * turn;
    for (var unit = 0u; unit < PROPORTION_HIDDEN; unit++) {
      if (hidden_unit(side, at, unit) > 0.0) {
        let weight = vector(QUERY_OUTPUT_AT + side * SIDE + unit) * slope;
        for (var i = 0u; i < E / 4u; i++) {
          Du[at + i] += weight * vector4(QUERY_HIDDEN_AT + side * SIDE + unit * E + 4u * i);
        }
      }
    }
  }
  for (var i = 0u; i < E / 4u; i++) {
    Du[at + i] = select(vec4<f32>(), factor_of(side) * Du[at + i], u[at + i] > vec4<f32>());
  }
}
