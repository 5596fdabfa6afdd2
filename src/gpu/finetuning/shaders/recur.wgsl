// A linear recurrence over a segment's tokens, for each head. A thread keeps a row or a column s of a matrix [E, COLUMNS]:
//   s = a s + x u    out = s . y
// Four passes use it. The last column of v is 1 and that of o is q~ . z, so z is a column of S.
//   columns   S = a S + k~ v^T     o = S^T q~        x = v, u = k~, y = q~
//   rows      the same             Dq~ = S Do        x = k~, u = v, y = Do
//   rows      DS = a' DS + q~ Do^T, from the last token, with a' of the token after    Dk~ = DS v    x = q~, u = Do, y = v
//   columns   the same             Dv = DS^T k~      x = Do, u = q~, y = k~
// Grid: (blocks of rows or columns, heads). x and out [token, h, ITEMS], u and y [token, h, WIDTH].

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> u: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> decay: array<f32>; // [token, h]
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<storage, read_write> state: array<f32>;
@group(0) @binding(6) var<uniform> shape: Pass;
@group(0) @binding(7) var<uniform> segment: Segment;

const NOWHERE = 0xffffffffu;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let item = id.x;
  let head = id.y;
  if (item >= ITEMS) {
    return;
  }
  var s: array<vec4<f32>, WIDTH / 4u>;
  if (shape.begins == 1u) {
    for (var i = 0u; i < WIDTH; i++) {
      let at = state_at(head, item, i);
      if (at != NOWHERE) {
        s[i / 4u][i % 4u] = state[at];
      }
    }
  }
  for (var step = 0u; step < segment.count; step++) {
    let token = select(step, segment.count - 1u - step, shape.reverse == 1u);
    let row = token * HEADS + head;
    var a = 0.0; // of no token after the last
    if (shape.reverse == 0u) {
      a = decay[row];
    } else if (step > 0u) {
      a = decay[row + HEADS];
    }
    let factor = x[row * ITEMS + item];
    var sum = vec4<f32>();
    for (var i = 0u; i < WIDTH / 4u; i++) {
      s[i] = a * s[i] + factor * u[row * WIDTH / 4u + i];
      sum += s[i] * y[row * WIDTH / 4u + i];
    }
    out[row * ITEMS + item] = sum4(sum);
  }
  if (shape.keeps == 1u) {
    for (var i = 0u; i < WIDTH; i++) {
      let at = state_at(head, item, i);
      if (at != NOWHERE) {
        state[at] = s[i / 4u][i % 4u];
      }
    }
  }
}

/// Where the i-th number of the row or column lies in the state.
fn state_at(head: u32, item: u32, i: u32) -> u32 {
  let row = select(item, i, OF_COLUMNS);
  let column = select(i, item, OF_COLUMNS);
  if (column > E) {
    return NOWHERE;
  }
  let S = (head * STATE_ROWS + row) * E + column;
  return shape.state + select(S, Z_AT + head * STATE_ROWS + row, column == E);
}
