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

/// Offset in `features` of a head's q~ [STATE_ROWS], k~ [STATE_ROWS], v [e], a, Pq, Pk of a token.
fn features_at(token: u32, head: u32) -> u32 {
  return (token * HEADS + head) * FEATURES;
}

const Q_AT = 0u;
const K_AT: u32 = STATE_ROWS;
const V_AT: u32 = 2u * STATE_ROWS;
const A_AT: u32 = 2u * STATE_ROWS + E;
const P_AT: u32 = 2u * STATE_ROWS + E + 1u;
