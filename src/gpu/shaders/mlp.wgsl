// A slice of the MLP of one token in a decode step.
//   x + down relu(up (rms(x) * mlp_norm))^2
// Grid: (slices, streams). Reads the residual after attention and the partial sums of the heads. Writes their sum as x, and
// the slice's part of `down` as a partial sum. Weights as in attention.wgsl; the columns of `down` are grouped by slice.
// Float32, sums in a fixed order.

@group(0) @binding(0) var<storage, read> up: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> down: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> activations: array<f32>;
@group(0) @binding(4) var<storage, read> control: array<u32>;

const D_BLOCKS: u32 = D_PADDED / 4u / UP_VECTORS;
const SLICE_BLOCKS: u32 = SLICE / 4u / DOWN_VECTORS;

var<workgroup> units: array<f32, SLICE>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let slice = group.x;
  let stream = group.y;
  if (control[stream * CONTROL_STRIDE + RUNS] == 0u) {
    return;
  }
  let x = stream * ACTIVATIONS;
  let after = x + D_PADDED;
  let head_partials = after + D_PADDED;
  let own_partials = head_partials + HEADS * D_PADDED;

  let scale = read_residual(lane, after, head_partials, HEADS, MLP_NORM_AT, NOWHERE,
    select(NOWHERE, x, slice == 0u)).x;
  for (var r = lane; r < SLICE; r += WORKGROUP) {
    let row = slice * SLICE + r;
    var sum = vec4<f32>();
    if (row < F) {
      for (var b = 0u; b < D_BLOCKS; b++) {
        let block = read_up(b * F + row);
        for (var i = 0u; i < UP_VECTORS; i++) {
          sum += unpack_up(block, i) * weighted[b * UP_VECTORS + i];
        }
      }
      sum *= row_scale_up(row);
    }
    let u = max(scale * sum4(sum), 0.0);
    units[r] = u * u;
  }
  workgroupBarrier();
  for (var row = lane; row < D; row += WORKGROUP) {
    var sum = vec4<f32>();
    for (var b = 0u; b < SLICE_BLOCKS; b++) {
      let block = read_down((slice * SLICE_BLOCKS + b) * D + row);
      for (var i = 0u; i < DOWN_VECTORS; i++) {
        let u = 4u * (b * DOWN_VECTORS + i);
        sum += unpack_down(block, i) * vec4(units[u], units[u + 1u], units[u + 2u], units[u + 3u]);
      }
    }
    activations[own_partials + slice * D_PADDED + row] = row_scale_down(row) * sum4(sum);
  }
}
