import type { Precisions } from '../model/core/weights';

/** Numbers as the page shows them. */

/** Made once, because making one takes longer than formatting a hundred numbers. */
const decimals = [0, 1, 2].map((digits) => new Intl.NumberFormat('en', { maximumFractionDigits: digits }));
const decimal = (digits: 0 | 1 | 2) => decimals[digits];

export function count(n: number): string {
  return decimal(0).format(n);
}

/** 6857892 → 6.9M */
export function million(n: number): string {
  return n < 1e6 ? count(n) : `${decimal(n < 1e8 ? 1 : 0).format(n / 1e6)}M`;
}

/** Decimal units: 1 kB = 1000 bytes. */
export function bytes(n: number): string {
  if (n < 1e3) return `${n} bytes`;
  if (n < 1e6) return `${decimal(0).format(n / 1e3)} kB`;
  if (n < 1e9) return `${decimal(n < 1e7 ? 2 : 1).format(n / 1e6)} MB`;
  return `${decimal(2).format(n / 1e9)} GB`;
}

export function precisionName({ embedding, layers }: Precisions): string {
  return embedding === layers ? layers : `${layers}, embedding ${embedding}`;
}

export function milliseconds(n: number): string {
  return `${decimal(n < 10 ? 2 : n < 100 ? 1 : 0).format(n)} ms`;
}

/** Date and time, from ms since 1970. */
export function moment(ms: number): string {
  return new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' }).format(ms);
}

export function perSecond(n: number): string {
  return decimal(n < 10 ? 1 : 0).format(n);
}

/** 0.1234 → 12.3%, -0.001 → −0.10%. Only 0 and 1 show as 0% and 100%. */
export function percent(share: number): string {
  const size = Math.abs(100 * share);
  const [sign, less, more] = share < 0 ? ['−', '>', '<'] : ['', '<', '>'];
  if (size > 0 && size < 0.01) return `${less} ${sign}0.01%`;
  if (size >= 99.95 && size < 100) return `${more} ${sign}99.9%`;
  const digits = size === 0 || size >= 100 ? 0 : size < 1 ? 2 : 1;
  return `${sign}${size.toFixed(digits)}%`;
}

/** 1 → 1st */
export function ordinal(n: number): string {
  const ending = { one: 'st', two: 'nd', few: 'rd', other: 'th', zero: 'th', many: 'th' };
  return `${count(n)}${ending[new Intl.PluralRules('en', { type: 'ordinal' }).select(n)]}`;
}

/** A loss in nats, in bits. */
export function bits(nats: number): string {
  return `${(nats / Math.LN2).toFixed(1)} bits`;
}
