import { interpolatePuOr, interpolateViridis } from 'd3-scale-chromatic';
import type { MatrixKind } from '../../model/lens/measures';
import { percent } from '../format';
import { tintColour } from '../tint-scale';

/** A colour scale of 256 steps, perceptually uniform and safe for colour-blind readers. */
export interface Scale {
  /** An opaque RGBA pixel in the byte order of ImageData. */
  colour(value: number): number;
  readonly stops: readonly string[];
  /** Labels of the legend's ends. */
  readonly ends: readonly [string, string];
}

const LEAST = 1e-4; // lower end of the logarithmic scale

/** The scale of a matrix: linear from 0 to the largest share, logarithmic, signed, or linear from 0 to 1. */
export type ScaleKind = 'linear' | 'log' | 'signed' | 'factor';

/** The scale for a kind of matrix. `shares` is the user's choice of scale for shares. */
export function scaleKind(of: MatrixKind, shares: 'linear' | 'log'): ScaleKind {
  return of === 'output' ? 'signed' : of === 'reweighting' ? 'factor' : shares;
}

/** Signed values go from orange (negative) through white to purple, the same in every theme. */
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
    case 'factor':
      return { ...lookUp(interpolateViridis, (value) => value), ends: ['0', '1'] };
    case 'linear':
      return { ...lookUp(interpolateViridis, (value) => value / most), ends: ['0%', percent(most)] };
    case 'log': {
      const span = Math.log(1 / LEAST);
      const at = (value: number) => (value > LEAST ? Math.log(value / LEAST) / span : 0);
      return { ...lookUp(interpolateViridis, at), ends: [`${percent(LEAST)} or less`, '100%'] };
    }
  }
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

/** The background of a token with this share of attention; `most` is the largest share. Negative shares are orange. */
export function tokenColour(share: number, most: number): string | null {
  if (!(most > 0)) return null;
  const strength = Math.sqrt(Math.abs(share) / most); // keeps small shares visible
  if (share >= 0) return strength < 0.08 ? null : tintColour(strength);
  return strength < 0.08 ? null : `color-mix(in srgb, #e08214 ${Math.round(45 * strength)}%, transparent)`;
}

/** A number of tokens. */
export function tokens(value: number): string {
  if (!Number.isFinite(value)) return '∞';
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}
