import { type Adapter, newAdapter } from '../../model/finetuning/adapter';
import { readAdapter } from '../../model/finetuning/adapter-files';
import { type Learner, SEGMENT } from '../../model/finetuning/learner';
import { taughtModel } from '../../model/finetuning/taught-model';
import {
  type Checkpoint,
  checkpointFrom,
  cutsOf,
  TEACHING,
  Teaching,
  type TeachingEvent,
  type TeachingResult,
  type TeachingSettings,
} from '../../model/finetuning/teaching';
import { cancelled, EngineError } from '../../model/runtime/errors';
import type { Model } from '../../model/runtime/folder';
import type { ReadFile } from '../../model/runtime/read-file';
import { loadSource } from '../load-source';
import type { BackendInfo } from '../messages';
import type { ModelSource } from '../model-source';
import { SAMPLE_SHARE, timeOf } from './estimate';
import { finishLesson } from './finish';
import type { OpenedLesson } from './lesson-files';
import type { LessonRequest, NamedText, Prepared, Progress, Taught } from './messages';
import { encodeTexts, measure } from './opening';
import { readAdapterFiles } from './read-adapter-files';
import { writeSample } from './try-out';

/** A learner that states its backend, which may change. */
type LessonLearner = Learner & { readonly info?: BackendInfo };

/** The environment of a teacher: a worker in the browser, or Node in tests. */
export interface TeacherHost {
  readonly readFile: (url: string) => ReadFile;
  /** A learner for adapters of one rank. */
  createLearner(model: Model, rank: number): Promise<LessonLearner>;
  /** @throws EngineError 'input' if another tab has the lesson open */
  claimLesson(id: string): Promise<void>;
  /** @returns whether the lesson is kept */
  keepLesson(lesson: OpenedLesson): Promise<boolean>;
  forgetLesson(id: string): Promise<void>;
  /** Prose that no lesson reads, to measure what a model forgets. */
  readProse(): Promise<string>;
}

interface Opened {
  readonly prepared: Prepared;
  readonly model: Model;
  /** The learner of the lesson, or the one that measured this device. */
  learner: LessonLearner;
  /** The adapter that learns more; null for a new one. */
  readonly from: Adapter | null;
  readonly texts: readonly NamedText[];
  readonly tokens: readonly number[];
  /** The text of each token. */
  readonly pieces: readonly string[];
}

interface Lesson {
  readonly settings: TeachingSettings;
  readonly teaching: Teaching;
  progress: Progress;
}

type OnProgress = (progress: Progress) => void;

const CHECKPOINT_EVERY = 5000; // ms
const SAMPLE_EVERY = 4000; // ms; longer where a sample takes longer
const PROMPT_TOKENS = 12;

const BEFORE: Progress = {
  phase: 'reading',
  step: 0,
  steps: 0,
  base: [],
  learned: [],
  decided: [],
  prompt: '',
  samples: [],
  tokensPerSecond: null,
  secondsLeft: null,
  backend: null,
  isKept: null,
};

/** Teaches a model texts, shows how it changes, and keeps checkpoints. */
export class Teacher {
  private readonly host: TeacherHost;
  private opened: Opened | null = null;
  private lesson: Lesson | null = null;
  private abort = new AbortController();
  private lastKept = 0;
  private nextSample = 0;

  constructor(host: TeacherHost) {
    this.host = host;
  }

  /** Loads the model, encodes the texts, and measures this device. @throws EngineError */
  async open(
    { model: source, texts, from: taught }: LessonRequest,
    { id, name }: Pick<Prepared, 'id' | 'name'> = { id: randomId(), name: nameOf(texts, taught) },
  ): Promise<Prepared> {
    this.lesson = null;
    const model = await loadSource(source, this.host.readFile);
    const { tokens, pieces } = await encodeTexts(model, texts);
    const from = taught
      ? readAdapter(await readAdapterFiles(taught.files), model.config, model.digest)
      : null;
    const rank = from?.rank ?? TEACHING.rank;
    this.opened?.learner.destroy();
    this.opened = null;
    const learner = await this.host.createLearner(model, rank);
    const speed = await measure(learner, newAdapter(model.config, rank, 0), tokens);
    const prepared = { id, name, model: model.manifest, tokens: tokens.length, speed };
    this.opened = { prepared, model, learner, from, texts, tokens, pieces };
    return prepared;
  }

