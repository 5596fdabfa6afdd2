// n = rms(x) * norm of a chunk's tokens. Grid: (tokens); rows of D_PADDED numbers.

@group(0) @binding(0) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> activations: array<f32>;
@group(0) @binding(2) var<storage, read_write> normalized: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x * D_PADDED;
  let scale = read_residual(lane, row, 0u, 0u, NORM_AT, NOWHERE, NOWHERE).x;
  for (var i = lane; i < D_PADDED / 4u; i += WORKGROUP) {
    normalized[row / 4u + i] = scale * weighted[i];
  }
}
