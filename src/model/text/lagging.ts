/**
 * Average lagging of a sentence, in source units (Ma et al. 2019, arXiv 1810.08398, equation 8): with g(i) source units
 * read before unit i was written, n source units, m written units and tau the first i with g(i) = n,
 *
 *     AL = 1/tau sum_{i = 1}^{tau} g(i) - (i - 1) n / m
 *
 * A translation without units lags by the whole source. The same as in training/leapformer/translate/latency.py.
 * @param delays g(1), g(2) ...
 * @param source n
 */
export function averageLagging(delays: readonly number[], source: number): number {
  if (delays.length === 0) return source;
  const last = delays.findIndex((read) => read >= source);
  const tau = last < 0 ? delays.length : last + 1;
  const sum = delays.slice(0, tau).reduce((total, read, i) => total + read - (i * source) / delays.length, 0);
  return sum / tau;
}
