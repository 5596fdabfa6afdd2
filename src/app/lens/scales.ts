import { interpolatePuOr } from 'd3-scale-chromatic';
import type { MatrixKind } from '../../model/lens/measures';
import type { HeadSummary } from '../../model/lens/summary';
import { isDark } from '../theme';
import { attentionColour } from '../tint-scale';
import { percent } from '../token-format';

/** A colour scale of 256 steps whose lightness changes evenly, so that it reads without distinguishing hues. */
export interface Scale {
  /** An opaque RGBA pixel in the byte order of ImageData. */
  colour(value: number): number;
  readonly stops: readonly string[];
  /** Labels of the legend's ends. */
  readonly ends: readonly [string, string];
}

const LEAST = 1e-4; // lower end of the logarithmic scale
const RATIO = 64; // both ends of the scale of factors

/** The scale of a matrix: linear from 0 to the largest share, logarithmic, signed, or of factors relative to 1. */
export type ScaleKind = 'linear' | 'log' | 'signed' | 'factor';

/** The scale for a kind of matrix. `shares` is the user's choice of scale for shares. */
export function scaleKind(of: MatrixKind, shares: 'linear' | 'log'): ScaleKind {
  return of === 'output' ? 'signed' : of === 'reweighting' ? 'factor' : shares;
}

/** Shares are in the page's accent. Signed values go from orange (negative) through white to purple. */
export function scaleOf(values: Float32Array, kind: ScaleKind): Scale {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  most ||= 1;
  switch (kind) {
    case 'signed': {
      // The square root keeps small values visible, because few values are large.
      const at = (value: number) => 0.5 + (Math.sign(value) * Math.sqrt(Math.abs(value) / most)) / 2;
      return { ...lookUp((t) => interpolatePuOr(1 - t), at), ends: [`−${percent(most)}`, percent(most)] };
    }
    case 'factor': {
      const at = (value: number) => 0.5 + Math.log(Math.max(value, 1e-9)) / Math.log(RATIO) / 2;
      return { ...lookUp(accents(), at), ends: [`1/${RATIO} of the row’s median`, `${RATIO} times`] };
    }
    case 'linear':
      return { ...lookUp(accents(), (value) => value / most), ends: ['0%', percent(most)] };
    case 'log': {
      const span = Math.log(1 / LEAST);
      const at = (value: number) => (value > LEAST ? Math.log(value / LEAST) / span : 0);
      return { ...lookUp(accents(), at), ends: [`${percent(LEAST)} or less`, '100%'] };
    }
  }
}

/** From the picture's background, through the accent, to the ink. */
const ACCENTS = {
  light: ['#f4f2ee', '#0b6b66', '#03211f'],
  dark: ['#1c1f21', '#3f9a91', '#e3f6f2'],
};

function accents(): (t: number) => string {
  const [low, middle, high] = ACCENTS[isDark() ? 'dark' : 'light'].map(channels);
  const mix = (a: number[], b: number[], t: number) =>
    a.map((from, i) => Math.round(from + t * (b[i] - from)));
  return (t) => `rgb(${(t < 0.7 ? mix(low, middle, t / 0.7) : mix(middle, high, (t - 0.7) / 0.3)).join()})`;
}

function lookUp(interpolate: (t: number) => string, at: (value: number) => number) {
  const table = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    const [r, g, b] = channels(interpolate(i / 255));
    table[i] = (255 << 24) | (b << 16) | (g << 8) | r;
  }
  const step = (value: number) => Math.round(255 * Math.min(Math.max(at(value), 0), 1));
  const places = Array.from({ length: 9 }, (_, i) => i / 8);
  return { colour: (value: number) => table[step(value)], stops: places.map(interpolate) };
}

function channels(colour: string): number[] {
  if (colour.startsWith('#')) return [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16));
  return colour.match(/\d+/g)!.map(Number);
}

/** Each factor of an [n, n] matrix divided by the median of its row. A row of many small factors shows its largest. */
export function relativeFactors(values: Float32Array, n: number): Float32Array {
  const relative = new Float32Array(values.length);
  for (let i = 0; i < n; i++) {
    const row = values.subarray(i * n, i * n + i + 1);
    const median = row.toSorted()[row.length >> 1];
    for (let j = 0; j <= i; j++) relative[i * n + j] = median > 0 ? row[j] / median : 1;
  }
  return relative;
}

const VISIBLE = 0.08; // least strength that has a colour

/** The background of a token with this share of attention; `most` is the largest share. Negative shares are orange. */
export function tokenColour(share: number, most: number): string | null {
  if (!(most > 0)) return null;
  const strength = Math.sqrt(Math.abs(share) / most); // keeps small shares visible
  if (strength < VISIBLE) return null;
  return share >= 0
    ? attentionColour(strength)
    : `color-mix(in srgb, #e08214 ${Math.round(45 * strength)}%, transparent)`;
}

/** A number of tokens. */
export function tokens(value: number): string {
  if (!Number.isFinite(value)) return '∞';
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}

/** A range if there are tokens before the window. */
export function spanOf({ span: [low, high] }: HeadSummary): string {
  return high > 1.05 * low ? `${tokens(low)} to ${tokens(high)}` : tokens(low);
}

/** Logarithmic: 0 for one token, 1 for 512. */
export function logPart(count: number): number {
  return Math.min(Math.log(Math.max(count, 1)) / Math.log(512), 1);
}
