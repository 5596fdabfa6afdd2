// y = W x for a chunk's tokens; then stored, squared after relu, or added to what is there.
// Grid: (blocks of 4 WORKGROUP rows, tiles of TILE tokens). One thread 4 rows and 4 tokens: what is read of either
// serves four products. Weights: blocks[block * rows + row], columns padded as the input's are. Float32, sums in a fixed order.

override ROWS: u32;
override BLOCKS: u32;     // of a row
override OUT_STRIDE: u32; // numbers between the tokens of the output
override SCALE_AT: u32;
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
  let first = group.y * TILE;
  // Rows WORKGROUP apart, so that neighbouring threads read neighbouring blocks. Past the end they repeat the last.
  let rows = min(vec4(group.x * 4u * WORKGROUP + lane) + vec4(0u, 1u, 2u, 3u) * WORKGROUP, vec4(ROWS - 1u));
  let inputs = (vec4(first) + vec4(0u, 1u, 2u, 3u)) * BLOCKS * VECTORS;
  // A tile of 4 rows and 4 tokens, in names rather than arrays: those would go through memory on some adapters.
  var a0 = vec4<f32>(); var a1 = a0; var a2 = a0; var a3 = a0;
  var b0 = a0; var b1 = a0; var b2 = a0; var b3 = a0;
  var c0 = a0; var c1 = a0; var c2 = a0; var c3 = a0;
  var d0 = a0; var d1 = a0; var d2 = a0; var d3 = a0;
  for (var block = 0u; block < BLOCKS; block++) {
    let at = block * ROWS;
    let wa = weights[at + rows.x];
    let wb = weights[at + rows.y];
    let wc = weights[at + rows.z];
    let wd = weights[at + rows.w];
    for (var i = 0u; i < VECTORS; i++) {
      let column = inputs + block * VECTORS + i;
      let x0 = input[column.x];
      let x1 = input[column.y];
      let x2 = input[column.z];
      let x3 = input[column.w];
      let a = unpack(wa, i);
      a0 += a * x0; a1 += a * x1; a2 += a * x2; a3 += a * x3;
      let b = unpack(wb, i);
      b0 += b * x0; b1 += b * x1; b2 += b * x2; b3 += b * x3;
      let c = unpack(wc, i);
      c0 += c * x0; c1 += c * x1; c2 += c * x2; c3 += c * x3;
      let d = unpack(wd, i);
      d0 += d * x0; d1 += d * x1; d2 += d * x2; d3 += d * x3;
    }
  }
  let row = group.x * 4u * WORKGROUP + lane;
  finish(row, first, vec4(sum4(a0), sum4(a1), sum4(a2), sum4(a3)));
  finish(row + WORKGROUP, first, vec4(sum4(b0), sum4(b1), sum4(b2), sum4(b3)));
  finish(row + 2u * WORKGROUP, first, vec4(sum4(c0), sum4(c1), sum4(c2), sum4(c3)));
  finish(row + 3u * WORKGROUP, first, vec4(sum4(d0), sum4(d1), sum4(d2), sum4(d3)));
}

/// Scales a row's products with the tile's tokens and puts them where they belong.
fn finish(row: u32, first: u32, products: vec4<f32>) {
  if (row >= ROWS) {
    return;
  }
  let scaled = row_scale(SCALE_AT + row) * products;
  for (var t = 0u; t < min(TILE, chunk.count - first); t++) {
    let at = (first + t) * OUT_STRIDE + row;
    var y = scaled[t];
    if (EPILOGUE == RELU_SQUARED) {
      y = max(y, 0.0) * max(y, 0.0);
    } else if (EPILOGUE == ADD) {
      y += output[at];
    }
    output[at] = y;
  }
}
