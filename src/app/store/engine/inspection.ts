import { createStore, type StoreApi } from 'zustand/vanilla';
import {
  countRecords,
  logProbabilityOf,
  RECORD_SIZE,
  rankOf,
  readRecord,
  type TokenRecord,
} from '../../../model/sampling/records';
import type { Sampling } from '../../../model/sampling/sampling';
import type { Encoded } from '../../../model/text/encoded';
import type { Run } from '../../../model/text/text';
import { recordOf, type Token, TokenIndex } from '../../../model/text/token-index';
import { notify } from '../document/notice';
import { commonTokens } from '../document/same-text';
import { EMPTY, type TextValue } from '../document/text-value';
import { samplingOf } from '../settings/settings';
import type { PlaygroundState } from '../state';
import { keepEncoding } from './document-writer';
import type { Session } from './session';
import { textRequest } from './text-request';

/** The scores of the first tokens of a text. Valid while the text begins with these tokens. */
export interface Reading {
  readonly parts: readonly (Encoded | null)[];
  readonly records: Float32Array;
  /** Number of tokens scored so far. */
  readonly count: number;
}

/** The record of one token under the current settings. */
export interface TokenScore {
  /** The tokens of the text at that time, and the number of the token. */
  readonly parts: readonly (Encoded | null)[];
  readonly number: number;
  readonly sampling: Sampling;
  readonly record: TokenRecord;
}

export interface InspectionState {
  readonly measure: 'surprise' | 'probability' | 'off';
  readonly reading: Reading | null;
  readonly tokenScore: TokenScore | null;
  /** While the whole text is scored. */
  readonly progress: { readonly read: number; readonly total: number } | null;
}

/** The records of tokens: those of their sampling, and the scores that the engine computes on request. */
export class Inspection {
  readonly store: StoreApi<InspectionState>;
  private readonly page: StoreApi<PlaygroundState>;
  private readonly session: Session;
  private running: AbortController | null = null;
  private upTo: { reading: Reading | null; runs: readonly Run[]; count: number } = {
    reading: null,
    runs: [],
    count: 0,
  };

  constructor(page: StoreApi<PlaygroundState>, session: Session) {
    this.page = page;
    this.session = session;
    this.store = createStore<InspectionState>(() => ({
      measure: 'surprise',
      reading: null,
      tokenScore: null,
      progress: null,
    }));
  }

  /** Scores the whole text. The scores that arrive before it is cancelled stay. */
  async readText(): Promise<void> {
    const mine = this.begin();
    this.store.setState({ progress: { read: 0, total: 0 } });
    let records = new Float32Array();
    await this.score(0, Number.POSITIVE_INFINITY, null, mine.signal, (from, part) => {
      const parts = this.runs.map(({ tokens }) => tokens);
      const total = parts.reduce((sum, tokens) => sum + (tokens?.ids.length ?? 0), 0);
      if (!records.length) records = new Float32Array(total * RECORD_SIZE);
      records.set(part, from * RECORD_SIZE);
      this.store.setState({ reading: { parts, records, count: from + countRecords(part) } });
    });
    if (this.running === mine) this.cancel();
  }

  /** Scores one token under the current settings. Another question cancels this one. */
  async scoreToken({ number }: Token): Promise<void> {
    const { engine, settings } = this.page.getState();
    if (engine.phase !== 'ready' || this.store.getState().progress) return;
    const mine = this.begin();
    const sampling = samplingOf(settings, engine.info.manifest);
    await this.score(number, number + 1, sampling, mine.signal, (_, records) => {
      const parts = this.runs.map(({ tokens }) => tokens);
      this.store.setState({ tokenScore: { parts, number, sampling, record: readRecord(records, 0) } });
    });
  }

  /** A token by its number, with its record if there is one. */
  find(number: number): { token: Token; record: TokenRecord | null } | null {
    const { reading, tokenScore } = this.store.getState();
    const index = new TokenIndex(this.runs);
    if (number >= index.count) return null;
    const token = index.token(number);
    const record = scoredRecord(tokenScore, number, this.runs) ?? lookUp(token, reading, this.known());
    return { token, record };
  }

  /** The log-probability and rank of a token, or null if they are unknown. Fast enough to paint many tokens. */
  readonly figures = ({ number, run, place }: Token): { logProbability: number; rank: number } | null => {
    const isRead = number < this.known();
    const records = isRead ? this.store.getState().reading!.records : run.source === 'sampled' && run.records;
    if (!records) return null;
    const n = isRead ? number : place;
    const rank = rankOf(records, n);
    return rank > 0 ? { logProbability: logProbabilityOf(records, n), rank } : null;
  };

  /** Number of tokens that the scores apply to, computed once per text. */
  private known(): number {
    const { reading } = this.store.getState();
    if (this.upTo.reading !== reading || this.upTo.runs !== this.runs)
      this.upTo = { reading, runs: this.runs, count: readUpTo(reading, this.runs) };
    return this.upTo.count;
  }

  cancel(): void {
    this.running?.abort();
    this.running = null;
    this.store.setState({ progress: null });
  }

  /** Drops the scores, because another text is shown. */
  forget(): void {
    this.cancel();
    this.store.setState({ reading: null, tokenScore: null });
  }

  set(change: Pick<InspectionState, 'measure'>): void {
    this.store.setState(change);
  }

  private get text(): TextValue {
    return this.page.getState().history?.present ?? EMPTY;
  }

  private get runs(): readonly Run[] {
    return this.text.runs;
  }

  private begin(): AbortController {
    this.cancel();
    this.running = new AbortController();
    return this.running;
  }

  private async score(
    from: number,
    to: number,
    sampling: Sampling | null,
    signal: AbortSignal,
    onRecords: (from: number, records: Float32Array) => void,
  ): Promise<void> {
    await this.session.ask(async (engine, { manifest }, signal) => {
      const { runs, start } = this.text;
      await engine.score(
        { ...textRequest({ start, runs }), from, to, sampling },
        (event) => {
          if (signal.aborted) return;
          if (event.type === 'records') onRecords(event.from, event.records);
          else if (event.type === 'encoded')
            keepEncoding(this.page, event.run, runs[event.run].text, event.tokens, {
              id: manifest.id,
              digest: manifest.digest,
            });
          else if (event.type === 'reading' && this.store.getState().progress)
            this.store.setState({ progress: { read: event.read, total: event.total } });
          else if (event.type === 'notice') notify(this.page, event.message, 'page');
        },
        signal,
      );
    }, signal);
  }
}

/** Number of the first tokens of the text that the scores still apply to. */
export function readUpTo(reading: Reading | null, runs: readonly Run[]): number {
  if (!reading) return 0;
  return Math.min(commonTokens(reading.parts, runs), reading.count);
}

/** The record that was requested for this token, if the text up to it is unchanged. */
export function scoredRecord(
  tokenScore: TokenScore | null,
  number: number,
  runs: readonly Run[],
): TokenRecord | null {
  return tokenScore?.number === number && commonTokens(tokenScore.parts, runs) > number
    ? tokenScore.record
    : null;
}

const SAME = 0.01; // nats; a larger difference means that the text before the token has changed since it was sampled

/**
 * The record of a token. Scores apply to the current text but lack the probabilities of the sampler. So the token's own
 * record comes first, if the two agree or there is no score.
 */
export function lookUp(token: Token, reading: Reading | null, known: number): TokenRecord | null {
  const drawn = recordOf(token);
  if (token.number >= known) return drawn;
  const read = readRecord(reading!.records, token.number);
  return drawn && Math.abs(drawn.logProbability - read.logProbability) < SAME ? drawn : read;
}
