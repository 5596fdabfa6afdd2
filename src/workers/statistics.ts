/** A median with its 95% bootstrap interval. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function estimate(samples: readonly number[]): Estimate {
  return bootstrap(samples.length, (rounds) => median(rounds.map((i) => samples[i])));
}

/** Median of `a` divided by median of `b`. Resamples rounds of both together, because a disturbance affects both. */
export function ratioOf(a: readonly number[], b: readonly number[]): Estimate {
  return bootstrap(Math.min(a.length, b.length), (rounds) => {
    return median(rounds.map((i) => a[i])) / median(rounds.map((i) => b[i]));
  });
}

/** Median of the ratio of each pair. */
export function pairedRatio(a: readonly number[], b: readonly number[]): Estimate {
  return estimate(a.map((value, i) => value / b[i]));
}

function bootstrap(count: number, statistic: (rounds: number[]) => number): Estimate {
  const all = Array.from({ length: count }, (_, i) => i);
  let seed = 1;
  const draw = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * count);
  };
  const resampled = Array.from({ length: RESAMPLES }, () => statistic(all.map(draw))).sort((a, b) => a - b);
  const at = (quantile: number) => resampled[Math.round(quantile * (RESAMPLES - 1))];
  return { median: statistic(all), low: at(0.025), high: at(0.975) };
}