  /** Opens an interrupted lesson, which `teach` continues. @throws EngineError */
  async resume(
    model: ModelSource,
    { id, name, texts, checkpoint, settings, progress }: OpenedLesson,
  ): Promise<Prepared> {
    const prepared = await this.open({ model, texts }, { id, name });
    this.lesson = { settings, teaching: await this.teaching(settings, checkpoint), progress };
    return prepared;
  }

  /** Teaches the opened texts, or continues. @returns null if it was stopped @throws EngineError */
  async teach(settings: TeachingSettings, onProgress: OnProgress): Promise<Taught | null> {
    this.lesson ??= await this.newLesson(settings);
    return this.stoppable(onProgress, async (lesson, signal, tell) => {
      await this.begin(lesson, signal, tell);
      for await (const event of lesson.teaching.run(signal)) {
        if (event.type === 'finished') return event.result;
        tell(this.progressAfter(event, lesson));
        if (signal.aborted) throw cancelled();
        if (event.type === 'learned') await this.afterStep(lesson, signal, tell);
      }
      throw new Error('the lesson ended without a result');
    });
  }

  private async newLesson(settings: TeachingSettings): Promise<Lesson> {
    const { from } = this.requireOpened();
    if (!from) return { settings, teaching: await this.teaching(settings), progress: BEFORE };
    const ofItsRank = { ...settings, rank: from.rank };
    const teaching = await this.teaching(ofItsRank, checkpointFrom(from));
    return { settings: ofItsRank, teaching, progress: BEFORE };
  }

  private async teaching(settings: TeachingSettings, checkpoint?: Checkpoint): Promise<Teaching> {
    const opened = this.requireOpened();
    const { model, tokens, from } = opened;
    if (settings.rank !== (from?.rank ?? TEACHING.rank)) {
      opened.learner.destroy();
      opened.learner = await this.host.createLearner(model, settings.rank);
    }
    return new Teaching(opened.learner, model.config, tokens, settings, checkpoint);
  }

  /** Ends a lesson that was stopped with the best adapter so far. @throws EngineError */
  async conclude(onProgress: OnProgress): Promise<Taught | null> {
    return this.stoppable(onProgress, ({ teaching }, signal) => teaching.conclude(signal));
  }

  /** Stops at the next pause of the work, and keeps the lesson. */
  stop(): void {
    this.abort.abort();
  }

  private async stoppable(
    onProgress: OnProgress,
    work: (
      lesson: Lesson,
      signal: AbortSignal,
      tell: (progress: Partial<Progress>) => void,
    ) => Promise<TeachingResult>,
  ): Promise<Taught | null> {
    const { lesson } = this;
    if (!lesson) throw new EngineError('input', 'No lesson is open.', 'Choose a text first.');
    this.abort = new AbortController();
    const { signal } = this.abort;
    const tell = (progress: Partial<Progress>) => {
      const backend = this.requireOpened().learner.info ?? null;
      lesson.progress = { ...lesson.progress, ...progress, backend };
      onProgress(lesson.progress);
    };
    await this.host.claimLesson(this.requireOpened().prepared.id);
    try {
      await this.keep(lesson, tell);
      const result = await work(lesson, signal, tell);
      tell({ phase: 'measuring' });
      const { prepared, ...opened } = this.requireOpened();
      const prose = await this.host.readProse().catch(() => null);
      const text = { ...opened, prompt: this.prompt() };
      const taught = await finishLesson(text, prepared.name, result, lesson.progress, prose, signal);
      // Where the adapter is not kept, a reload still has the lesson.
      if (taught.isKept) await this.host.forgetLesson(prepared.id);
      this.lesson = null;
      return taught;
    } catch (thrown) {
      const error = EngineError.from(thrown);
      await this.keep(lesson, tell);
      if (error.code === 'cancelled') return null;
      throw error;
    }
  }

