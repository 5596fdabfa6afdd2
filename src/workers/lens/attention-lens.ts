import type { Config } from '../../model/core/config';
import { headMatrix, headProportions, meanTaps, tokenRow } from '../../model/lens/measures';
import { strongestPair } from '../../model/lens/pair';
import { summarize } from '../../model/lens/summary';
import { LensWindow, WINDOW } from '../../model/lens/window';
import type { Backend } from '../../model/runtime/backend';
import { cancelled, EngineError } from '../../model/runtime/errors';
import type { Model } from '../../model/runtime/folder';
import type { Encoded } from '../../model/text/encoded';
import { type Beginning, openBeginning } from '../beginning';
import { encodeRuns } from '../encode';
import type { SnapshotStore } from '../snapshot-store';
import { TextStream } from '../text-stream';
import { answerCounterfactual, type Runs, runBoth } from './counterfactual';
import type { LensAnswer, LensAnswers, LensQuestions, LensRequest } from './messages';

const PART = 128; // tokens per capture
const AHEAD = 127; // tokens of the window after the chosen token, if the text has them
const BEHIND = 128; // least tokens of the window before the chosen token, if the text has them

/** The lens's interface to the engine. */
export interface LensHost {
  readonly model: Model;
  readonly backend: Backend;
  readonly snapshots: SnapshotStore;
  /** Another backend of the same kind. */
  createBackend(model: Model): Promise<Backend>;
}

/** The input of an answer. */
interface Shown {
  readonly window: LensWindow;
  /** The whole text, including its beginning. */
  readonly tokens: readonly number[];
  readonly token: number;
  /** The place of a token in `tokens` is its position in the text plus this. */
  readonly shift: number;
  /** Tokens of the same document before the window. */
  readonly before: number;
  readonly signal: AbortSignal;
}

/** A text, whose tokens before `first` are unknown. */
interface Known {
  readonly tokens: readonly number[];
  readonly first: number;
}

/** Null when the signal aborts. */
type Answer<K extends keyof LensQuestions> = (
  question: LensQuestions[K],
  shown: Shown,
) => LensAnswers[K] | null | Promise<LensAnswers[K] | null>;

/**
 * Answers questions about a text's attention on its own stream, also during a generation. It holds the captures of one
 * window of the text. A request has the whole text, and moves the window if necessary.
 */
export class Lens {
  private readonly host: LensHost;
  private text: TextStream | null = null;
  private window: LensWindow | null = null;
  /** The window is shorter than it could be, for a quick answer. */
  private isPartial = false;
  private runs: { readonly key: string; readonly runs: Runs } | null = null;
  /** The last overview, because another token of the same window has the same one. */
  private overview: { window: LensWindow; key: string; answer: LensAnswers['overview'] } | null = null;
  /** Of the last question of each kind. */
  private readonly aborts = new Map<keyof LensQuestions, AbortController>();
  /** Settles when the running question has ended. */
  private free: Promise<unknown> = Promise.resolve();
  private reread = 0;
  private readonly answers: { readonly [K in keyof LensQuestions]: Answer<K> } = {
    row: (question, { window, token }) => tokenRow(window, token - window.start, question),
    matrix: ({ layer, head, of }, { window, signal }) => headMatrix(window.head(layer, head), of, signal),
    proportions: ({ layer, head }, { window, before, signal }) => {
      const { config, weights } = this.host.model;
      const taps = meanTaps(weights.layers[layer].convolution, config, head);
      return headProportions(window.head(layer, head), before, taps, signal);
    },
    overview: async ({ every, marks }, { window, tokens, before, signal }) => {
      const { start, length } = window;
      const key = JSON.stringify([start, length, every, marks]);
      if (this.overview?.window === window && this.overview.key === key) return this.overview.answer;
      const known = new Set(marks);
      const isMark = (i: number) => known.has(tokens[window.start + i]);
      const heads = await summarize(window, { tokensBefore: before, every, isMark }, signal);
      if (heads) this.overview = { window, key, answer: { heads } };
      return heads && { heads };
    },
    pair: async ({ words, from, to, ...question }, { window, shift, signal }) => {
      const places = { words: words.map((at) => at + shift), from: from + shift, to: to + shift };
      const found = await strongestPair(window, { ...question, ...places }, signal);
      const pair = found?.pair;
      return pair ? { pair: { ...pair, query: pair.query - shift, key: pair.key - shift } } : found;
    },
    counterfactual: (_question, { shift }) => {
      const answer = this.runs && answerCounterfactual(this.runs.runs);
      return answer && { ...answer, start: answer.start - shift };
    },
  };

