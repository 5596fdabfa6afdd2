// The chunk's tokens join the text: control words and seen set of its stream. Grid: 1. A thread owns words of the seen
// set and takes every token in turn; <|endoftext|> empties the set and is never in it.

@group(0) @binding(0) var<storage, read> chunk: Chunk;
@group(0) @binding(1) var<storage, read_write> streams: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  let control = chunk.stream * STREAM_STRIDE;
  for (var w = lane; w < SEEN_WORDS; w += WORKGROUP) {
    var word = streams[control + SEEN_AT + w];
    for (var t = 0u; t < chunk.count; t++) {
      let id = chunk.tokens[t].id;
      if (id == BOS) {
        word = 0u;
      } else if (w == id >> 5u) {
        word |= 1u << (id & 31u);
      }
    }
    streams[control + SEEN_AT + w] = word;
  }
  if (lane == 0u) {
    let last = chunk.tokens[chunk.count - 1u];
    streams[control + TOKEN] = last.id;
    streams[control + POSITION] = last.position;
    streams[control + LENGTH] += chunk.count;
  }
}
