// What all threads of a workgroup need, each reads for itself. The kernel says from where: source(at).

struct Thread {
  @builtin(local_invocation_index) lane: u32,
}

/// Of four things `stride` apart what `source` finds at the same place: a column each.
fn read_four(thread: Thread, at: u32, stride: u32) -> mat4x4<f32> {
  return mat4x4(source(at), source(at + stride), source(at + 2u * stride), source(at + 3u * stride));
}
