// Reads without sharing: every thread reads all values. The kernel defines the source: source(at).

struct Thread {
  @builtin(local_invocation_index) lane: u32,
}

/// The values of `source` for four items `stride` apart, one column each.
fn read_four(thread: Thread, at: u32, stride: u32) -> mat4x4<f32> {
  return mat4x4(source(at), source(at + stride), source(at + 2u * stride), source(at + 3u * stride));
}
