// The gradient of the gates before their sigmoid, without an earlier S: g = a DS . S' is that of the token after plus
// q~ . Dq~ - k~ . Dk~, and Dgate = (1 - a) g. At the start of a document a is 0, and so is g. Grid: (heads).

@group(0) @binding(0) var<storage, read> queries: array<vec4<f32>>; // [token, h, E], like the next three
@group(0) @binding(1) var<storage, read> keys: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> Dqueries: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> Dkeys: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> decay: array<f32>; // [token, h]
@group(0) @binding(5) var<storage, read_write> Dgates: array<f32>;
@group(0) @binding(6) var<uniform> segment: Segment;

var<workgroup> differences: array<f32, CHUNK>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let head = group.x;
  for (var token = lane; token < segment.count; token += WORKGROUP) {
    let at = (token * HEADS + head) * STATE_ROWS / 4u;
    var sum = vec4<f32>();
    for (var i = 0u; i < STATE_ROWS / 4u; i++) {
      sum += queries[at + i] * Dqueries[at + i] - keys[at + i] * Dkeys[at + i];
    }
    differences[token] = sum4(sum);
  }
  workgroupBarrier();
  if (lane == 0u) {
    var g = 0.0;
    for (var token = segment.count; token > 0u; token--) {
      let at = (token - 1u) * HEADS + head;
      let a = decay[at];
      g = select(0.0, g + differences[token - 1u], a > 0.0);
      Dgates[at] = (1.0 - a) * g;
    }
  }
}
