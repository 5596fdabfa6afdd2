/** Round ticks of a chart's vertical axis. */

/** Multiples of 1, 2 or 5 times a power of ten from 0 to at least `most`; at most six. */
export function linearTicks(most: number): number[] {
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [0.2, 0.5, 1, 2].map((factor) => factor * power).find((size) => most / size <= 5)!;
  const count = Math.ceil(most / step);
  return Array.from({ length: count + 1 }, (_, n) => Number((n * step).toPrecision(3)));
}

/** The powers of ten from at most `least` to at least `most`, at least two. */
export function decades(least: number, most: number): number[] {
  const first = Math.floor(Math.log10(least));
  const last = Math.max(Math.ceil(Math.log10(most)), first + 1);
  return Array.from({ length: last - first + 1 }, (_, n) => 10 ** (first + n));
}
