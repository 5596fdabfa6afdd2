// Logits of the next token, and the most likely tokens of each block.
//   logits = embedding (rms(x) * final_norm)
// Grid: (groups of BLOCKS_A_GROUP blocks of the vocabulary, rows). A row is a stream in decode, a token of the chunk in prefill.
// A thread computes 1 or 4 rows of a block. Weights as in attention.wgsl. Float32, sums in a fixed order.

@group(0) @binding(0) var<storage, read> embedding: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> activations: array<f32>;
@group(0) @binding(3) var<storage, read> control: array<u32>;
@group(0) @binding(4) var<storage, read_write> logits: array<f32>;
@group(0) @binding(5) var<storage, read_write> candidates: array<vec2<u32>>;
@group(0) @binding(6) var<uniform> rows: Rows;

const ROWS_A_THREAD: u32 = CANDIDATE_BLOCK / WORKGROUP; // 1, or 4 on emulated adapters, for contiguous reads
const D_BLOCKS: u32 = D_PADDED / 4u / EMBEDDING_VECTORS;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (rows.are_streams == 1u && control[group.y * CONTROL_STRIDE + RUNS] == 0u) {
    return;
  }
  let x = (rows.x + group.y) * rows.x_stride;
  let partials = x + (2u + HEADS) * D_PADDED;
  let scale = read_residual(lane, x, partials, rows.partials, FINAL_NORM_AT, NOWHERE, NOWHERE).x;
  for (var block = group.x * BLOCKS_A_GROUP; block < min((group.x + 1u) * BLOCKS_A_GROUP, CANDIDATE_BLOCKS); block++) {
    let first = block * CANDIDATE_BLOCK + lane;
    // Rows WORKGROUP apart, in variables instead of an array, as in matmul.wgsl. Rows beyond the end repeat the last row.
    let ids = min(first + vec4(0u, 1u, 2u, 3u) * WORKGROUP, vec4(VOCAB - 1u));
    var a = vec4<f32>(); var b = a; var c = a; var d = a;
    for (var column = 0u; column < D_BLOCKS; column++) {
      let at = column * VOCAB;
      let wa = read_embedding(at + ids.x);
      let wb = read_embedding(at + ids.y);
      let wc = read_embedding(at + ids.z);
      let wd = read_embedding(at + ids.w);
      for (var i = 0u; i < EMBEDDING_VECTORS; i++) {
        let x = weighted[column * EMBEDDING_VECTORS + i];
        a += unpack_embedding(wa, i) * x;
        if (ROWS_A_THREAD == 4u) {
          b += unpack_embedding(wb, i) * x;
          c += unpack_embedding(wc, i) * x;
          d += unpack_embedding(wd, i) * x;
        }
      }
    }
    finish(lane, first, rows.to + group.y, scale * sum4(a));
    if (ROWS_A_THREAD == 4u) {
      finish(lane + WORKGROUP, first + WORKGROUP, rows.to + group.y, scale * sum4(b));
      finish(lane + 2u * WORKGROUP, first + 2u * WORKGROUP, rows.to + group.y, scale * sum4(c));
      finish(lane + 3u * WORKGROUP, first + 3u * WORKGROUP, rows.to + group.y, scale * sum4(d));
    }
    keep_candidates(lane, block, rows.to + group.y);
    if (BLOCKS_A_GROUP > 1u) {
      workgroupBarrier();
    }
  }
}

fn finish(n: u32, id: u32, row: u32, product: f32) {
  var logit = 0.0;
  if (id < VOCAB) {
    logit = row_scale_embedding(id) * product;
    logits[row * VOCAB + id] = logit;
  }
  put_logit(n, id, logit);
}
