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
import { samplingOf } from '../settings/settings';
import type { PlaygroundState } from '../state';
import { keepEncoding } from './document-writer';
import { requestRun } from './generating';
import type { Session } from './session';

/** How well the model predicted the beginning of a text, read on request. Holds as long as these tokens stand there. */
export interface Reading {
  readonly parts: readonly (Encoded | null)[];
  readonly records: Float32Array;
  /** Tokens read so far. */
  readonly count: number;
}

/** What the sampler would make of one token, with the settings of now. */
export interface Glance {
  /** The tokens of the text that the token was looked at in, and its number. */
  readonly parts: readonly (Encoded | null)[];
  readonly number: number;
  readonly sampling: Sampling;
  readonly record: TokenRecord;
}

export interface InspectionState {
  readonly measure: 'surprise' | 'probability' | 'off';
  readonly reading: Reading | null;
  readonly glance: Glance | null;
  /** While the whole text is read. */
  readonly progress: { readonly read: number; readonly total: number } | null;
}

/** What is known of tokens: what was recorded when they were drawn, and what the engine says of them on request. */
export class Inspection {
  readonly store: StoreApi<InspectionState>;
  private readonly page: StoreApi<PlaygroundState>;
  private readonly session: Session;
  private running: AbortController | null = null;
  private upTo: { reading: Reading | null; runs: readonly Run[]; count: number } = {
    ...{ reading: null, runs: [], count: 0 },
  };

  constructor(page: StoreApi<PlaygroundState>, session: Session) {
    this.page = page;
    this.session = session;
    this.store = createStore<InspectionState>(() => ({
      measure: 'surprise',
      reading: null,
      glance: null,
      progress: null,
    }));
  }

  /** Lets the model read the whole text again. What comes until it is cancelled, stays. */
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

  /** Asks what the sampler would make of a token. The answer is left out where another question comes first. */
  async glanceAt({ number }: Token): Promise<void> {
    const { engine, settings } = this.page.getState();
    if (engine.phase !== 'ready' || this.store.getState().progress) return;
    const mine = this.begin();
    const sampling = samplingOf(settings, engine.info.manifest);
    await this.score(number, number + 1, sampling, mine.signal, (_, records) => {
      const parts = this.runs.map(({ tokens }) => tokens);
      this.store.setState({ glance: { parts, number, sampling, record: readRecord(records, 0) } });
    });
  }

  /** What is known of a token, by its number. */
  look(number: number): { token: Token; record: TokenRecord | null } | null {
    const { reading, glance } = this.store.getState();
    const index = new TokenIndex(this.runs);
    if (number >= index.count) return null;
    const token = index.token(number);
    const record = glanced(glance, number, this.runs) ?? lookUp(token, reading, this.known());
    return { token, record };
  }

  /** What the model gave a token, for painting many of them; null where that is not known. */
  readonly logProbability = ({ number, run, place }: Token): number | null => {
    const isRead = number < this.known();
    const records = isRead ? this.store.getState().reading!.records : run.source === 'sampled' && run.records;
    if (!records) return null;
    const n = isRead ? number : place;
    return rankOf(records, n) > 0 ? logProbabilityOf(records, n) : null;
  };

  /** Tokens that the reading holds for, looked up once for each text. */
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

  /** Forgets what was read of a text that is shown no longer. */
  forget(): void {
    this.cancel();
    this.store.setState({ reading: null, glance: null });
  }

  set(change: Pick<InspectionState, 'measure'>): void {
    this.store.setState(change);
  }

  private get runs(): readonly Run[] {
    return this.page.getState().history?.present.runs ?? [];
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
      const { runs } = this;
      await engine.score(
        { runs: runs.map(requestRun), from, to, sampling },
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

/** How many of the text's first tokens a reading still holds for. */
export function readUpTo(reading: Reading | null, runs: readonly Run[]): number {
  if (!reading) return 0;
  return Math.min(commonTokens(reading.parts, runs), reading.count);
}

/** What was asked about this token, if it was, and nothing before it changed since. */
export function glanced(glance: Glance | null, number: number, runs: readonly Run[]): TokenRecord | null {
  return glance?.number === number && commonTokens(glance.parts, runs) > number ? glance.record : null;
}

const SAME = 0.01; // nats; a token's own record and a reading further apart speak of different texts before it

/**
 * What is known of a token. A reading speaks of the text as it stands, but not of the sampler; so the token's own record
 * goes before where the two agree, or nothing was read.
 */
export function lookUp(token: Token, reading: Reading | null, known: number): TokenRecord | null {
  const drawn = recordOf(token);
  if (token.number >= known) return drawn;
  const read = readRecord(reading!.records, token.number);
  return drawn && Math.abs(drawn.logProbability - read.logProbability) < SAME ? drawn : read;
}
