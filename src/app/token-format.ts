import { count } from './format';

/** Figures of tokens as the page shows them. Not in format.ts, because the first screen shows none. */

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
