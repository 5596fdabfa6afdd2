// Sums over a workgroup, in a fixed order.

var<workgroup> lanes: array<vec2<f32>, WORKGROUP>;

/// The sum of the first `count` threads' values, for every thread. One barrier and a plain loop, because barriers are slow on
/// software adapters, and all threads read the same words. Two calls need a barrier in between.
fn sum_lanes(lane: u32, value: vec2<f32>, count: u32) -> vec2<f32> {
  lanes[lane] = value;
  workgroupBarrier();
  var total = lanes[0];
  for (var i = 1u; i < min(count, WORKGROUP); i++) {
    total += lanes[i];
  }
  return total;
}
