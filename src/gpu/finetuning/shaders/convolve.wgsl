// u = sum of the last 4 qkv n * taps. Grid: (blocks of rows, tokens). Three tokens are those in the state before the segment.

@group(0) @binding(0) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> qkv: array<f32>; // [token, 3d]
@group(0) @binding(2) var<storage, read> state: array<f32>;
@group(0) @binding(3) var<storage, read_write> u: array<f32>;
@group(0) @binding(4) var<uniform> shape: Layer;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x;
  if (row < 3u * D) {
    let inputs = vec4(input(id.y, row), input(id.y + 1u, row), input(id.y + 2u, row), input(id.y + 3u, row));
    u[id.y * 3u * D + row] = dot(vector4(CONVOLUTION_AT + 4u * row), inputs);
  }
}

/// The input of a row, three tokens before token `i`.
fn input(i: u32, row: u32) -> f32 {
  if (i >= 3u) {
    return qkv[(i - 3u) * 3u * D + row];
  }
  return state[shape.state + INPUTS_AT + i * 3u * D + row];
}
