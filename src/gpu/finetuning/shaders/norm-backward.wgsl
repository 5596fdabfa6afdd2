// The gradient of norm.wgsl:
//   Dx = r w Dy - r^3 x mean(x w Dy)    r = 1 / sqrt(mean(x^2) + eps)
//   Dx = Dy / m, Dsum = -(x . Dy) / m^2 where sum > floor    m = max(sum, floor)
// Grid: a thread for each group of each token. Dx has the strides of x.

@group(0) @binding(0) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> Dy: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> Dx: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> shape: Norm;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let width = shape.width / 4u;
  let source = id.x * shape.x_stride / 4u;
  let to = id.x * shape.y_stride / 4u;
  let weights = shape.weights_at + id.x % shape.groups * shape.width;
  if (shape.divides == 1u) {
    let sum = x[source + width].x;
    let m = max(sum, shape.floor);
    var product = 0.0;
    for (var i = 0u; i < width; i++) {
      product += dot(x[source + i] / m, Dy[to + i]);
      Dx[source + i] = Dy[to + i] / m;
    }
    Dx[source + width] = vec4(select(0.0, -product / m, sum > shape.floor), 0.0, 0.0, 0.0);
    return;
  }
  var sums = vec2<f32>();
  for (var i = 0u; i < width; i++) {
    let value = x[source + i];
    sums += vec2(dot(value, value), dot(value, vector4(weights + 4u * i) * Dy[to + i]));
  }
  let means = sums / f32(shape.width);
  let r = inverseSqrt(means.x + shape.eps);
  for (var i = 0u; i < width; i++) {
    let gradient = r * (vector4(weights + 4u * i) * Dy[to + i] - (r * x[source + i]) * (r * means.y));
    Dx[source + i] = gradient + select(vec4<f32>(), Dx[source + i], shape.adds == 1u);
  }
}
