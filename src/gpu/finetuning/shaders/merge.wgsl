// W + scale B A of a matrix in float32, or its transpose, in the layout of multiply.wgsl. With rank 0, W alone.
// Grid: (blocks of rows, blocks of 16 bytes of a row). `factor_a` has A [rank, columns] and `factor_b` has scale B^T
// [rank, rows], both in that layout, too.

@group(0) @binding(0) var<storage, read> base: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> factor_a: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> factor_b: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> merged: array<f32>;
@group(0) @binding(5) var<uniform> shape: Merge;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x;
  if (row >= shape.rows) {
    return;
  }
  let block = read_base(id.y * shape.rows + row);
  let scale = row_scale_base(row);
  for (var i = 0u; i < BASE_VECTORS; i++) {
    let quad = id.y * BASE_VECTORS + i;
    var w = scale * unpack_base(block, i);
    for (var r = 0u; r < shape.rank; r++) {
      w += factor_b[row / 4u * shape.rank + r][row % 4u] * factor_a[quad * shape.rank + r];
    }
    let transposed = 4u * (row / 4u * shape.columns + 4u * quad) + row % 4u;
    let at = select(4u * (quad * shape.rows + row), transposed, shape.transposes == 1u);
    let stride = select(1u, 4u, shape.transposes == 1u);
    merged[at] = w.x;
    merged[at + stride] = w.y;
    merged[at + 2u * stride] = w.z;
    merged[at + 3u * stride] = w.w;
  }
}
