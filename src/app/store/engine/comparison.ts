import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Sampling } from '../../../model/sampling/sampling';
import { appendSampled, type Run, withTokens } from '../../../model/text/text';
import type { CompareEvent, GenerateResult } from '../../../workers/messages';
import { keepBranch, keepUndone } from '../document/branches';
import { amend, commit } from '../document/history';
import { notify } from '../document/notice';
import { isSameText } from '../document/same-text';
import { lengthOf, type TextValue } from '../document/text-value';
import { RANGES, samplingOf } from '../settings/settings';
import type { PlaygroundState } from '../state';
import { adoptText } from './adopt-text';
import { keepEncoding, moved } from './document-writer';
import { requestRun } from './generating';
import type { Session } from './session';

export interface Continuation {
  readonly sampling: Sampling;
  /** What it wrote. */
  readonly runs: readonly Run[];
  readonly reason: GenerateResult['reason'] | null;
}

export interface ComparisonState {
  readonly continuations: readonly Continuation[];
  /** The text that they go on from; null before the first press. */
  readonly base: TextValue | null;
  readonly isRunning: boolean;
  /** Over the tokens of all. */
  readonly msPerToken: number | null;
}

export const FEWEST = 2;
export const MOST = 8;
const AT_FIRST = 3;

const NOTHING: ComparisonState = { continuations: [], base: null, isRunning: false, msPerToken: null };

/** Several continuations of the text, side by side: until one is kept, none of them is in it. */
export class Comparison {
  readonly store: StoreApi<ComparisonState> = createStore<ComparisonState>(() => NOTHING);
  private readonly page: StoreApi<PlaygroundState>;
  private readonly session: Session;
  private readonly options: { nextFrame(): Promise<void>; randomSeed(): number };

  constructor(
    page: StoreApi<PlaygroundState>,
    session: Session,
    options: { nextFrame(): Promise<void>; randomSeed(): number },
  ) {
    this.page = page;
    this.session = session;
    this.options = options;
  }

  /** Settings of now, each with a seed of its own. */
  prepare(): void {
    this.store.setState(NOTHING);
    this.setCount(AT_FIRST);
  }

  setCount(count: number): void {
    const { continuations } = this.store.getState();
    const added = Array.from({ length: Math.max(count - continuations.length, 0) }, () => this.fresh());
    this.store.setState({ continuations: [...continuations, ...added].slice(0, count) });
  }

  /** The same settings and different seeds, or one seed and temperatures from cool to hot. */
  differBy(what: 'seed' | 'temperature'): void {
    const { continuations } = this.store.getState();
    const first = continuations[0].sampling;
    const vary = (sampling: Sampling, n: number) => {
      if (what === 'seed') return { ...sampling, seed: n === 0 ? first.seed : this.options.randomSeed() };
      const { max, step } = RANGES.temperature;
      const temperature = Math.round((max * n) / (continuations.length - 1) / step) * step;
      return { ...sampling, temperature: Number(temperature.toFixed(2)) };
    };
    this.store.setState({
      continuations: continuations.map((own, n) => ({ ...own, sampling: vary(first, n) })),
    });
  }

  change(n: number, sampling: Partial<Sampling>): void {
    this.update(n, (own) => ({ ...own, sampling: { ...own.sampling, ...sampling } }));
  }

  /** Writes them all, from the end of the text. What was there before stays as branches. */
  start(): Promise<void> {
    this.leave();
    return this.session.engage('Comparing', async (mine, { manifest }, engine) => {
      let base = adoptText(this.page, manifest);
      const cleared = this.store
        .getState()
        .continuations.map(({ sampling }) => ({ sampling, runs: [], reason: null }));
      this.store.setState({ base, continuations: cleared, isRunning: true, msPerToken: null });
      this.page.setState({ work: { phase: 'reading', read: 0, total: null } });
      const { length, atArticleEnd, stopSequences } = this.page.getState().settings;
      const request = {
        runs: base.runs.map(requestRun),
        samplings: cleared.map(({ sampling }) => sampling),
        ...{ maxTokens: length, atArticleEnd, stopSequences },
      };
      try {
        const { reasons } = await engine.compare(
          request,
          (event) => {
            if (mine.closed) return;
            if (event.type !== 'encoded') return this.take(event);
            const { text } = base.runs[event.run];
            base = { ...base, runs: withTokens(base.runs, event.run, text, event.tokens) };
            this.store.setState({ base });
            keepEncoding(this.page, event.run, text, event.tokens, base.model);
          },
          mine.controller.signal,
        );
        if (mine.closed) return;
        for (const [n, reason] of reasons.entries()) this.update(n, (own) => ({ ...own, reason }));
        this.page.setState({ announcement: `${reasons.length} continuations written.` });
      } finally {
        if (!mine.closed) this.store.setState({ isRunning: false });
      }
    });
  }

