// The gradient of convolve.wgsl: Dqkv of a token from Du of the token and of the three after it. Grid: (blocks of rows, tokens).

@group(0) @binding(0) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> Du: array<f32>; // [token, 3d]
@group(0) @binding(2) var<storage, read_write> Dqkv: array<f32>;
@group(0) @binding(3) var<uniform> segment: Segment;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x;
  if (row < 3u * D) {
    let taps = vector4(CONVOLUTION_AT + 4u * row);
    let gradients = vec4(output(id.y + 3u, row), output(id.y + 2u, row), output(id.y + 1u, row), output(id.y, row));
    Dqkv[id.y * 3u * D + row] = dot(taps, gradients);
  }
}

fn output(token: u32, row: u32) -> f32 {
  if (token < segment.count) {
    return Du[token * 3u * D + row];
  }
  return 0.0;
}
