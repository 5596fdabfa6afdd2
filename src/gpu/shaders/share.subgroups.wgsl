// Shared reads with subgroups: four threads of each subgroup read for all threads, because broadcasts are cheaper than reads
// on an adapter emulated on the CPU. The kernel defines the source: source(at).

struct Thread {
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) neighbour: u32, // a subgroup has at least four threads
}

/// The values of `source` for four items `stride` apart, one column each. Call it in uniform control flow.
fn read_four(thread: Thread, at: u32, stride: u32) -> mat4x4<f32> {
  var own = vec4<f32>();
  if (thread.neighbour < 4u) {
    own = source(at + thread.neighbour * stride);
  }
  return mat4x4(subgroupBroadcast(own, 0u), subgroupBroadcast(own, 1u), subgroupBroadcast(own, 2u), subgroupBroadcast(own, 3u));
}
