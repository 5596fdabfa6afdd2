import type { StoreApi } from 'zustand/vanilla';
import type { Sampling } from '../../../model/sampling/sampling';
import { appendSampled, withTokens } from '../../../model/text/text';
import type { CompareEvent } from '../../../workers/messages';
import { keepBranch, keepUndone } from '../document/branches';
import { amend, commit } from '../document/history';
import { notify } from '../document/notice';
import { isSameText } from '../document/same-text';
import { lengthOf, type TextValue } from '../document/text-value';
import { RANGES, samplingOf } from '../settings/settings';
import type { PlaygroundState } from '../state';
import { adoptText } from './adopt-text';
import {
  type ComparisonState,
  type Continuation,
  continuedBy,
  isByStrength,
  NO_COMPARISON,
} from './continuations';
import { keepEncoding, moved } from './document-writer';
import type { PageHost } from './generating';
import type { Session } from './session';
import { textRequest } from './text-request';

export const FEWEST = 2;
export const MOST = 8;
const DEFAULT_COUNT = 3;
const STRENGTH_STEPS = 20; // between the base and the whole adapter

/** Several continuations of the text, side by side. The text contains none of them until one is kept. */
export class Comparison {
  private readonly page: StoreApi<PlaygroundState>;
  private readonly session: Session;
  private readonly host: PageHost;
  /** The number of continuations that the sheet opens with. */
  private count = DEFAULT_COUNT;
  /** Whether the sheet opens with continuations at several strengths. */
  private byStrength = false;

  constructor(page: StoreApi<PlaygroundState>, session: Session, host: PageHost) {
    this.page = page;
    this.session = session;
    this.host = host;
  }

  /** Opens the sheet with this number of continuations, which differ by seed, or by the strength of the taught model. */
  open(count: number, what: 'seed' | 'strength' = 'seed'): void {
    this.count = count;
    this.byStrength = what === 'strength';
    this.page.setState({ card: 'compare' });
  }

  /** Starts with the current settings, each continuation with its own seed. */
  prepare(): void {
    this.setState(NO_COMPARISON);
    this.setCount(this.count);
    if (this.byStrength) this.differBy('strength');
    this.count = DEFAULT_COUNT;
    this.byStrength = false;
  }

  setCount(count: number): void {
    const { continuations } = this.state;
    const added = Array.from({ length: Math.max(count - continuations.length, 0) }, () => this.fresh());
    this.setState({ continuations: [...continuations, ...added].slice(0, count) });
  }

  /** The same settings with different seeds, or one seed with rising temperatures or strengths of the taught model. */
  differBy(what: 'seed' | 'temperature' | 'strength'): void {
    const { continuations } = this.state;
    const first = continuations[0].sampling;
    const last = continuations.length - 1;
    const strengthOf = (n: number) =>
      what === 'strength' ? { strength: Math.round((STRENGTH_STEPS * n) / last) / STRENGTH_STEPS } : {};
    const vary = (sampling: Sampling, n: number) => {
      if (what === 'seed') return { ...sampling, seed: n === 0 ? first.seed : this.host.randomSeed() };
      if (what === 'strength') return first;
      const { max, step } = RANGES.temperature;
      const temperature = Math.round((max * n) / last / step) * step;
      return { ...sampling, temperature: Number(temperature.toFixed(2)) };
    };
    this.setState({
      continuations: continuations.map(({ strength: _, ...own }, n) => {
        return { ...own, sampling: vary(first, n), ...strengthOf(n) };
      }),
    });
  }

  change(n: number, sampling: Partial<Sampling>): void {
    this.update(n, (own) => ({ ...own, sampling: { ...own.sampling, ...sampling } }));
  }

  setStrength(n: number, strength: number): void {
    this.update(n, (own) => ({ ...own, strength }));
  }

  /** Generates all continuations from the end of the text. The previous ones become branches. */
  start(): Promise<void> {
    this.leave();
    return this.session.run('Comparing', async (mine, { manifest }, engine) => {
      let base = adoptText(this.page, manifest);
      const cleared = this.state.continuations.map(({ writer: _, ...own }) => {
        return { ...own, runs: [], reason: null };
      });
      this.setState({ base, continuations: cleared, isRunning: true, msPerToken: null });
      this.page.setState({ work: { phase: 'reading', read: 0, total: null } });
      const { length, atArticleEnd, stopSequences } = this.page.getState().settings;
      const request = {
        ...textRequest(base),
        samplings: cleared.map(({ sampling }) => sampling),
        ...(isByStrength(cleared) && { strengths: cleared.map(({ strength }) => strength!) }),
        maxTokens: length,
        atArticleEnd,
        stopSequences,
      };
      try {
        const { reasons } = await engine.compare(
          request,
          (event) => {
            if (mine.closed) return;
            if (event.type !== 'encoded') return this.take(event);
            const { text } = base.runs[event.run];
            base = { ...base, runs: withTokens(base.runs, event.run, text, event.tokens) };
            this.setState({ base });
            keepEncoding(this.page, event.run, text, event.tokens, base.model);
          },
          mine.controller.signal,
        );
        if (mine.closed) return;
        for (const [n, reason] of reasons.entries()) this.update(n, (own) => ({ ...own, reason }));
        this.page.setState({ announcement: `${reasons.length} continuations written.` });
      } finally {
        if (!mine.closed) this.setState({ isRunning: false });
      }
    });
  }

