import type { Config } from '../core/config';
import { EngineError } from '../runtime/errors';
import { type Adapter, isUntrained, newAdapter } from './adapter';
import { type Learner, SEGMENT } from './learner';
import { adamW, clipNorm, type Moments, newMoments, rateAt } from './optimizer';

export interface TeachingSettings {
  readonly rank: number;
  /** The highest learning rate. */
  readonly rate: number;
  /** How often the model learns from the text. */
  readonly rounds: number;
  readonly seed: number;
}

export const TEACHING: TeachingSettings = { rank: 8, rate: 0.003, rounds: 2, seed: 0 };

const WARMUP_STEPS = 5;
const NORM_LIMIT = 1;
/** Tokens that are read before a place in the text, to begin there. */
export const CONTEXT = 2048;
const LEAST_TOKENS = 20;
/** A text of fewer tokens has too few unread ones to measure a gain. */
export const MEASURABLE_TOKENS = 2000;

/** The text is cut in order: this share to learn from, and the next to decide which adapter is kept; the rest stays unseen. */
export const SHARES = { learned: 0.7, deciding: 0.15 } as const;

/** The first tokens of the deciding part and of the unseen part of a text. */
export function cutsOf(tokens: number): { readonly deciding: number; readonly unseen: number } {
  const { learned, deciding } = SHARES;
  return { deciding: Math.floor(learned * tokens), unseen: Math.floor((learned + deciding) * tokens) };
}

/** Mean nats per token of the parts that the model does not learn from. */
export interface Losses {
  /** Of the part that decides which adapter is kept. */
  readonly deciding: number;
  /** Of the part that is read only before and after. */
  readonly unseen: number;
}

export type TeachingEvent =
  | { readonly type: 'started'; readonly base: Losses }
  /** A segment: nats per token before the model learned from it. */
  | { readonly type: 'learned'; readonly step: number; readonly steps: number; readonly loss: number }
  /** The end of a round. */
  | { readonly type: 'decided'; readonly step: number; readonly loss: number; readonly isBest: boolean }
  | { readonly type: 'finished'; readonly result: TeachingResult };

export interface TeachingResult {
  /** The best on the deciding part; the one that it began with if no round was better. */
  readonly adapter: Adapter;
  readonly base: Losses;
  readonly taught: Losses;
  /** Whether the text is long enough for a claim about the gain. */
  readonly isMeasured: boolean;
}

/** Everything that a teaching needs to continue after a stop, as plain data. */
export interface Checkpoint {
  base: Losses | null;
  readonly adapter: Adapter;
  /** Its `step` counts the segments that the model has learned from. */
  readonly moments: Moments;
  /** Its value after the last round that ended with a decision. */
  decided: number;
  best: { readonly values: Float32Array; readonly deciding: number } | null;
}

/** The checkpoint before the first segment. @param adapter may have learned from other texts */
export function checkpointFrom(adapter: Adapter): Checkpoint {
  const values = adapter.values.slice();
  return {
    base: null,
    adapter: { ...adapter, values },
    moments: newMoments(values.length),
    decided: 0,
    best: null,
  };
}

/** Teaches a model a text, which is cut by `cutsOf`. Each segment is scored before the model learns from it. */
export class Teaching {
  /** Consistent between events, and after an abort. */
  readonly checkpoint: Checkpoint;
  readonly steps: number;
  private readonly learner: Learner;
  private readonly config: Config;
  private readonly tokens: ArrayLike<number>;
  private readonly settings: TeachingSettings;
  /** First tokens of the deciding part and of the unseen part. */
  private readonly deciding: number;
  private readonly unseen: number;

  /**
   * @param tokens from `<|endoftext|>` on
   * @param checkpoint of an earlier teaching with the same model, tokens and settings, to continue it; or `checkpointFrom`
   * @throws EngineError 'input' if the text is too short or a setting is out of range
   */
  constructor(
    learner: Learner,
    config: Config,
    tokens: ArrayLike<number>,
    settings: TeachingSettings = TEACHING,
    checkpoint?: Checkpoint,
  ) {
    const { rank, rate, rounds, seed } = settings;
    const refuse = (message: string, remedy: string) => {
      throw new EngineError('input', message, remedy);
    };
    if (tokens.length < LEAST_TOKENS)
      refuse(`The text has ${tokens.length} tokens.`, `Teach with at least ${LEAST_TOKENS} tokens.`);
    if (!(rate > 0 && rate <= 1)) refuse(`The rate is ${rate}.`, 'Choose a rate above 0, up to 1.');
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
      refuse(`The number of rounds is ${rounds}.`, 'Choose a whole number from 1 to 100.');
    this.learner = learner;
    this.config = config;
    this.tokens = tokens;
    this.settings = settings;
    ({ deciding: this.deciding, unseen: this.unseen } = cutsOf(tokens.length));
    this.steps = rounds * this.stepsPerRound;
    this.checkpoint = checkpoint ?? checkpointFrom(newAdapter(config, rank, seed));
  }

