import { stateLayout } from '../model/core/tensors';
import type { Backend } from '../model/runtime/backend';
import { EngineError } from '../model/runtime/errors';
import type { Model } from '../model/runtime/folder';
import type { ReadFile } from '../model/runtime/read-file';
import { seenWords } from '../model/sampling/seen';
import type { Encoded } from '../model/text/encoded';
import { packVocabulary } from '../model/text/vocabulary';
import { type Beginning, openBeginning, savedStateCode } from './beginning';
import { encodeRuns } from './encode';
import { credited, type Emit, type OnEvent } from './events';
import { figuresOf, GenerationRun, writeText } from './generation-run';
import { lateCode, loadAhead } from './late-code';
import type { Lens } from './lens/attention-lens';
import type { LensAnswer, LensQuestions, LensRequest } from './lens/messages';
import { loadSource } from './load-source';
import type {
  CompareEvent,
  CompareRequest,
  CompareResult,
  EngineInfo,
  GenerateEvent,
  GenerateRequest,
  GenerateResult,
  LoadProgress,
  LoadRequest,
  NoticeEvent,
  ScoreEvent,
  ScoreRequest,
  ScoreResult,
  ScoreTextEvent,
  ScoreTextRequest,
  TextEvent,
  TranslateEvent,
  TranslateRequest,
  TranslateResult,
  Verification,
  VerifyEvent,
  VerifyRequest,
} from './messages';
import { type ModelSource, sourceKey } from './model-source';
import type { RequestText } from './request-run';
import { type CreateBackend, Runner, type Running } from './runner';
import type { TextScore } from './score-text';
import { SnapshotStore } from './snapshot-store';
import { TextStream } from './text-stream';

const lensCode = lateCode('The lens', () => import('./lens/attention-lens'));
const compareCode = lateCode('The comparison', () => import('./compare'));
const strengthsCode = lateCode('The comparison of strengths', () => import('./compare-strengths'));
const scoreCode = lateCode('The code that scores tokens', () => import('./score'));
const verifyCode = lateCode('The check of texts', () => import('./verify'));
const scoreTextCode = lateCode('The code that scores texts', () => import('./score-text'));

const translatorCode = lateCode('The translator', () => import('./translate/translator'));

/** The environment of the engine: a worker in the browser, or Node. */
export interface EngineHost {
  /** @param url of a model folder, with a trailing slash */
  readonly readFile: (url: string) => ReadFile;
  readonly createBackend: CreateBackend;
}

interface Loaded {
  readonly source: ModelSource;
  readonly model: Model;
  readonly runner: Runner;
}

/** The tokens of a text, with the model, the signal and the receiver of events. */
interface TextWork<E> {
  readonly model: Model;
  readonly tokens: number[];
  readonly beginning: Beginning;
  readonly signal: AbortSignal;
  readonly emit: Emit<E>;
}

interface Work<T> {
  work(running: Running): Promise<void>;
  result(running: Running): T;
}

/**
 * One model on one backend, which works on one text at a time. A request names the whole text: the engine restores the
 * nearest snapshot and reads the rest. So an edit, an undo and a lost device are the same case.
 */
export class Engine {
  private readonly host: EngineHost;
  private readonly snapshots = new SnapshotStore();
  private loaded: Loaded | null = null;
  private abort: AbortController | null = null;
  private lens: Lens | null = null;

  constructor(host: EngineHost) {
    this.host = host;
  }

  /** Loads a model onto a backend, and frees the previous one. */
  async load(
    { model: source, backend: choice }: LoadRequest,
    onProgress: (progress: LoadProgress) => void,
  ): Promise<EngineInfo> {
    return this.exclusively(async (signal) => {
      this.unload();
      const isSame = this.loaded && sourceKey(this.loaded.source) === sourceKey(source);
      let model = isSame ? this.loaded!.model : null;
      this.loaded = null;
      if (!model) {
        this.snapshots.clear();
        model = await loadSource(source, this.host.readFile, {
          signal,
          onProgress: (bytes, total) => onProgress({ bytes, total }),
        });
      }
      const createBackend: CreateBackend = (...what) => {
        void this.closeLens(); // its stream is on the previous backend
        return this.host.createBackend(...what);
      };
      const runner = new Runner(createBackend, this.snapshots, model, choice);
      this.loaded = { source, model, runner };
      const { backend, info } = await runner.ready();
      const { manifest, config } = model;
      loadAhead();
      const stateBytes = 4 * (stateLayout(config).size + seenWords(config) + config.vocabSize);
      const vocabulary = packVocabulary(model.tokenizer.bytes);
      return { manifest, config, vocabulary, backend: info, stateBytes, memory: backend.memory() };
    });
  }