  /** Appends one to the text, as one step of the history; the others become branches. */
  keep(n: number): void {
    const { base, continuations } = this.state;
    const kept = continuations[n];
    if (!base || !kept?.runs.length || this.isOver()) return;
    this.session.interrupt();
    const history = keepUndone(this.page.getState().history!);
    const branches = this.branches(history.present.branches);
    const runs = continuedBy(base, kept);
    const generatedFrom = lengthOf(base.runs);
    const next = keepBranch({ ...base, runs, branches, generatedFrom, generatedTokens: undefined });
    this.page.setState({ history: commit(history, next) });
    this.setState(NO_COMPARISON);
  }

  /** Call before the text changes or another text is shown: its continuations become branches, and the sheet closes. */
  end(): void {
    if (!this.state.base) return;
    this.leave();
    this.setState(NO_COMPARISON);
    if (this.page.getState().card !== 'compare') return;
    this.page.setState({ card: null });
    notify(
      this.page,
      'The comparison was closed because the text changed. Its continuations are branches of that text.',
      'page',
    );
  }

  /** The text is no longer the one that they continue. */
  private isOver(): boolean {
    const { base } = this.state;
    return !base || !isSameText(base.runs, this.page.getState().history?.present.runs ?? []);
  }

  /** All continuations become branches. */
  leave(): void {
    if (this.state.isRunning) this.session.interrupt();
    const { history } = this.page.getState();
    if (!history || !this.state.base) return;
    const branches = this.branches(history.present.branches);
    this.page.setState({ history: amend(history, { ...history.present, branches }) });
    this.setState({ base: null, isRunning: false });
  }

  private branches(before: TextValue['branches']): TextValue['branches'] {
    const { base, continuations } = this.state;
    let value: TextValue = { ...base!, branches: before };
    for (const own of continuations)
      if (own.runs.length) value = keepBranch({ ...value, runs: continuedBy(base!, own) });
    return value.branches;
  }

  /** Resolves when the engine may send the next event. */
  private async take(event: Exclude<CompareEvent, { type: 'encoded' }>): Promise<void> {
    const { work } = this.page.getState();
    if (event.type === 'reading' && work.phase !== 'stopping')
      this.page.setState({ work: { phase: 'reading', read: event.read, total: event.total } });
    if (event.type === 'notice' || event.type === 'anew')
      moved(this.page, { type: 'notice', message: event.message, backend: event.backend });
    if (event.type === 'anew')
      this.setState({ continuations: this.state.continuations.map((own) => ({ ...own, runs: [] })) });
    if (event.type === 'writer') this.update(event.continuation, (own) => ({ ...own, writer: event.writer }));
    if (event.type !== 'parts') return;
    const { msPerToken, parts } = event;
    this.setState({
      msPerToken,
      continuations: this.state.continuations.map((own, n) => {
        const part = parts[n];
        if (!part) return own;
        return { ...own, runs: appendSampled(own.runs, { ...part, sampling: own.sampling }) };
      }),
    });
    if (work.phase === 'reading') this.page.setState({ work: { phase: 'writing' } });
    await this.host.nextFrame();
  }

  private update(n: number, change: (own: Continuation) => Continuation): void {
    const { continuations } = this.state;
    this.setState({ continuations: continuations.map((own, i) => (i === n ? change(own) : own)) });
  }

  private get state(): ComparisonState {
    return this.page.getState().comparison;
  }

  private setState(change: Partial<ComparisonState>): void {
    this.page.setState(({ comparison }) => ({ comparison: { ...comparison, ...change } }));
  }

  private fresh(): Continuation {
    const { settings, engine } = this.page.getState();
    const manifest = engine.phase === 'ready' ? engine.info.manifest : null;
    const sampling = { ...samplingOf(settings, manifest), seed: this.host.randomSeed() };
    return {
      sampling,
      ...(isByStrength(this.state.continuations) && { strength: 1 }),
      runs: [],
      reason: null,
    };
  }
}