  constructor(host: LensHost) {
    this.host = host;
  }

  /** A new question cancels that of the same kind ('cancelled'), and waits for the others. */
  ask<K extends keyof LensQuestions>(request: LensRequest<K>): Promise<LensAnswer<K>> {
    this.aborts.get(request.kind)?.abort();
    const abort = new AbortController();
    this.aborts.set(request.kind, abort);
    const answer = this.free.then(() => this.answer(request, abort.signal));
    this.free = answer.catch(() => {});
    return answer;
  }

  /** Frees its memory. */
  async close(): Promise<void> {
    for (const abort of this.aborts.values()) abort.abort();
    await this.free;
    this.text?.streams.close();
    this.text = null;
    this.window = null;
    this.runs = null;
    this.overview = null;
  }

  private async answer<K extends keyof LensQuestions>(
    { start, runs, token, proportions, isQuick = false, kind, question }: LensRequest<K>,
    signal: AbortSignal,
  ): Promise<LensAnswer<K>> {
    if (signal.aborted) throw cancelled();
    const encoded: LensAnswer['encoded'][number][] = [];
    const { model, snapshots } = this.host;
    const beginning = await openBeginning(model, start);
    snapshots.begin(beginning);
    const onEncoded = (run: number, tokens: Encoded) => void encoded.push({ run, tokens });
    const tokens = await encodeRuns(model, beginning, runs, signal, onEncoded);
    if (!tokens || signal.aborted) throw cancelled();
    const text = { tokens, first: beginning.snapshot?.length ?? 0 };
    const shift = beginning.tokens.length - 1; // from positions in the text to places in `tokens`
    const last = Math.min(token + shift, tokens.length - 1);
    if (last < text.first)
      throw new EngineError('input', 'The text after the saved state is empty.', 'Write or generate first.');
    this.reread = 0;
    const isLearned = proportions === 'learned';
    const window = isLearned
      ? await this.show(text, last, isQuick, signal)
      : await this.change(text, last, proportions, signal);
    // The changed model starts with an empty state.
    const before = isLearned
      ? window.start - documentStart(tokens, window.start, model.config.bosTokenId, beginning)
      : 0;
    checkHead(question, window.config);
    const answer = await this.answers[kind](question, { window, tokens, token: last, shift, before, signal });
    if (!answer || signal.aborted) throw cancelled();
    const held = [this.window, this.runs?.runs.window];
    return {
      start: window.start - shift,
      count: window.length,
      isPartial: isLearned && this.isPartial,
      before,
      reread: this.reread,
      bytes: held.reduce((sum, part) => sum + (part?.bytes ?? 0), 0),
      encoded,
      answer,
    };
  }

  /** Moves the window to a token: keeps it, extends it to the end of the text, or captures it after the nearest snapshot. */
  private async show(
    { tokens, first }: Known,
    token: number,
    isQuick: boolean,
    signal: AbortSignal,
  ): Promise<LensWindow> {
    const { text } = this;
    const window = this.isPartial && !isQuick ? null : this.window;
    const end = Math.min(token + AHEAD, tokens.length - 1) + 1;
    if (window && text) {
      const isSame = text.tokens.every((id, i) => id === tokens[i]);
      const isBehind = token - window.start >= BEHIND || window.start === first;
      const known = window.start + window.length;
      if (isSame && isBehind && token < known) return window;
      if (isSame && isBehind && end - known <= WINDOW) return this.extend(text, window, tokens, end, signal);
    }
    return this.take({ tokens, first }, token, end, isQuick, signal);
  }

