// The gradient of a factor: the sum over a segment's tokens of low x^T, with low [tokens, rank] and x [tokens, columns].
// Grid: (blocks of 4 * WORKGROUP columns, blocks of 4 rows). Rows of `low` are padded to a multiple of 4. The result
// [rank, columns] has the layout of multiply.wgsl.

@group(0) @binding(0) var<storage, read> low: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> gradient: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> shape: Outer;
@group(0) @binding(4) var<uniform> segment: Segment;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let quad = id.x;
  if (quad >= shape.columns / 4u) {
    return;
  }
  let quads = (shape.rank + 3u) / 4u;
  var sums = mat4x4<f32>(); // a column for each of four rows
  for (var t = 0u; t < segment.count; t++) {
    let factors = low[t * quads + id.y];
    let values = x[t * shape.stride / 4u + quad];
    sums += mat4x4(factors.x * values, factors.y * values, factors.z * values, factors.w * values);
  }
  let row = 4u * id.y;
  let at = quad * shape.rank + row;
  gradient[at] = sums[0];
  if (row + 1u < shape.rank) { gradient[at + 1u] = sums[1]; }
  if (row + 2u < shape.rank) { gradient[at + 2u] = sums[2]; }
  if (row + 3u < shape.rank) { gradient[at + 3u] = sums[3]; }
}
