import type { ProportionModule } from '../core/reference';

/** A vector of the forward pass, and the gradient of the loss with respect to it. */
export interface Value {
  readonly data: Float64Array;
  readonly gradient: Float64Array;
}

export function value(data: Float64Array): Value {
  return { data, gradient: new Float64Array(data.length) };
}

/** A matrix [rows, columns] in float64, and the factors of an adapter that is already merged into it (adapter.ts). */
export interface Multiplied {
  readonly W: Float64Array;
  readonly rows: number;
  readonly columns: number;
  /** Null if the matrix has no adapter. */
  readonly adapter: {
    readonly A: Float64Array;
    readonly B: Float64Array;
    readonly scale: number;
    readonly gradientA: Float64Array;
    readonly gradientB: Float64Array;
  } | null;
}

/**
 * Reverse-mode differentiation of the operations of core/reference.ts, in float64. Each method computes an operation and
 * records its gradient; `backward` runs the gradients in reverse order. dy stands for the gradient of the loss with respect
 * to y. docs/finetuning.md has the formulas.
 */
export class Tape {
  private readonly gradients: (() => void)[] = [];

  /** Adds the gradient of the recorded losses to every value. */
  backward(): void {
    for (const gradient of this.gradients.reverse()) gradient();
  }

  /** y = W x.   dx = W^T dy,   dA = scale B^T dy x^T,   dB = scale dy (A x)^T */
  multiply({ W, rows, columns, adapter }: Multiplied, x: Value): Value {
    const y = value(times(W, rows, x.data));
    this.gradients.push(() => {
      addTransposed(W, columns, y.gradient, x.gradient);
      if (!adapter) return;
      const { A, B, scale, gradientA, gradientB } = adapter;
      const rank = A.length / columns;
      const Ax = times(A, rank, x.data);
      const By = new Float64Array(rank);
      addTransposed(B, rank, y.gradient, By);
      for (let r = 0; r < rank; r++) {
        for (let c = 0; c < columns; c++) gradientA[r * columns + c] += scale * By[r] * x.data[c];
        for (let row = 0; row < rows; row++) gradientB[row * rank + r] += scale * y.gradient[row] * Ax[r];
      }
    });
    return y;
  }

  /** y = a + b.   da = dy,   db = dy */
  add(a: Value, b: Value): Value {
    const y = value(a.data.map((u, i) => u + b.data[i]));
    this.gradients.push(() => {
      accumulate(a.gradient, y.gradient, 1);
      accumulate(b.gradient, y.gradient, 1);
    });
    return y;
  }

  /** y = x r w with r = 1 / sqrt(mean(x^2) + eps).   dx = r w dy - x r^3 mean(x w dy) */
  rms(x: Value, w: Float32Array, eps: number): Value {
    const n = x.data.length;
    const r = 1 / Math.sqrt(dot(x.data, x.data) / n + eps);
    const y = value(x.data.map((u, i) => u * r * w[i]));
    this.gradients.push(() => {
      const wdy = y.gradient.map((dy, i) => dy * w[i]);
      const mean = dot(x.data, wdy) / n;
      for (let i = 0; i < n; i++) x.gradient[i] += r * wdy[i] - x.data[i] * r ** 3 * mean;
    });
    return y;
  }

  /** y = relu(u)^2.   du = 2 relu(u) dy */
  squaredRelu(u: Value): Value {
    const y = value(u.data.map((x) => Math.max(x, 0) ** 2));
    this.gradients.push(() => {
      for (let i = 0; i < u.data.length; i++) u.gradient[i] += 2 * Math.max(u.data[i], 0) * y.gradient[i];
    });
    return y;
  }

  /** y = factor relu(u).   du = factor dy where u > 0 */
  relu(u: Value, factor: number): Value {
    const y = value(u.data.map((x) => factor * Math.max(x, 0)));
    this.gradients.push(() => {
      for (let i = 0; i < u.data.length; i++) if (u.data[i] > 0) u.gradient[i] += factor * y.gradient[i];
    });
    return y;
  }

  /** y = sum over j of taps[:, j] inputs[j], per channel.   dinputs[j] = taps[:, j] dy */
  convolve(inputs: readonly Value[], taps: Float32Array): Value {
    const count = inputs.length;
    const y = value(
      inputs[0].data.map((_, i) => inputs.reduce((sum, u, j) => sum + taps[count * i + j] * u.data[i], 0)),
    );
    this.gradients.push(() => {
      for (const [j, { gradient }] of inputs.entries())
        for (let i = 0; i < gradient.length; i++) gradient[i] += taps[count * i + j] * y.gradient[i];
    });
    return y;
  }

  /** Numbers from `start` to `end` of u, with the gradient in the same place. */
  slice(u: Value, start: number, end: number): Value {
    return { data: u.data.subarray(start, end), gradient: u.gradient.subarray(start, end) };
  }

  /** P = sigmoid(output . relu(hidden u + b) + c).   With dl = P (1 - P) dP: du = hidden^T (output dl where hidden u + b > 0) */
  proportion({ hidden, hiddenBias, output, outputBias }: ProportionModule, u: Value): Value {
    const e = u.data.length;
    const active = Float64Array.from(hiddenBias, (bias, r) =>
      Math.max(dot(hidden.subarray(r * e, (r + 1) * e), u.data) + bias, 0),
    );
    const P = sigmoid(dot(output, active) + outputBias);
    const y = value(Float64Array.of(P));
    this.gradients.push(() => {
      const slope = P * (1 - P) * y.gradient[0];
      for (let r = 0; r < active.length; r++)
        if (active[r] > 0) accumulate(u.gradient, hidden.subarray(r * e, (r + 1) * e), output[r] * slope);
    });
    return y;
  }

