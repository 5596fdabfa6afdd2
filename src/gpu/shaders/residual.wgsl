// The residual stream at the start of a kernel: x plus the partial sums of the previous kernel, added in order, then
// rms(x) * weight. Rows of D_PADDED numbers in `activations`, whose padding stays 0.

const NOWHERE = 0xffffffffu;

/// x * weight. The caller applies the factor 1 / rms(x), which saves a pass and a barrier.
var<workgroup> weighted: array<vec4<f32>, D_PADDED / 4u>;

fn activation4(at: u32) -> vec4<f32> {
  return vec4(activations[at], activations[at + 1u], activations[at + 2u], activations[at + 3u]);
}

/// Fills `weighted` and stores the summed residual at `keep`. Returns 1 / rms(x), and the dot product of the normalized x
/// with the row of `vectors` at `gate`.
fn read_residual(lane: u32, x: u32, partials: u32, count: u32, norm: u32, gate: u32, keep: u32) -> vec2<f32> {
  var sums = vec2<f32>();
  for (var i = 4u * lane; i < D_PADDED; i += 4u * WORKGROUP) {
    var value = activation4(x + i);
    for (var p = 0u; p < count; p++) {
      value += activation4(partials + p * D_PADDED + i);
    }
    if (keep != NOWHERE) {
      for (var j = 0u; j < 4u; j++) {
        activations[keep + i + j] = value[j];
      }
    }
    let product = value * vector4(norm + i);
    weighted[i / 4u] = product;
    sums.x += dot(value, value);
    if (gate != NOWHERE) {
      sums.y += dot(product, vector4(gate + i));
    }
  }
  let total = sum_lanes(lane, sums, D_PADDED / 4u);
  let scale = inverseSqrt(total.x / f32(D) + EPS);
  return vec2(scale, scale * total.y);
}
