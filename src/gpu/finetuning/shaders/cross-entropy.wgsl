// nats = log sum exp(logits) - logits[target] of each token, and the gradient in place of the logits:
// weight (softmax(logits) - one-hot(target)). Grid: (tokens); rows of LOGIT_STRIDE numbers.

@group(0) @binding(0) var<storage, read> targets: array<u32>;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> nats: array<f32>;
@group(0) @binding(3) var<uniform> segment: Segment;

var<workgroup> tops: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x * LOGIT_STRIDE;
  let correct = row + targets[group.x];
  var top = logits[row];
  for (var i = lane; i < VOCAB; i += WORKGROUP) {
    top = max(top, logits[row + i]);
  }
  tops[lane] = top;
  let at_target = logits[correct];
  workgroupBarrier();
  for (var i = 0u; i < WORKGROUP; i++) {
    top = max(top, tops[i]);
  }
  var part = 0.0;
  for (var i = lane; i < VOCAB; i += WORKGROUP) {
    part += exp_negative(logits[row + i] - top);
  }
  let sum = sum_lanes(lane, vec2(part, 0.0), WORKGROUP).x;
  for (var i = lane; i < VOCAB; i += WORKGROUP) {
    let probability = exp_negative(logits[row + i] - top) / sum;
    logits[row + i] = segment.weight * select(probability, probability - 1.0, row + i == correct);
  }
  if (lane == 0u) {
    nats[group.x] = natural_log(sum) + (top - at_target);
  }
}