  /**
   * u~ = [u cos(pi/2 P), u sin(pi/2 P)].   With its gradients [dc, ds]:
   * du = cos dc + sin ds,   dP = pi/2 u . (cos ds - sin dc)
   */
  split(u: Value, P: Value): Value {
    const e = u.data.length;
    const [cos, sin] = [Math.cos((Math.PI / 2) * P.data[0]), Math.sin((Math.PI / 2) * P.data[0])];
    const y = value(Float64Array.from({ length: 2 * e }, (_, i) => u.data[i % e] * (i < e ? cos : sin)));
    this.gradients.push(() => {
      for (let i = 0; i < e; i++) {
        const [dc, ds] = [y.gradient[i], y.gradient[e + i]];
        u.gradient[i] += cos * dc + sin * ds;
        P.gradient[0] += (Math.PI / 2) * u.data[i] * (cos * ds - sin * dc);
      }
    });
    return y;
  }

  /** a = sigmoid(w . n + bias).   dn = a (1 - a) da w */
  gate(w: Float32Array, bias: number, n: Value): Value {
    const a = sigmoid(dot(w, n.data) + bias);
    const y = value(Float64Array.of(a));
    this.gradients.push(() => accumulate(n.gradient, w, a * (1 - a) * y.gradient[0]));
    return y;
  }

  /**
   * S = a S' + k v^T with k [E], v [e], S [E, e]; z is the same with v = [1].
   * dS' = a dS,   da = dS . S',   dk = dS v,   dv = dS^T k
   */
  accumulate(a: Value, before: Value, k: Value, v: Value): Value {
    const e = v.data.length;
    const S = value(before.data.map((s, i) => a.data[0] * s + k.data[Math.floor(i / e)] * v.data[i % e]));
    this.gradients.push(() => {
      for (let i = 0; i < S.data.length; i++) {
        const [row, column, dS] = [Math.floor(i / e), i % e, S.gradient[i]];
        before.gradient[i] += a.data[0] * dS;
        a.gradient[0] += dS * before.data[i];
        k.gradient[row] += dS * v.data[column];
        v.gradient[column] += dS * k.data[row];
      }
    });
    return S;
  }

  /** o = q^T S [e]; with z [E] it is q . z.   dq = S do,   dS = q do^T */
  read(q: Value, S: Value): Value {
    const e = S.data.length / q.data.length;
    const o = value(new Float64Array(e));
    addTransposed(S.data, e, q.data, o.data);
    this.gradients.push(() => {
      for (let i = 0; i < S.data.length; i++) {
        const [row, column] = [Math.floor(i / e), i % e];
        q.gradient[row] += S.data[i] * o.gradient[column];
        S.gradient[i] += q.data[row] * o.gradient[column];
      }
    });
    return o;
  }

  /** y = o / m with m = max(sum, floor).   do = dy / m,   dsum = -(y . dy) / m where sum > floor */
  divide(o: Value, sum: Value, floor: number): Value {
    const m = Math.max(sum.data[0], floor);
    const y = value(o.data.map((u) => u / m));
    this.gradients.push(() => {
      accumulate(o.gradient, y.gradient, 1 / m);
      if (sum.data[0] > floor) sum.gradient[0] -= dot(y.data, y.gradient) / m;
    });
    return y;
  }

  /** One vector from parts, with the gradients of the parts. */
  concatenate(parts: readonly Value[]): Value {
    const y = value(Float64Array.from(parts.flatMap(({ data }) => [...data])));
    this.gradients.push(() => {
      let at = 0;
      for (const { gradient } of parts) {
        accumulate(gradient, y.gradient.subarray(at, at + gradient.length), 1);
        at += gradient.length;
      }
    });
    return y;
  }

  /** nats = log sum exp(logits) - logits[target], added to the loss with a weight.   dlogits = weight (softmax - one-hot) */
  crossEntropy(logits: Value, target: number, weight: number): number {
    const max = logits.data.reduce((a, b) => Math.max(a, b));
    const exponentials = logits.data.map((logit) => Math.exp(logit - max));
    const sum = exponentials.reduce((a, b) => a + b);
    this.gradients.push(() => {
      accumulate(logits.gradient, exponentials, weight / sum);
      logits.gradient[target] -= weight;
    });
    return max + Math.log(sum) - logits.data[target];
  }
}

function sigmoid(u: number): number {
  return 1 / (1 + Math.exp(-u));
}

function dot(a: Float32Array | Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += a[i] * b[i];
  return sum;
}

/** W x, W [rows, x.length] */
function times(W: Float64Array, rows: number, x: Float64Array): Float64Array {
  const n = x.length;
  return Float64Array.from({ length: rows }, (_, row) => dot(W.subarray(row * n, (row + 1) * n), x));
}

/** x = x + W^T y, W [y.length, columns] */
function addTransposed(W: Float64Array, columns: number, y: Float64Array, x: Float64Array): void {
  for (let row = 0; row < y.length; row++)
    accumulate(x, W.subarray(row * columns, (row + 1) * columns), y[row]);
}

/** a = a + factor b */
function accumulate(a: Float64Array, b: Float32Array | Float64Array, factor: number): void {
  for (let i = 0; i < b.length; i++) a[i] += factor * b[i];
}
