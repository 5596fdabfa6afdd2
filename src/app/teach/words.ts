/** 95,000 ms → 1 min 35 s */
export function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 10 ? `${minutes} min ${seconds % 60} s` : `${Math.round(seconds / 60)} min`;
}

/** A loss in nats, in bits. */
export function inBits(nats: number): string {
  return (nats / Math.LN2).toFixed(2);
}
