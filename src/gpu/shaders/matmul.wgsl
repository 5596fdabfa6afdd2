// y = W x for a chunk's tokens; then stored, squared after relu, or added to what is there.
// Grid: (tiles of TILE tokens, blocks of ROWS_A_THREAD * WORKGROUP rows): in this order a block's weights are still near when
// the next tile asks for them. One thread 4 or 8 rows and 4 tokens: what is read of either serves them all.
// Weights: blocks[block * rows + row], columns padded as the input's are. Float32, sums in a fixed order.

override ROWS: u32;
override BLOCKS: u32;     // of a row
override OUT_STRIDE: u32; // numbers between the tokens of the output
override SCALE_AT: u32;
override ROWS_A_THREAD: u32; // 4 or 8
override EPILOGUE: u32;   // STORE, RELU_SQUARED or ADD
const STORE = 0u;
const RELU_SQUARED = 1u;
const ADD = 2u;
const TILE = 4u;

@group(0) @binding(0) var<storage, read> weights: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
@group(0) @binding(4) var<storage, read> chunk: Chunk;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let first = group.x * TILE;
  // Rows WORKGROUP apart, so that neighbouring threads read neighbouring blocks. Past the end they repeat the last.
  let row = group.y * ROWS_A_THREAD * WORKGROUP + lane;
  let near = min(vec4(row) + vec4(0u, 1u, 2u, 3u) * WORKGROUP, vec4(ROWS - 1u));
  let far = min(vec4(row) + vec4(4u, 5u, 6u, 7u) * WORKGROUP, vec4(ROWS - 1u));
  let inputs = (vec4(first) + vec4(0u, 1u, 2u, 3u)) * BLOCKS * VECTORS;
  // A row's products with the four tokens, in names rather than an array: that would go through memory on some adapters.
  var a = vec4<f32>(); var b = a; var c = a; var d = a;
  var e = a; var f = a; var g = a; var h = a;
  for (var block = 0u; block < BLOCKS; block++) {
    let at = block * ROWS;
    var wa = weights[at + near.x];
    var wb = weights[at + near.y];
    var wc = weights[at + near.z];
    var wd = weights[at + near.w];
    var we = weights[at + far.x];
    var wf = weights[at + far.y];
    var wg = weights[at + far.z];
    var wh = weights[at + far.w];
    for (var i = 0u; i < VECTORS; i++) {
      let column = inputs + block * VECTORS + i;
      let x = mat4x4(input[column.x], input[column.y], input[column.z], input[column.w]);
      a += unpack(wa, i) * x;
      b += unpack(wb, i) * x;
      c += unpack(wc, i) * x;
      d += unpack(wd, i) * x;
      if (ROWS_A_THREAD == 8u) {
        e += unpack(we, i) * x;
        f += unpack(wf, i) * x;
        g += unpack(wg, i) * x;
        h += unpack(wh, i) * x;
      }
    }
  }
  finish(row, first, a);
  finish(row + WORKGROUP, first, b);
  finish(row + 2u * WORKGROUP, first, c);
  finish(row + 3u * WORKGROUP, first, d);
  if (ROWS_A_THREAD == 8u) {
    finish(row + 4u * WORKGROUP, first, e);
    finish(row + 5u * WORKGROUP, first, f);
    finish(row + 6u * WORKGROUP, first, g);
    finish(row + 7u * WORKGROUP, first, h);
  }
}

/// Scales a row's products with the tile's tokens and puts them where they belong.
fn finish(row: u32, first: u32, products: vec4<f32>) {
  if (row >= ROWS) {
    return;
  }
  let y = row_scale(SCALE_AT + row) * products;
  let at = first * OUT_STRIDE + row;
  // Spelled out: a loop over the parts of a vector is slow on emulated adapters.
  put(at, y.x);
  if (first + 1u < chunk.count) { put(at + OUT_STRIDE, y.y); }
  if (first + 2u < chunk.count) { put(at + 2u * OUT_STRIDE, y.z); }
  if (first + 3u < chunk.count) { put(at + 3u * OUT_STRIDE, y.w); }
}

fn put(at: u32, y: f32) {
  if (EPILOGUE == RELU_SQUARED) {
    output[at] = max(y, 0.0) * max(y, 0.0);
  } else if (EPILOGUE == ADD) {
    output[at] += y;
  } else {
    output[at] = y;
  }
}
