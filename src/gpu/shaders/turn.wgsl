// Sine and cosine of quarter turns by our own series, because WGSL does not guarantee their accuracy. The kernel defines
// Numbers: f32 or vec4<f32>.

struct Turn {
  cosine: Numbers,
  sine: Numbers,
}

/// cos and sin of pi/2 p for p in [0, 1], `rest` = 1 - p: Taylor polynomials on [0, pi/4], relative error below 1e-7 if p
/// and `rest` are that exact.
fn quarter_turn(p: Numbers, rest: Numbers) -> Turn {
  let near = p <= Numbers(0.5);
  let t = select(rest, p, near) * 1.5707963267948966;
  let s = t * t;
  let sine = t * (1.0 + s * (-1.0 / 6.0 + s * (1.0 / 120.0 + s * (-1.0 / 5040.0 + s / 362880.0))));
  let cosine = 1.0 + s * (-0.5 + s * (1.0 / 24.0 + s * (-1.0 / 720.0 + s * (1.0 / 40320.0 - s / 3628800.0))));
  return Turn(select(sine, cosine, near), select(cosine, sine, near));
}