  /** Runs from the checkpoint to the end. Ends with the event 'finished'. @throws EngineError 'cancelled' on abort */
  async *run(signal?: AbortSignal): AsyncGenerator<TeachingEvent, void> {
    const { learner, checkpoint, steps, stepsPerRound, settings } = this;
    const { adapter, moments } = checkpoint;
    if (!checkpoint.base) {
      learner.use({ ...adapter, scale: 0 });
      const base = await this.measure(signal);
      learner.use(adapter);
      const deciding = isUntrained(this.config, adapter) ? base.deciding : await this.decide(signal);
      checkpoint.best = { values: adapter.values.slice(), deciding };
      checkpoint.base = base;
      yield { type: 'started', base: checkpoint.base };
    }
    learner.use(adapter);
    let at = -1; // the place of the learner's state; unknown
    while (checkpoint.decided < steps) {
      const { step } = moments;
      if (step === checkpoint.decided + stepsPerRound) {
        at = -1;
        const decision = await this.decideNow(signal);
        checkpoint.decided = step;
        yield decision;
        continue;
      }
      const from = (step % stepsPerRound) * SEGMENT;
      const to = Math.min(from + SEGMENT, this.deciding);
      if (at !== from) await this.moveTo(from, signal);
      const { nats, gradient } = await learner.learn(...this.segment(from, to), signal);
      at = to;
      clipNorm(gradient, NORM_LIMIT);
      adamW(adapter.values, gradient, moments, rateAt(step, steps, settings.rate, WARMUP_STEPS));
      learner.use(adapter);
      yield { type: 'learned', step: step + 1, steps, loss: nats / (to - from) };
    }
    yield { type: 'finished', result: await this.finish(signal) };
  }

  /** Ends before the last round, after `run` has started. The present adapter counts, too. @throws EngineError 'cancelled' on abort */
  async conclude(signal?: AbortSignal): Promise<TeachingResult> {
    const { adapter, moments, decided } = this.checkpoint;
    this.learner.use(adapter);
    if (moments.step > decided) await this.decideNow(signal);
    return this.finish(signal);
  }

  /** Scores the deciding part, and keeps the adapter if it is the best. */
  private async decideNow(signal?: AbortSignal): Promise<Extract<TeachingEvent, { type: 'decided' }>> {
    const { checkpoint } = this;
    const { adapter, moments } = checkpoint;
    const loss = await this.decide(signal);
    const isBest = loss < checkpoint.best!.deciding;
    if (isBest) checkpoint.best = { values: adapter.values.slice(), deciding: loss };
    return { type: 'decided', step: moments.step, loss, isBest };
  }

  private async finish(signal?: AbortSignal): Promise<TeachingResult> {
    const { base, best, adapter } = this.checkpoint;
    const kept = { ...adapter, values: best!.values };
    this.learner.use(kept);
    const taught = await this.measure(signal);
    const isMeasured = this.tokens.length >= MEASURABLE_TOKENS;
    return { adapter: kept, base: base!, taught, isMeasured };
  }

  private get stepsPerRound(): number {
    return Math.ceil(this.deciding / SEGMENT);
  }

  private async measure(signal?: AbortSignal): Promise<Losses> {
    const deciding = await this.decide(signal);
    return { deciding, unseen: await this.score(this.unseen, this.tokens.length - 1, signal) };
  }

  private async decide(signal?: AbortSignal): Promise<number> {
    await this.moveTo(this.deciding, signal);
    return this.score(this.deciding, this.unseen, signal);
  }

  /** Moves the state to a place in the text. */
  private async moveTo(at: number, signal?: AbortSignal): Promise<void> {
    this.learner.restart();
    await this.score(Math.max(0, at - CONTEXT), at, signal);
  }

  /** Reads tokens. Returns the mean nats of the tokens after them. */
  private async score(from: number, end: number, signal?: AbortSignal): Promise<number> {
    let sum = 0;
    for (let at = from; at < end; at += SEGMENT)
      sum += (await this.learner.score(...this.segment(at, Math.min(at + SEGMENT, end)), signal)).nats;
    return sum / (end - from);
  }

  private segment(from: number, to: number): [tokens: number[], targets: number[]] {
    const slice = (first: number) => Array.from({ length: to - from }, (_, i) => this.tokens[first + i]);
    return [slice(from), slice(from + 1)];
  }
}
