// Appends a chunk's tokens to the history of the stream: control words, set of the article's tokens, last tokens.
// Grid: 1. A thread owns words of the set and adds the tokens in order; <|endoftext|> empties the set and is never in it.

@group(0) @binding(0) var<storage, read> chunk: Chunk;
@group(0) @binding(1) var<storage, read_write> control: array<u32>;

var<workgroup> before: array<u32, REACH>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  let base = chunk.stream * CONTROL_STRIDE;
  let last = chunk.tokens[chunk.count - 1u];
  for (var w = lane; w < SET_WORDS; w += WORKGROUP) {
    var word = control[base + SEEN_AT + w];
    for (var t = 0u; t < chunk.count; t++) {
      let id = chunk.tokens[t].id;
      if (id == BOS) {
        word = 0u;
      } else if (w == id >> 5u) {
        word |= 1u << (id & 31u);
      }
    }
    control[base + SEEN_AT + w] = word;
  }
  for (var age = lane; age < REACH; age += WORKGROUP) {
    before[age] = control[base + RECENT_AT + age];
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
    control[base + RECENT_AT + age] = id;
  }
  if (lane == 0u) {
    control[base + TOKEN] = last.id;
    control[base + POSITION] = last.position;
    control[base + LENGTH] += chunk.count;
  }
}
