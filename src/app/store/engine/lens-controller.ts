import type { StoreApi } from 'zustand/vanilla';
import { EngineError } from '../../../model/runtime/errors';
import { positionOf, TokenIndex } from '../../../model/text/token-index';
import type { LensAnswer, LensQuestions } from '../../../workers/lens/messages';
import { isForeign } from '../document/text-value';
import type { PlaygroundState } from '../state';
import type { TokenViewStore } from '../token-view';
import { keepEncoding } from './document-writer';
import type { LensView } from './lens-view';
import type { Session } from './session';
import { textRequest } from './text-request';

/** Milliseconds between questions while the text grows: long after expensive questions, so that they do not stop generation. */
export const LENS_PAUSE: Readonly<Record<keyof LensQuestions, number>> = {
  row: 250, // a sentence that can be read
  matrix: 700,
  proportions: 700,
  overview: 2000,
  pair: 2000,
  counterfactual: 5000,
};

/** The view of the lens, and its questions to the engine. */
export class LensController {
  private readonly page: StoreApi<PlaygroundState>;
  private readonly session: Session;
  private readonly tokens: TokenViewStore;
  /** The token that the page chose, not the user. */
  private proposed: number | null = null;
  /** A link or a command has set the view of the panel that opens. */
  private isSet = false;

  constructor(page: StoreApi<PlaygroundState>, session: Session, tokens: TokenViewStore) {
    this.page = page;
    this.session = session;
    this.tokens = tokens;
    tokens.subscribe(({ chosen }, before) => {
      if (page.getState().panel === 'lens' && chosen !== before.chosen) this.set({ token: chosen });
    });
    page.subscribe(({ work, lens }, before) => {
      const begins = work.phase === 'writing' && before.work.phase !== 'writing';
      if (begins && this.proposed !== null && lens.token === this.proposed) this.set({ token: null });
    });
  }

  /** Sets the whole view, which stays when the panel opens. */
  restore(lens: LensView): void {
    this.isSet = true;
    this.page.setState({ lens });
  }

  /** Whether the page may choose what the panel that opens shows first. Ask once. */
  takesProposal(): boolean {
    const { work } = this.page.getState();
    const takes = !this.isSet && work.phase === 'idle';
    this.isSet = false;
    return takes;
  }

  /** Shows a head at a token until the user chooses another, or the model writes. */
  propose(layer: number, head: number, token: number | null): void {
    this.proposed = token;
    this.set({ layer, head, spread: 'head', token });
  }

  set(change: Partial<LensView>): void {
    this.page.setState(({ lens }) => ({ lens: { ...lens, ...change } }));
  }

  /** Goes to a step of the tour; null ends it. */
  goOnTour(step: number | null): void {
    this.page.setState({ tour: step, panel: 'lens' });
  }

  /** The last token of the text, if the whole text is encoded. */
  lastToken(): number | null {
    const { count, isComplete } = new TokenIndex(this.page.getState().history?.present.runs ?? []);
    return isComplete && count > 0 ? count - 1 : null;
  }

  /**
   * @param isQuick a window of fewer tokens is enough
   * @throws EngineError
   */
  async ask<K extends keyof LensQuestions>(
    kind: K,
    question: LensQuestions[K],
    isQuick = false,
  ): Promise<LensAnswer<K>> {
    const { history, lens, engine } = this.page.getState();
    const { present } = history!;
    const { runs } = present;
    const manifest = engine.phase === 'ready' ? engine.info.manifest : null;
    if (manifest && !present.start && isForeign(present, manifest))
      throw new EngineError(
        'input',
        'Another model wrote the tokens of this text.',
        'Press “Read it with this model” first.',
      );
    const token = lens.token === null ? Number.MAX_SAFE_INTEGER : positionOf(lens.token);
    const answer = await this.session.look({
      ...textRequest(present),
      token,
      proportions: kind === 'pair' ? 'learned' : lens.proportions,
      isQuick,
      kind,
      question,
    });
    for (const { run, tokens } of answer.encoded)
      keepEncoding(this.page, run, runs[run].text, tokens, {
        id: manifest?.id ?? '',
        digest: manifest?.digest ?? '',
      });
    if (this.page.getState().panel === 'lens') this.page.setState({ lensBytes: answer.bytes });
    return answer;
  }

  /** Frees the memory of the lens in the engine. The next opening starts from the cursor. */
  close(): void {
    this.session.closeLens();
    this.page.setState({ lensBytes: null, tour: null });
    if (this.page.getState().panel === null) this.tokens.setState({ chosen: null }); // other panels show it too
    this.set({ token: null });
  }
}
