// y = W x for a chunk's tokens. The result is stored, squared after ReLU, or added to the output.
// Grid: (tiles of TOKENS_A_THREAD tokens, blocks of 4 * WORKGROUP rows). In this order a block's weights are still cached for
// the next tile. A thread computes 4 rows for 4 or 8 tokens, so that each read serves several products.
// Weights: blocks[block * rows + row], with columns padded like the input. Float32, sums in a fixed order.

@group(0) @binding(0) var<storage, read> weights: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
@group(0) @binding(4) var<storage, read> chunk: Chunk;

const BLOCKS: u32 = COLUMNS / 4u / WEIGHTS_VECTORS;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, thread: Thread) {
  let first = group.x * TOKENS_A_THREAD;
  // Rows WORKGROUP apart, so that neighbouring threads read neighbouring blocks. Rows beyond the end repeat the last row.
  let row = group.y * 4u * WORKGROUP + thread.lane;
  let rows = min(vec4(row) + vec4(0u, 1u, 2u, 3u) * WORKGROUP, vec4(ROWS - 1u));
  let stride = COLUMNS / 4u;
  // A row's products with four tokens, in variables instead of an array, which some adapters would put in memory.
  var a = vec4<f32>(); var b = a; var c = a; var d = a;
  var e = a; var f = a; var g = a; var h = a;
  for (var block = 0u; block < BLOCKS; block++) {
    let at = block * ROWS;
    let wa = read_weights(at + rows.x);
    let wb = read_weights(at + rows.y);
    let wc = read_weights(at + rows.z);
    let wd = read_weights(at + rows.w);
    for (var i = 0u; i < WEIGHTS_VECTORS; i++) {
      let column = first * stride + block * WEIGHTS_VECTORS + i;
      let x = read_four(thread, column, stride);
      let ua = unpack_weights(wa, i);
      let ub = unpack_weights(wb, i);
      let uc = unpack_weights(wc, i);
      let ud = unpack_weights(wd, i);
      a += ua * x;
      b += ub * x;
      c += uc * x;
      d += ud * x;
      if (TOKENS_A_THREAD == 8u) {
        let y = read_four(thread, column + 4u * stride, stride);
        e += ua * y;
        f += ub * y;
        g += uc * y;
        h += ud * y;
      }
    }
  }
  finish(row, first, a);
  finish(row + WORKGROUP, first, b);
  finish(row + 2u * WORKGROUP, first, c);
  finish(row + 3u * WORKGROUP, first, d);
  if (TOKENS_A_THREAD == 8u) {
    finish(row, first + 4u, e);
    finish(row + WORKGROUP, first + 4u, f);
    finish(row + 2u * WORKGROUP, first + 4u, g);
    finish(row + 3u * WORKGROUP, first + 4u, h);
  }
}

fn source(at: u32) -> vec4<f32> {
  return input[at];
}

/// Scales a row's products with four tokens and writes them to the output.
fn finish(row: u32, first: u32, products: vec4<f32>) {
  if (row >= ROWS || first >= chunk.count) {
    return;
  }
  let y = row_scale_weights(row) * products;
  let at = first * OUT_STRIDE + row;
  // Unrolled, because a loop over vector components is slow on emulated adapters.
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
