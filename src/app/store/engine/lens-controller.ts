import type { StoreApi } from 'zustand/vanilla';
import type { MatrixKind, Measure } from '../../../model/lens/measures';
import { EngineError } from '../../../model/runtime/errors';
import { positionOf } from '../../../model/text/token-index';
import type { View } from '../../../share/shared';
import type { LensAnswer, LensQuestions } from '../../../workers/lens/messages';
import { isForeign } from '../document/text-value';
import type { PlaygroundState } from '../state';
import type { TokenViewStore } from '../token-view';
import { keepEncoding } from './document-writer';
import { requestRun } from './generating';
import type { Session } from './session';

export const LENS_MODES = ['text', 'matrix', 'proportions', 'overview', 'counterfactual', 'explain'] as const;
export type LensMode = (typeof LENS_MODES)[number];

/** What the lens shows. Links carry it, so its words stay. */
export interface LensView {
  readonly mode: LensMode;
  readonly layer: number;
  readonly head: number;
  /** The text view: one head, the mean of a layer's, or of all. */
  readonly spread: 'head' | 'layer' | 'all';
  readonly measure: Measure;
  readonly of: MatrixKind;
  readonly scale: 'linear' | 'log';
  readonly reweighting: 'static' | 'none';
  readonly from: 'document' | 'window';
  readonly step: number;
  /** The token that is looked at, numbered as in TokenIndex; null: the text's last, as it grows. */
  readonly token: number | null;
}

export const LENS_DEFAULTS: LensView = {
  ...{ mode: 'text', layer: 0, head: 0, spread: 'all', measure: 'share', of: 'share', scale: 'log' },
  ...{ reweighting: 'none', from: 'window', step: 0, token: null },
};

/** Where it starts: heads in the middle of a model tell more than its first, which look at what is near. */
export const FIRST_LOOK: LensView = { ...LENS_DEFAULTS, layer: 2, head: 2 };

/** Milliseconds between questions while the text grows: dear ones leave the engine time to write. */
export const LENS_PAUSE: Readonly<Record<keyof LensQuestions, number>> = {
  ...{ row: 120, matrix: 700, proportions: 700, overview: 2000, counterfactual: 5000 },
};

const WORDS: { readonly [K in keyof LensView]?: readonly string[] } = {
  mode: LENS_MODES,
  spread: ['head', 'layer', 'all'],
  measure: ['share', 'output'],
  of: ['share', 'output', 'similarity', 'reweighting'],
  scale: ['linear', 'log'],
  reweighting: ['static', 'none'],
  from: ['document', 'window'],
};

/** The lens in a link's view: `lens` names the mode, the rest stands where it is not as at first. */
export function lensToView(view: LensView): View {
  const changed = Object.entries(view).filter(
    ([name, value]) => name !== 'mode' && value !== null && value !== LENS_DEFAULTS[name as keyof LensView],
  );
  const named = changed.map(([name, value]) => [`lens${name[0].toUpperCase()}${name.slice(1)}`, value]);
  return { lens: view.mode, ...Object.fromEntries(named) };
}

/** Takes what it knows and leaves the rest; null where the view is not of the lens. */
export function lensFromView(view: View): LensView | null {
  if (!LENS_MODES.includes(view.lens as LensMode)) return null;
  const read: Record<string, unknown> = { ...LENS_DEFAULTS, mode: view.lens };
  for (const name of Object.keys(LENS_DEFAULTS) as (keyof LensView)[]) {
    const value = view[`lens${name[0].toUpperCase()}${name.slice(1)}`];
    const words = WORDS[name];
    const isSound = words
      ? words.includes(value as string)
      : Number.isSafeInteger(value) && Number(value) >= 0;
    if (name !== 'mode' && isSound) read[name] = value;
  }
  return read as unknown as LensView;
}

/** The page's side of the lens: what is looked at, and questions about it. */
export class LensDesk {
  private readonly page: StoreApi<PlaygroundState>;
  private readonly session: Session;

  constructor(page: StoreApi<PlaygroundState>, session: Session, tokens: TokenViewStore) {
    this.page = page;
    this.session = session;
    tokens.subscribe(({ chosen }, before) => {
      if (page.getState().panel === 'lens' && chosen !== before.chosen) this.set({ token: chosen });
    });
  }

  set(change: Partial<LensView>): void {
    this.page.setState(({ lens }) => ({ lens: { ...lens, ...change } }));
  }

  /** @throws EngineError */
  async ask<K extends keyof LensQuestions>(kind: K, question: LensQuestions[K]): Promise<LensAnswer<K>> {
    const { history, lens, engine } = this.page.getState();
    const { runs } = history!.present;
    const manifest = engine.phase === 'ready' ? engine.info.manifest : null;
    if (manifest && isForeign(history!.present, manifest))
      throw new EngineError(
        'input',
        'The tokens of this text are another model’s.',
        'Let this model read the words first, as if they had been typed.',
      );
    const token = lens.token === null ? Number.MAX_SAFE_INTEGER : positionOf(lens.token);
    const answer = await this.session.look({ runs: runs.map(requestRun), token, kind, question });
    for (const { run, tokens } of answer.encoded)
      keepEncoding(this.page, run, runs[run].text, tokens, {
        id: manifest?.id ?? '',
        digest: manifest?.digest ?? '',
      });
    return answer;
  }

  /** Frees what the lens holds in the engine. */
  close(): void {
    this.session.closeLens();
  }
}
