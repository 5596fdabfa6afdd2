import type { StoreApi } from 'zustand/vanilla';
import { cancelled, EngineError } from '../../../model/runtime/errors';
import type { EngineClient } from '../../../workers/client';
import type { LensAnswer, LensQuestions, LensRequest } from '../../../workers/lens/messages';
import type { EngineInfo } from '../../../workers/messages';
import { type ModelSource, sourceKey } from '../../../workers/model-source';
import type { ModelRef } from '../document/text-value';
import type { PlaygroundState } from '../state';
import type { Generation } from './document-writer';
import { type GenerateOptions, keepWritten, type PageHost, write } from './generating';
import { loadEngine } from './loading';
import { check } from './verification';

/** Work of the engine on the text: generation, verification, comparison, saving its state. */
export type Task = (mine: Generation, info: EngineInfo, engine: EngineClient) => Promise<void>;

export interface SessionOptions extends PageHost {
  createEngine(): EngineClient;
  /** The model that opens for a text of the model `wanted`. @throws EngineError */
  findModel(wanted: ModelRef | null, signal: AbortSignal): Promise<ModelSource>;
}

/** The page's connection to the engine: loads it, and runs one piece of work at a time. */
export class Session {
  private readonly store: StoreApi<PlaygroundState>;
  private readonly options: SessionOptions;
  private engine: EngineClient | null = null;
  /** The key of the source of the model that was found last. */
  private found: string | null = null;
  private loading: AbortController | null = null;
  private ready: Promise<EngineInfo> | null = null;
  private current: Generation | null = null;
  /** Open questions to the engine. */
  private readonly questions = new Set<AbortController>();
  /** Settles when the engine is free: it generates one text at a time. */
  private free: Promise<void> = Promise.resolve();

  constructor(store: StoreApi<PlaygroundState>, options: SessionOptions) {
    this.store = store;
    this.options = options;
  }

  /** Starts the engine and loads the model; earlier work is dropped. The result is in the state. */
  load(): void {
    this.abandon();
    this.endQuestions();
    this.loading?.abort();
    this.engine?.dispose();
    const controller = new AbortController();
    this.loading = controller;
    this.free = Promise.resolve();
    this.store.setState({ engine: { phase: 'loading', progress: null }, problem: null });
    const { engine, ready } = loadEngine(
      { ...this.options, findModel: (signal) => this.findModel(signal) },
      this.store.getState().settings,
      controller.signal,
      (progress) => {
        if (this.loading === controller) this.store.setState({ engine: { phase: 'loading', progress } });
      },
    );
    this.engine = engine;
    this.ready = ready;
    ready.then(
      (info) => {
        if (this.loading === controller) this.store.setState({ engine: { phase: 'ready', info } });
      },
      (error: EngineError) => {
        if (this.loading === controller) this.release(error);
      },
    );
  }

  /** Loads the model of the shown text, if this site has it and another model is loaded. */
  async follow(): Promise<void> {
    const { loading, found } = this;
    if (!loading) return; // load() will find it
    await this.findModel(loading.signal).catch(() => {});
    if (this.loading === loading && this.found !== found) this.load();
  }

  private async findModel(signal: AbortSignal): Promise<ModelSource> {
    const text = this.store.getState().history?.present;
    const wanted = text?.start?.model ?? text?.model ?? null;
    const source = await this.options.findModel(wanted, signal);
    this.found = sourceKey(source);
    return source;
  }

  cancelLoading(): void {
    const { loading } = this;
    if (this.store.getState().engine.phase !== 'loading') return;
    this.loading = null;
    loading?.abort();
    this.release(cancelled());
  }

  /** Sends a question to the lens, which also works during a generation. @throws EngineError */
  look<K extends keyof LensQuestions>(request: LensRequest<K>): Promise<LensAnswer<K>> {
    if (!this.engine) throw new EngineError('input', 'No model is loaded.', 'Load a model first.');
    return this.engine.look(request);
  }

  closeLens(): void {
    this.engine?.closeLens();
  }