  /** Starts from the nearest snapshot: reads to the beginning of the window, then captures. */
  private async take(
    { tokens, first }: Known,
    token: number,
    end: number,
    isQuick: boolean,
    signal: AbortSignal,
  ): Promise<LensWindow> {
    const { snapshots, model, backend } = this.host;
    this.text ??= new TextStream(await backend.open(1), snapshots);
    this.window = null;
    const text = this.text;
    const full = Math.max(first, end - WINDOW);
    const lengthAt = (limit: number) => snapshots.nearest(tokens.slice(0, limit))?.length ?? 0;
    // If snapshots are far apart, a shorter window that begins at a snapshot needs less reading than a full one.
    const inside = lengthAt(Math.max(first, token - BEHIND));
    const isFar = full - lengthAt(full) > 256; // then the shorter window stays
    const start = (isFar || isQuick) && inside > full ? inside : full;
    this.isPartial = !isFar && start > full;
    await text.moveTo(tokens.slice(0, start), signal, {
      report: (read) => {
        this.reread = read;
      },
    });
    if (signal.aborted) throw cancelled();
    return this.extend(text, new LensWindow(model.config, start), tokens, end, signal);
  }

  private async extend(
    text: TextStream,
    window: LensWindow,
    tokens: readonly number[],
    end: number,
    signal: AbortSignal,
  ): Promise<LensWindow> {
    this.window = null; // until it matches the stream again
    for (let at = window.start + window.length; at < end; at += PART) {
      const part = tokens.slice(at, Math.min(at + PART, end));
      window.append(await text.capture(part, signal));
      this.reread += part.length;
    }
    this.window = window;
    return window;
  }

  /** The window of the changed model over the stretch with the token. */
  private async change(
    text: Known,
    token: number,
    proportions: 'static' | 'none',
    signal: AbortSignal,
  ): Promise<LensWindow> {
    const [start, end] = stretchWith(text, token, this.host.model.config.bosTokenId);
    const part = text.tokens.slice(start, end);
    const key = JSON.stringify([proportions, start, part]);
    if (this.runs?.key !== key) {
      this.runs = null;
      const { model, backend, createBackend } = this.host;
      const runs = await runBoth(model, backend, createBackend, proportions, part, start, signal);
      this.runs = { key, runs };
    }
    return this.runs.runs.window;
  }
}

/** @throws EngineError 'input' if the model has no such head. */
function checkHead(question: LensQuestions[keyof LensQuestions], { layers, heads }: Config): void {
  const { layer, head } = { layer: 0, head: 0, ...question };
  if ((layer ?? 0) >= layers || (head ?? 0) >= heads)
    throw new EngineError('input', 'This model has no such head.', 'Choose another in the lens.');
}

/** The place of the first token of a token's document, which may be before the text's first known token. */
function documentStart(tokens: readonly number[], at: number, bos: number, { snapshot }: Beginning): number {
  const opening = tokens.lastIndexOf(bos, at);
  return opening < 0 && snapshot ? snapshot.length - snapshot.position : Math.max(0, opening);
}

/**
 * The tokens [start, end) of a run with a token: at most WINDOW known tokens of its document. The start moves in steps of
 * half a window, so most choices of another token need no new run.
 */
function stretchWith({ tokens, first }: Known, token: number, bos: number): readonly [number, number] {
  const opening = Math.max(first, tokens.lastIndexOf(bos, token));
  const step = WINDOW / 2;
  const start = opening + step * Math.max(0, Math.floor((token - opening) / step) - 1);
  const next = tokens.indexOf(bos, token + 1);
  return [start, Math.min(start + WINDOW, next < 0 ? tokens.length : next)];
}
