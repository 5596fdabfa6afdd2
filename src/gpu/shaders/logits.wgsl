// Logits of the next token, and each block's likeliest.
//   logits = embedding (rms(x) * final_norm)
// Grid: (groups of BLOCKS_A_GROUP blocks of the vocabulary, rows); a row is a stream while decoding, a token of the chunk in prefill.
// Threads take rows of the embedding; weights as in attention.wgsl. Float32, sums in a fixed order.

struct Rows {
  x: u32,        // first row of `activations` to read
  x_stride: u32, // numbers between rows
  partials: u32, // partial sums to add to x
  to: u32,       // first row of logits to write
  streams: u32,  // 1 where rows are streams, some of which may be finished
}

@group(0) @binding(0) var<storage, read> embedding: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> activations: array<f32>;
@group(0) @binding(3) var<storage, read> streams: array<u32>;
@group(0) @binding(4) var<storage, read_write> logits: array<f32>;
@group(0) @binding(5) var<storage, read_write> candidates: array<vec2<u32>>;
@group(0) @binding(6) var<uniform> rows: Rows;

override D_BLOCKS: u32 = D_PADDED / 4u / VECTORS;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (rows.streams == 1u && streams[group.y * STREAM_STRIDE + RUNS] == 0u) {
    return;
  }
  let x = (rows.x + group.y) * rows.x_stride;
  let partials = x + (2u + HEADS) * D_PADDED;
  let scale = read_residual(lane, x, partials, rows.partials, 0u, NOWHERE, NOWHERE).x;
  for (var block = group.x * BLOCKS_A_GROUP; block < min((group.x + 1u) * BLOCKS_A_GROUP, CANDIDATE_BLOCKS); block++) {
    for (var n = lane; n < CANDIDATE_BLOCK; n += WORKGROUP) {
      let id = block * CANDIDATE_BLOCK + n;
      var logit = 0.0;
      if (id < VOCAB) {
        var sum = vec4<f32>();
        for (var b = 0u; b < D_BLOCKS; b++) {
          var weights = embedding[b * VOCAB + id];
          for (var i = 0u; i < VECTORS; i++) {
            sum += unpack(weights, i) * weighted[b * VECTORS + i];
          }
        }
        logit = scale * row_scale(EMBEDDING_SCALES_AT + id) * sum4(sum);
        logits[(rows.to + group.y) * VOCAB + id] = logit;
      }
      put_logit(n, id, logit);
    }
    keep_candidates(lane, block, rows.to + group.y);
    if (BLOCKS_A_GROUP > 1u) {
      workgroupBarrier();
    }
  }
}
