// The cosine and sine of the re-weighting, by our own series: WGSL does not bound their accuracy.
// The kernel declares the alias Numbers: f32, or vec4<f32> for four tokens.

struct Rotation {
  cosine: Numbers,
  sine: Numbers,
}

/// cos(pi/2 p) and sin(pi/2 p) for p in [0, 1] and `rest` = 1 - p: Taylor polynomials on [0, pi/4]. The relative error is
/// below 1e-7 if p and `rest` are as exact as that.
fn quarter_rotation(p: Numbers, rest: Numbers) -> Rotation {
  let near = p <= Numbers(0.5);
  let t = select(rest, p, near) * 1.5707963267948966;
  let s = t * t;
  let sine = t * (1.0 + s * (-1.0 / 6.0 + s * (1.0 / 120.0 + s * (-1.0 / 5040.0 + s / 362880.0))));
  let cosine = 1.0 + s * (-0.5 + s * (1.0 / 24.0 + s * (-1.0 / 720.0 + s * (1.0 / 40320.0 - s / 3628800.0))));
  return Rotation(select(sine, cosine, near), select(cosine, sine, near));
}
