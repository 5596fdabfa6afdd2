// y = rms(x) * weights, or y = x / max(sum, floor) with the sum in the number after x.
// Grid: a thread for each group of each token.

@group(0) @binding(0) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> shape: Norm;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let width = shape.width / 4u;
  let source = id.x * shape.x_stride / 4u;
  let to = id.x * shape.y_stride / 4u;
  let weights = shape.weights_at + id.x % shape.groups * shape.width;
  if (shape.divides == 1u) {
    let sum = max(x[source + width].x, shape.floor);
    for (var i = 0u; i < width; i++) {
      y[to + i] = x[source + i] / sum;
    }
    return;
  }
  var squares = 0.0;
  for (var i = 0u; i < width; i++) {
    squares += dot(x[source + i], x[source + i]);
  }
  let scale = inverseSqrt(squares / f32(shape.width) + shape.eps);
  for (var i = 0u; i < width; i++) {
    y[to + i] = scale * x[source + i] * vector4(weights + 4u * i);
  }
}
