/** The moments of AdamW, by parameter, and the number of steps. */
export interface Moments {
  step: number;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

interface AdamWSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

const SETTINGS: AdamWSettings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 };

export function newMoments(length: number): Moments {
  return { step: 0, first: new Float64Array(length), second: new Float64Array(length) };
}

/**
 * One step of AdamW (arXiv 1711.05101), in place:
 *   m = beta1 m + (1 - beta1) g     v = beta2 v + (1 - beta2) g^2
 *   x = x - rate (weightDecay x + (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + epsilon))
 */
export function adamW(
  values: Float32Array,
  gradient: ArrayLike<number>,
  moments: Moments,
  rate: number,
  { beta1, beta2, epsilon, weightDecay } = SETTINGS,
): void {
  const { first, second } = moments;
  moments.step++;
  const correct1 = 1 - beta1 ** moments.step;
  const correct2 = 1 - beta2 ** moments.step;
  for (let i = 0; i < values.length; i++) {
    const g = gradient[i];
    first[i] = beta1 * first[i] + (1 - beta1) * g;
    second[i] = beta2 * second[i] + (1 - beta2) * g * g;
    const update = first[i] / correct1 / (Math.sqrt(second[i] / correct2) + epsilon);
    values[i] -= rate * (weightDecay * values[i] + update);
  }
}

/** Scales a gradient in place so that its norm is at most `limit`. Returns the norm before. */
export function clipNorm(gradient: Float32Array | Float64Array, limit: number): number {
  let squares = 0;
  for (const g of gradient) squares += g * g;
  const norm = Math.sqrt(squares);
  if (norm > limit) for (let i = 0; i < gradient.length; i++) gradient[i] *= limit / norm;
  return norm;
}

/** The learning rate of a step, counted from 0: it rises to `peak` over `warmup` steps, and falls in a line to 0 at `steps`. */
export function rateAt(step: number, steps: number, peak: number, warmup: number): number {
  return peak * Math.min(1, (step + 1) / warmup) * (1 - step / steps);
}