  /** Reads what the model will learn from with the base, for the curve, and writes the first sample. */
  private async begin(lesson: Lesson, signal: AbortSignal, tell: (progress: Partial<Progress>) => void) {
    const { model, learner, tokens, pieces } = this.requireOpened();
    const { teaching, progress } = lesson;
    if (progress.samples.length === 0) {
      const text = await writeSample(model, this.prompt(), signal);
      const unseen = this.promptAt();
      tell({
        steps: teaching.steps,
        prompt: pieces.slice(unseen, unseen + PROMPT_TOKENS).join(''),
        samples: [{ step: 0, text }],
      });
    }
    const end = teaching.steps / lesson.settings.rounds;
    if (progress.base.length >= end) return;
    const { adapter } = teaching.checkpoint;
    learner.use({ ...adapter, scale: 0 });
    learner.restart();
    const base: number[] = [];
    const last = cutsOf(tokens.length).deciding;
    for (let at = 0; at < last; at += SEGMENT) {
      const to = Math.min(at + SEGMENT, last);
      const { nats } = await learner.score(tokens.slice(at, to), tokens.slice(at + 1, to + 1), signal);
      base.push(nats / (to - at));
      tell({ base: [...base] });
    }
  }

  /** The first tokens of the unseen part, for samples. */
  private prompt(): readonly number[] {
    const at = this.promptAt();
    return this.requireOpened().tokens.slice(at, at + PROMPT_TOKENS);
  }

  private promptAt(): number {
    const { tokens } = this.requireOpened();
    return Math.min(cutsOf(tokens.length).unseen, tokens.length - PROMPT_TOKENS);
  }

  private progressAfter(
    event: Exclude<TeachingEvent, { type: 'finished' }>,
    { progress, settings }: Lesson,
  ): Partial<Progress> {
    if (event.type === 'started') return { decided: [{ step: 0, loss: event.base.deciding }] };
    if (event.type === 'decided')
      return { decided: [...progress.decided, { step: event.step, loss: event.loss }] };
    const { step, steps, loss } = event;
    const { prepared, tokens } = this.requireOpened();
    const left = timeOf(tokens.length, settings, prepared.speed, step / steps);
    return {
      phase: 'learning',
      step,
      steps,
      learned: [...progress.learned, loss],
      tokensPerSecond: 1000 / prepared.speed.learn,
      secondsLeft: left / 1000,
    };
  }

  private async afterStep(lesson: Lesson, signal: AbortSignal, tell: (progress: Partial<Progress>) => void) {
    const now = performance.now();
    if (now >= this.nextSample) {
      const { adapter, moments } = lesson.teaching.checkpoint;
      const taught = await taughtModel(this.requireOpened().model, adapter, signal);
      const text = await writeSample(taught, this.prompt(), signal);
      const took = performance.now() - now;
      this.nextSample = performance.now() + Math.max(SAMPLE_EVERY, took / SAMPLE_SHARE);
      tell({ samples: [lesson.progress.samples[0], { step: moments.step, text }] });
    }
    if (now >= this.lastKept + CHECKPOINT_EVERY) await this.keep(lesson, tell);
  }

  private async keep(lesson: Lesson, tell: (progress: Partial<Progress>) => void): Promise<void> {
    const { texts, prepared } = this.requireOpened();
    const { settings, progress, teaching } = lesson;
    const { id, name, model } = prepared;
    const { checkpoint } = teaching;
    const isKept = await this.host.keepLesson({ id, name, model, settings, progress, texts, checkpoint });
    this.lastKept = performance.now();
    if (isKept !== progress.isKept) tell({ isKept });
  }

  private requireOpened(): Opened {
    if (!this.opened) throw new EngineError('input', 'No text is open.', 'Choose a text first.');
    return this.opened;
  }
}

/** Of the texts, after the taught model that learns more. */
function nameOf(texts: readonly NamedText[], from: LessonRequest['from']): string {
  const name = texts.length === 1 ? texts[0].name : `${texts[0].name} and ${texts.length - 1} more`;
  if (!from) return name;
  const { name: before, base } = from.model;
  return `${before.replace(` (${base.name})`, '')} and ${name}`;
}

/** crypto.randomUUID is missing over plain http. */
function randomId(): string {
  return crypto.getRandomValues(new Uint32Array(2)).join('');
}