  /** Stops the current work within 100 ms. */
  stop(): void {
    this.abort?.abort();
  }

  /** Frees the backend. */
  unload(): void {
    void this.closeLens();
    this.loaded?.runner.stop();
  }

  /** Answers a question about a text's attention, also during other work. The lens then stays open. */
  async look<K extends keyof LensQuestions>(request: LensRequest<K>): Promise<LensAnswer<K>> {
    const { Lens } = await lensCode();
    const { model, runner } = this.requireLoaded();
    if (!runner.running) throw notLoaded();
    const { backend, info } = runner.running;
    const another = async (variant: Model) => {
      const { backend, streams } = await this.host.createBackend(variant, info.kind);
      streams.close();
      return backend;
    };
    this.lens ??= new Lens({ model, backend, snapshots: this.snapshots, createBackend: another });
    return this.lens.ask(request);
  }

  /** Frees the memory of the lens. */
  async closeLens(): Promise<void> {
    const { lens } = this;
    this.lens = null;
    await lens?.close();
  }

  async generate(request: GenerateRequest, onEvent: OnEvent<GenerateEvent>): Promise<GenerateResult> {
    const resumed = 'Writing resumes from the last token.';
    return this.withTokens(request, onEvent, resumed, ({ model, tokens, beginning, signal, emit }) => {
      const run = new GenerationRun(model, request, tokens, beginning.tokens.length);
      return {
        work: (running) => writeText(run, running, this.snapshots, emit, signal),
        result: (running) => ({
          reason: run.reason ?? 'stopped',
          figures: figuresOf(run, running, this.snapshots),
        }),
      };
    });
  }

  /** Generates at most 8 continuations: at once, in one batched step for all, or one after the other at several strengths. */
  async compare(request: CompareRequest, onEvent: OnEvent<CompareEvent>): Promise<CompareResult> {
    const resumed = 'Writing resumes from the last tokens.';
    return this.withTokens(request, onEvent, resumed, async ({ model, tokens, signal, emit }) => {
      if (request.strengths) {
        const { StrengthComparison } = await strengthsCode();
        const comparison = new StrengthComparison(this.requireLoaded(), this.host, request, tokens, emit);
        return {
          work: ({ info }) => comparison.write(info.kind, signal),
          result: () => comparison.result(),
        };
      }
      const { Comparison } = await compareCode();
      const comparison = new Comparison(model, request, tokens, emit);
      return {
        work: ({ text, backend }) => comparison.write(text, backend, this.snapshots, signal),
        result: () => comparison.result(),
      };
    });
  }

  /** Reads tokens of a text again, on a second stream, and emits their records. */
  async score(request: ScoreRequest, onEvent: OnEvent<ScoreEvent>): Promise<ScoreResult> {
    return this.withTokens(request, onEvent, '', ({ model, tokens, beginning, signal, emit }) => ({
      work: async ({ backend }) => {
        const { scoreTokens } = await scoreCode();
        const streams = await backend.open(1);
        const text = new TextStream(streams, this.snapshots);
        const part = { ...request, tokens, beginning };
        await scoreTokens(model.config, text, part, signal, emit).finally(() => streams.close());
      },
      result: () => ({ isComplete: !signal.aborted }),
    }));
  }

  /** Measures the loss on a text, on a second stream. */
  async scoreText({ file }: ScoreTextRequest, onEvent: OnEvent<ScoreTextEvent>): Promise<TextScore> {
    return this.runLate(scoreTextCode, 'Scoring', onEvent, ({ scoreFile }, model, backend, signal) =>
      scoreFile(model, backend, file, signal, (units, sentences) =>
        onEvent({ type: 'scored', units, sentences }),
      ),
    );
  }

