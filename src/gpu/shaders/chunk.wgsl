// A chunk: up to CHUNK consecutive tokens of one stream.

struct ChunkToken {
  id: u32,
  position: u32,
}

struct Chunk {
  stream: u32,
  count: u32,
  tokens: array<ChunkToken, CHUNK>,
}

/// Where the features of one head of a token begin in `features`: q~ at Q_AT, and so on.
fn features_at(token: u32, head: u32) -> u32 {
  return (token * HEADS + head) * FEATURES;
}
