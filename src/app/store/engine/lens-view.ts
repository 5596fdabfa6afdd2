import type { MatrixKind, Measure } from '../../../model/lens/measures';
import type { View } from '../../../share/shared';
import type { Proportions } from '../../../workers/lens/messages';

export const LENS_MODES = ['text', 'matrix', 'proportions', 'overview'] as const;
export type LensMode = (typeof LENS_MODES)[number];

export const LENS_NAMES: Readonly<Record<LensMode, string>> = {
  text: 'Words',
  matrix: 'Matrix',
  proportions: 'Proportions',
  overview: 'All heads',
};

export const PROPORTION_NAMES: Readonly<Record<Proportions, string>> = {
  learned: 'Learned',
  static: 'By position',
  none: 'Off',
};

/** What the lens shows. Links store these names and values, so they can never change. */
export interface LensView {
  readonly mode: LensMode;
  readonly layer: number;
  readonly head: number;
  /** One head, or the mean over the heads of a layer or of all layers. The matrix and the proportions are of one head. */
  readonly spread: 'head' | 'layer' | 'all';
  readonly measure: Measure;
  readonly of: MatrixKind;
  readonly scale: 'linear' | 'log';
  /** The model as it is, with proportions by position, or without proportions. */
  readonly proportions: Proportions;
  /** The selected token, numbered as in TokenIndex; null: the last token, as the text grows. */
  readonly token: number | null;
}

export const LENS_DEFAULTS: LensView = {
  mode: 'text',
  layer: 0,
  head: 0,
  spread: 'all',
  measure: 'share',
  of: 'share',
  scale: 'log',
  proportions: 'learned',
  token: null,
};

/** The first view, if the text has no telling one: a head in the middle of a model, because the first ones attend to near tokens. */
export const FIRST_LENS: LensView = { ...LENS_DEFAULTS, layer: 2, head: 2, spread: 'head' };

const WORDS: { readonly [K in keyof LensView]?: readonly string[] } = {
  mode: LENS_MODES,
  spread: ['head', 'layer', 'all'],
  measure: ['share', 'output'],
  of: ['share', 'output', 'similarity', 'reweighting'],
  scale: ['linear', 'log'],
  proportions: ['learned', 'static', 'none'],
};

/** What an earlier version showed in each step of its explanation. */
const STEPS = ['similarity', 'reweighting', 'share', 'share', 'output'] as const;

/** The views of earlier versions that links may name, in terms of the present ones. */
const FORMER: Readonly<Record<string, (view: View) => Partial<LensView>>> = {
  counterfactual: ({ lensReweighting }) => ({
    mode: 'text',
    spread: 'head',
    proportions: lensReweighting === 'static' ? 'static' : 'none',
  }),
  explain: ({ lensStep }) => ({ mode: 'matrix', of: STEPS[Number(lensStep)] ?? STEPS[0] }),
};

/** The lens in the view of a link: `lens` is the mode; the other fields are present if they differ from LENS_DEFAULTS. */
export function lensToView(view: LensView): View {
  const changed = Object.entries(view).filter(
    ([name, value]) => name !== 'mode' && value !== null && value !== LENS_DEFAULTS[name as keyof LensView],
  );
  const named = changed.map(([name, value]) => [`lens${name[0].toUpperCase()}${name.slice(1)}`, value]);
  return { lens: view.mode, ...Object.fromEntries(named) };
}

/** Reads the valid fields and ignores the others; null if the view is not of the lens. */
export function lensFromView(view: View): LensView | null {
  const former = Object.hasOwn(FORMER, String(view.lens)) ? FORMER[String(view.lens)](view) : null;
  if (!former && !LENS_MODES.includes(view.lens as LensMode)) return null;
  const read: Record<string, unknown> = { ...LENS_DEFAULTS, mode: view.lens };
  for (const name of Object.keys(LENS_DEFAULTS) as (keyof LensView)[]) {
    const value = view[`lens${name[0].toUpperCase()}${name.slice(1)}`];
    const words = WORDS[name];
    const isSound = words
      ? words.includes(value as string)
      : Number.isSafeInteger(value) && Number(value) >= 0;
    if (name !== 'mode' && isSound) read[name] = value;
  }
  return { ...(read as unknown as LensView), ...former };
}
