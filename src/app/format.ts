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