  /**
   * Asks the engine a question about the text, once it is free. Generation and changes of the text cancel the question. The
   * answer is null if it was cancelled or failed.
   */
  ask<T>(
    question: (engine: EngineClient, info: EngineInfo, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | null> {
    const mine = new AbortController();
    const end = () => mine.abort();
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    this.questions.add(mine);
    const answer = this.free.then(async () => {
      try {
        const info = await unlessAborted(this.ready!, mine.signal);
        return await question(this.engine!, info, mine.signal);
      } catch (thrown) {
        this.fail(EngineError.from(thrown));
        return null;
      } finally {
        this.questions.delete(mine);
        signal.removeEventListener('abort', end);
      }
    });
    this.free = answer.then(() => {});
    return answer;
  }

  private endQuestions(): void {
    for (const question of this.questions) question.abort();
  }

  /** Generates from the end of the text, or again from the start of the last generation. */
  generate(maxTokens: number, how: GenerateOptions = {}): Promise<void> {
    return this.run('Writing', (...task) => write(this.store, this.options, maxTokens, how, ...task));
  }

  /** Verifies the sampled tokens of the text. */
  verify(): Promise<void> {
    return this.run('Checking', (...task) => check(this.store, ...task));
  }

  /** Runs work on the engine, once it is loaded and free. Does nothing while other work runs. */
  async run(what: string, task: Task): Promise<void> {
    if (this.current || !this.store.getState().history) return;
    this.endQuestions();
    const { phase } = this.store.getState().engine;
    if (phase === 'failed' || phase === 'cancelled') this.load();
    const mine: Generation = { controller: new AbortController(), closed: false };
    this.current = mine;
    this.store.setState({
      work: { phase: 'waiting' },
      problem: null,
      announcement: phase === 'ready' ? `${what}.` : `${what} starts when the model has loaded.`,
    });
    const run = this.free.then(() => this.perform(mine, task));
    this.free = run;
    await run;
  }

  /** Stops the current work; tokens that are already on their way still arrive. */
  stop(): void {
    if (!this.current) return;
    this.current.controller.abort();
    if (this.store.getState().work.phase === 'waiting') this.abandon();
    else this.store.setState({ work: { phase: 'stopping' } });
  }

  /** Call before the text changes: ends a generation at the words that are shown, unless it still waits for the model. */
  interrupt(): void {
    this.endQuestions();
    if (this.store.getState().work.phase !== 'waiting') this.abandon();
  }

  private abandon(): void {
    if (!this.current) return;
    if (this.store.getState().work.phase === 'writing') keepWritten(this.store);
    this.current.closed = true;
    this.current.controller.abort();
    this.current = null;
    this.store.setState({ work: { phase: 'idle' }, announcement: 'Stopped.' });
  }

  private async perform(mine: Generation, task: Task): Promise<void> {
    try {
      const info = await unlessAborted(this.ready!, mine.controller.signal);
      if (!mine.closed) await task(mine, info, this.engine!);
    } catch (thrown) {
      if (!mine.closed) this.fail(EngineError.from(thrown));
    } finally {
      if (this.current === mine) {
        this.current = null;
        this.store.setState({ work: { phase: 'idle' } });
      }
    }
  }

  private fail(error: EngineError): void {
    if (error.code === 'cancelled') return;
    const dead = error.code === 'internal' || error.code === 'device' || error.code === 'device-lost';
    if (this.store.getState().engine.phase !== 'ready') return; // load() reports its own failure
    if (dead) this.release(error);
    else this.store.setState({ problem: error.toData(), announcement: error.message });
  }

  /** Disposes of an engine that cannot continue. */
  private release(error: EngineError): void {
    this.engine?.dispose();
    this.engine = null;
    const engine =
      error.code === 'cancelled'
        ? ({ phase: 'cancelled' } as const)
        : ({ phase: 'failed', error: error.toData() } as const);
    if (this.store.getState().work.phase === 'waiting') this.abandon();
    this.store.setState({ engine, announcement: error.message });
  }
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(cancelled());
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(cancelled()), { once: true });
    promise.then(resolve, reject);
  });
}