  /** Puts one behind the text, as one step of the history; the others become branches. */
  keep(n: number): void {
    const { base, continuations } = this.store.getState();
    const kept = continuations[n];
    if (!base || !kept?.runs.length || this.isOver()) return;
    this.session.makeWay();
    const history = keepUndone(this.page.getState().history!);
    const branches = this.branches(history.present.branches);
    const runs = [...base.runs, ...kept.runs];
    const next = keepBranch({ ...base, runs, branches, generatedFrom: lengthOf(base.runs) });
    this.page.setState({ history: commit(history, next) });
    this.store.setState(NOTHING);
  }

  /** Before the text changes otherwise, or is left: what was written of it is kept with it, and the sheet closes. */
  end(): void {
    if (!this.store.getState().base) return;
    this.leave();
    this.store.setState(NOTHING);
    if (this.page.getState().card !== 'compare') return;
    this.page.setState({ card: null });
    notify(
      this.page,
      'The comparison was closed because the text changed. Its continuations are branches of that text.',
      'page',
    );
  }

  /** The text is not the one that they go on from. */
  private isOver(): boolean {
    const { base } = this.store.getState();
    return !base || !isSameText(base.runs, this.page.getState().history?.present.runs ?? []);
  }

  /** Keeps none; all become branches. */
  leave(): void {
    if (this.store.getState().isRunning) this.session.makeWay();
    const { history } = this.page.getState();
    if (!history || !this.store.getState().base) return;
    const branches = this.branches(history.present.branches);
    this.page.setState({ history: amend(history, { ...history.present, branches }) });
    this.store.setState({ base: null, isRunning: false });
  }

  private branches(before: TextValue['branches']): TextValue['branches'] {
    const { base, continuations } = this.store.getState();
    let value: TextValue = { ...base!, branches: before };
    for (const { runs } of continuations)
      if (runs.length) value = keepBranch({ ...value, runs: [...base!.runs, ...runs] });
    return value.branches;
  }

  /** The promise is the engine's credit. */
  private async take(event: Exclude<CompareEvent, { type: 'encoded' }>): Promise<void> {
    const { work } = this.page.getState();
    if (event.type === 'reading' && work.phase !== 'stopping')
      this.page.setState({ work: { phase: 'reading', read: event.read, total: event.total } });
    if (event.type === 'notice' || event.type === 'anew')
      moved(this.page, { type: 'notice', message: event.message, backend: event.backend });
    if (event.type === 'anew')
      this.store.setState(({ continuations }) => ({
        continuations: continuations.map((own) => ({ ...own, runs: [] })),
      }));
    if (event.type !== 'parts') return;
    const { msPerToken, parts } = event;
    this.store.setState(({ continuations }) => ({
      msPerToken,
      continuations: continuations.map((own, n) => {
        const part = parts[n];
        if (!part) return own;
        return { ...own, runs: appendSampled(own.runs, { ...part, sampling: own.sampling }) };
      }),
    }));
    if (work.phase === 'reading') this.page.setState({ work: { phase: 'writing' } });
    await this.options.nextFrame();
  }

  private update(n: number, change: (own: Continuation) => Continuation): void {
    this.store.setState(({ continuations }) => ({
      continuations: continuations.map((own, i) => (i === n ? change(own) : own)),
    }));
  }

  private fresh(): Continuation {
    const { settings, engine } = this.page.getState();
    const manifest = engine.phase === 'ready' ? engine.info.manifest : null;
    const sampling = { ...samplingOf(settings, manifest), seed: this.options.randomSeed() };
    return { sampling, runs: [], reason: null };
  }
}
