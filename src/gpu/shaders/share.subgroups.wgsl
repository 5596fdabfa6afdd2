// What all threads of a workgroup need, four threads of each subgroup read for it: passing on is cheaper than reading, where
// the processor emulates the adapter. The kernel says from where: source(at).

struct Thread {
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) neighbour: u32, // of at least four
}

/// Of four things `stride` apart what `source` finds at the same place: a column each. In uniform control flow.
fn read_four(thread: Thread, at: u32, stride: u32) -> mat4x4<f32> {
  var own = vec4<f32>();
  if (thread.neighbour < 4u) {
    own = source(at + thread.neighbour * stride);
  }
  return mat4x4(subgroupBroadcast(own, 0u), subgroupBroadcast(own, 1u), subgroupBroadcast(own, 2u), subgroupBroadcast(own, 3u));
}
