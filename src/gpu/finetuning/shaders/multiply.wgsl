// y = W x for the tokens of a segment.
// Grid: (tiles of 4 tokens, blocks of 4 * WORKGROUP rows). A thread computes 4 rows for 4 tokens, so that each read serves
// several products. Weights: float32, weights[column / 4 * rows + row].

@group(0) @binding(0) var<storage, read> weights: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;
@group(0) @binding(3) var<uniform> shape: Product;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = 4u * (group.y * WORKGROUP + lane);
  if (row >= shape.rows) {
    return;
  }
  // Rows beyond the end repeat the last row.
  let rows = min(vec4(row) + vec4(0u, 1u, 2u, 3u), vec4(shape.rows - 1u));
  let stride = shape.x_stride / 4u;
  let x = 4u * group.x * stride;
  var a = vec4<f32>(); var b = a; var c = a; var d = a; // a row's products with four tokens
  for (var quad = 0u; quad < shape.columns / 4u; quad++) {
    let at = x + quad;
    let tokens = mat4x4(input[at], input[at + stride], input[at + 2u * stride], input[at + 3u * stride]);
    let block = quad * shape.rows;
    a += weights[block + rows.x] * tokens;
    b += weights[block + rows.y] * tokens;
    c += weights[block + rows.z] * tokens;
    d += weights[block + rows.w] * tokens;
  }
  finish(row, group.x, a);
  finish(row + 1u, group.x, b);
  finish(row + 2u, group.x, c);
  finish(row + 3u, group.x, d);
}

fn finish(row: u32, tile: u32, products: vec4<f32>) {
  if (row < shape.rows) {
    let at = 4u * tile * shape.y_stride + row;
    put(at, products.x);
    put(at + shape.y_stride, products.y);
    put(at + 2u * shape.y_stride, products.z);
    put(at + 3u * shape.y_stride, products.w);
  }
}

fn put(at: u32, y: f32) {
  if (shape.epilogue == ADD) {
    output[at] += y;
  } else if (shape.epilogue == RELU_SQUARED) {
    output[at] = max(y, 0.0) * max(y, 0.0);
  } else if (shape.epilogue == RELU_SQUARED_GRADIENT) { // of relu(u)^2, which it replaces: 2 relu(u) y
    output[at] = 2.0 * sqrt(output[at]) * y;
  } else {
    output[at] = y;
  }
}
