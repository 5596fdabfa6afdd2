// Adds the chunk's tokens to the text: control words, set of seen tokens and last tokens. Grid: 1. A thread owns words of
// the set and processes every token in turn. <|endoftext|> clears the set and is never in it.

@group(0) @binding(0) var<storage, read> chunk: Chunk;
@group(0) @binding(1) var<storage, read_write> streams: array<u32>;

var<workgroup> before: array<u32, REACH>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  let control = chunk.stream * STREAM_STRIDE;
  let last = chunk.tokens[chunk.count - 1u];
  for (var w = lane; w < SET_WORDS; w += WORKGROUP) {
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
  for (var age = lane; age < REACH; age += WORKGROUP) {
    before[age] = streams[control + RECENT_AT + age];
  }
  workgroupBarrier();
  for (var age = lane; age < REACH; age += WORKGROUP) {
    var id = BOS;
    if (age <= last.position) {
      if (age < chunk.count) {
        id = chunk.tokens[chunk.count - 1u - age].id;
      } else {
        id = before[age - chunk.count];
      }
    }
    streams[control + RECENT_AT + age] = id;
  }
  if (lane == 0u) {
    streams[control + TOKEN] = last.id;
    streams[control + POSITION] = last.position;
    streams[control + LENGTH] += chunk.count;
  }
}
