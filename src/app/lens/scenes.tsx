import type { ReactNode } from 'react';
import type { HeadSummary } from '../../model/lens/summary';
import { cacheBytes } from '../../model/runtime/snapshot';
import type { LensAnswer } from '../../workers/lens/messages';
import type { EngineInfo } from '../../workers/messages';
import { bytes, count } from '../format';
import type { LensView } from '../store/engine/lens-view';
import { points, type Reading } from './reading';
import { Study } from './Study';

/** The tour of the lens on the text of the page. Every figure in its words comes from the text. */

export interface Facts {
  readonly info: EngineInfo;
  readonly reading: Reading;
  /** “head 3.3” */
  readonly head: string;
  readonly overview: LensAnswer<'overview'> | null;
  /** Tokens of the window. */
  readonly tokens: number;
  /** Perplexity of the text with learned proportions and without; null until it is known. */
  readonly perplexities: readonly [number, number] | null;
}

interface Scene {
  readonly title: string;
  /** The view, from the one in which the tour began. */
  view(from: LensView, facts: Facts): LensView;
  words(facts: Facts): ReactNode;
  /** The part of the page that the words are about; the style sheet frames it. */
  readonly pointsAt?: 'memory';
}

const plain = (from: LensView): LensView => ({
  ...from,
  mode: 'text',
  spread: 'head',
  measure: 'share',
  proportions: 'learned',
});

const LOOKS_BACK: Scene = {
  title: 'Every word looks back',
  view: plain,
  words: ({ reading, head }) => {
    const first = earlier(reading);
    const most = first
      ? `: ${points(first.share)} goes to “${first.name}”, ${first.back} tokens earlier`
      : '';
    return `To predict the next token, each head compares a word with every earlier word. The tint of the text shows what ${head} looks back at when it reads “${reading.name}”${most}.`;
  },
};

const CHOOSE: Scene = {
  title: 'Learned proportions choose',
  view: plain,
  words: ({ reading }) => {
    const first = earlier(reading);
    const effect = first
      ? ` “${first.name}” gets ${points(first.similarity)} by similarity alone, and ${points(first.reweighted)} with proportions.`
      : '';
    return `Two small networks give every word two proportions between 0 and 1. A pair whose proportions differ loses weight.${effect} In the rows, the hollow dot is similarity alone and the full dot is with proportions.`;
  },
};

const FORGETS: Scene = {
  title: 'Decay forgets',
  view: (from, { overview }) => ({ ...plain(from), ...(overview && shortest(overview.answer.heads)) }),
  words: ({ reading, head }) => {
    const self = reading.words.find(({ back }) => back === 0);
    const [before, after] = [self?.similarity ?? 0, self?.share ?? 0].map(points);
    return `Each head also forgets, at a rate that it learns. In ${head}, the one that forgets fastest, “${reading.name}” itself gets ${before} by similarity alone, and ${after} with proportions and decay.`;
  },
};

const NO_MATRIX: Scene = {
  title: 'No matrix is kept',
  pointsAt: 'memory',
  view: (from) => ({ ...plain(from), mode: 'matrix', of: 'share' }),
  words: ({ info, tokens }) =>
    `The lens computes this picture of ${count(tokens)} by ${count(tokens)} tokens. The model never does: it adds each word to sums of fixed size, ${bytes(info.stateBytes)} at any length. Standard attention would keep ${bytes(cacheBytes(info.config, 100_000))} after 100,000 tokens. The framed line below the text states both.`,
};

const TAKE_AWAY: Scene = {
  title: 'Take them away',
  view: (from) => ({ ...plain(from), proportions: 'none' }),
  words: ({ perplexities }) => {
    const effect = perplexities
      ? `The perplexity of this text goes from ${perplexities[0].toFixed(1)} to ${perplexities[1].toFixed(1)}.`
      : 'The model reads the text again …';
    return (
      <>
        The switch is now off, so the model reads the text without proportions. {effect} The model was trained
        with them. Small models that were trained without them predicted text as well (<Study />
        ).
      </>
    );
  },
};

/** The scenes that apply to a model. */
export function scenesOf({ config }: EngineInfo): readonly Scene[] {
  const isLearned = config.reweighting === 'leap';
  return [
    LOOKS_BACK,
    ...(isLearned ? [CHOOSE] : []),
    ...(config.decay ? [FORGETS] : []),
    NO_MATRIX,
    ...(isLearned ? [TAKE_AWAY] : []),
  ];
}

function earlier({ words }: Reading) {
  return words.find(({ back, from }) => back > 0 && from > 0);
}

/** The head with the shortest half-life. */
function shortest(heads: readonly (readonly HeadSummary[])[]): { layer: number; head: number } {
  let best = { layer: 0, head: 0 };
  for (const [layer, row] of heads.entries())
    for (const [head, { halfLife }] of row.entries())
      if (halfLife < heads[best.layer][best.head].halfLife) best = { layer, head };
  return best;
}