  /** Translates a text, and keeps its translations for the next request. */
  async translate(request: TranslateRequest, onEvent: OnEvent<TranslateEvent>): Promise<TranslateResult> {
    return this.runLate(translatorCode, 'Translation', onEvent, ({ translateText }, ...on) =>
      translateText(...on, request, onEvent),
    );
  }

  /** The state at the end of a text, as a file (model/runtime/snapshot-file.ts); null if it was stopped. */
  async snapshot(request: RequestText, onEvent: OnEvent<TextEvent>): Promise<Uint8Array | null> {
    let file: Uint8Array | null = null;
    return this.withTokens<TextEvent, Uint8Array | null>(
      request,
      onEvent,
      '',
      ({ model, tokens, signal, emit }) => ({
        work: async ({ text }) => {
          const report = (read: number, total: number) => emit({ type: 'reading', read, total });
          await text.moveTo(tokens, signal, { report });
          if (signal.aborted) return;
          const { encodeSnapshot } = await savedStateCode();
          file = await encodeSnapshot(await text.streams.snapshot(), model.manifest);
        },
        result: () => file,
      }),
    );
  }

  /** Compares each drawn token with the token that this model draws, on a second stream. */
  async verify(request: VerifyRequest, onEvent: (event: VerifyEvent) => void): Promise<Verification> {
    return this.runLate(verifyCode, 'Verification', onEvent, ({ verifyText }, model, backend, signal) =>
      verifyText(model, backend, request, signal, onEvent),
    );
  }

  /** Runs code that loads late, on streams of its own. If a device fails, the work starts again on another one. */
  private runLate<C, T>(
    load: () => Promise<C>,
    name: string,
    onEvent: OnEvent<NoticeEvent>,
    work: (code: C, model: Model, backend: Backend, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return this.exclusively(async (signal) => {
      const code = await load();
      const { model, runner } = this.requireLoaded();
      return runner.surviving(
        ({ backend }) => work(code, model, backend, signal),
        (message, backend) =>
          onEvent({ type: 'notice', message: `${message} ${name} starts again.`, backend }),
      );
    });
  }

  /**
   * Encodes a text and works on its tokens; if a device fails, repeats the work on another one. If the signal aborts
   * during encoding, it does no work.
   * @param resumed a sentence for the notice after a failure
   * @param begin makes the work and its result, whose state survives the loss of a device
   */
  private withTokens<E, T>(
    { start, runs }: RequestText,
    onEvent: OnEvent<E | TextEvent>,
    resumed: string,
    begin: (text: TextWork<E | TextEvent>) => Work<T> | Promise<Work<T>>,
  ): Promise<T> {
    return this.exclusively(async (signal) => {
      const { model, runner } = this.requireLoaded();
      await runner.ready();
      const emit = credited(onEvent);
      const beginning = await openBeginning(model, start);
      this.snapshots.begin(beginning);
      const onEncoded = (run: number, tokens: Encoded) => emit({ type: 'encoded', run, tokens });
      const tokens = await encodeRuns(model, beginning, runs, signal, onEncoded);
      const { work, result } = await begin({ model, tokens: tokens ?? [], beginning, signal, emit });
      if (tokens)
        await runner.surviving(work, (message, backend) =>
          emit({ type: 'notice', message: `${message} ${resumed}`.trimEnd(), backend }),
        );
      await emit.settled();
      return result(runner.running!);
    });
  }

  /** @throws EngineError 'input' when no model is loaded. */
  private requireLoaded() {
    if (!this.loaded) throw notLoaded();
    return this.loaded;
  }

  private async exclusively<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.abort) throw new EngineError('input', 'The engine is busy.', 'Stop the running request first.');
    this.abort = new AbortController();
    try {
      return await work(this.abort.signal);
    } finally {
      this.abort = null;
    }
  }
}

function notLoaded(): EngineError {
  return new EngineError('input', 'No model is loaded.', 'Load a model first.');
}
