import { interpolateYlGnBu } from 'd3-scale-chromatic';

/**
 * Background colours of tokens, from none (0) to strong (1). Lightness in ColorBrewer's YlGnBu changes evenly, so the
 * scale reads without distinguishing hues. Each theme uses the part on which its text stays legible.
 */
export function tintColour(strength: number): string | null {
  return COLOURS[Math.round(Math.min(Math.max(strength, 0), 1) * STEPS)];
}

const STEPS = 24; // tokens with the same step share a highlight
const STRONGEST = { light: 0.62, dark: 0.76 };
const OPAQUE = 0.4; // below this strength, colours are translucent

const COLOURS = Array.from({ length: STEPS + 1 }, (_, step) => {
  const t = step / STEPS;
  const onPaper = (colour: string) => colour.replace(')', `, ${Math.min(t / OPAQUE, 1).toFixed(2)})`);
  const light = onPaper(interpolateYlGnBu(STRONGEST.light * t));
  const dark = onPaper(interpolateYlGnBu(1 - (1 - STRONGEST.dark) * t));
  return step === 0 ? null : `light-dark(${light}, ${dark})`;
});

/** Background colours for shares of attention, in the page's accent at 10 to 45%, from none (0) to the largest (1). */
export function attentionColour(strength: number): string | null {
  return ACCENTS[Math.round(Math.min(Math.max(strength, 0), 1) * STEPS)];
}

const ACCENTS = Array.from({ length: STEPS + 1 }, (_, step) => {
  const alpha = (0.1 + (0.35 * step) / STEPS).toFixed(3);
  return step === 0 ? null : `light-dark(rgb(11, 107, 102, ${alpha}), rgb(99, 194, 184, ${alpha}))`;
});

/** What colours tokens. Links store the names; 'probability' is the rank. */
export type TintMeasure = 'surprise' | 'probability';

const MOST_BITS = 12;
const LAST_RANK = 1000;

/** The background colour of a token by its natural log-probability, or by its rank, from 1. */
export function measureColour(measure: TintMeasure, logProbability: number, rank: number): string | null {
  return measure === 'surprise'
    ? tintColour(bitsOf(logProbability) / MOST_BITS)
    : attentionColour(Math.log(rank) / Math.log(LAST_RANK));
}

/** The colours of a measure, from none to strong. */
export const SCALES: Record<TintMeasure, (strength: number) => string | null> = {
  surprise: tintColour,
  probability: attentionColour,
};

/** Surprise: 1 bit for each halving of the probability. */
export function bitsOf(logProbability: number): number {
  return -logProbability / Math.LN2;
}

/** Labels of the legend's ends, from none to strong. */
export const LEGEND: Record<TintMeasure, readonly [string, string]> = {
  surprise: ['0 bits', `${MOST_BITS} bits or more`],
  probability: ['1st', `${LAST_RANK.toLocaleString('en')}th or later`],
};
