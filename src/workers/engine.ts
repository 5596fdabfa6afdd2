import { type Backend, nextBest, type Streams } from '../model/runtime/backend';
import { EngineError } from '../model/runtime/errors';
import { loadModel, type Model } from '../model/runtime/folder';
import type { ReadFile } from '../model/runtime/read-file';
import { SnapshotStore, stateLayout } from '../model/runtime/snapshot';
import { RECORD_SIZE } from '../model/sampling/sampling';
import { seenWords } from '../model/sampling/seen';
import { packVocabulary } from '../model/text/vocabulary';
import { Comparison } from './compare';
import { encodeRuns } from './encode';
import { credited, type Emit, type OnEvent } from './events';
import { Writing } from './generation-run';
import { Lens } from './lens/attention-lens';
import type { LensAnswer, LensQuestions, LensRequest } from './lens/messages';
import type {
  BackendChoice,
  BackendInfo,
  CompareEvent,
  CompareRequest,
  CompareResult,
  DescribeEvent,
  DescribeRequest,
  DescribeResult,
  EngineInfo,
  Figures,
  GenerateEvent,
  GenerateRequest,
  GenerateResult,
  LoadProgress,
  LoadRequest,
  Verification,
  VerifyEvent,
  VerifyRequest,
} from './messages';
import { decodePaced } from './paced';
import { describe } from './score';
import { type OnTheWay, TextStream } from './text-stream';
import { verifyText } from './verify';

/** The environment of the engine: a worker in the browser, or Node. */
export interface EngineHost {
  readFile(modelUrl: string): ReadFile;
  createBackend(model: Model, choice: BackendChoice): Promise<ChosenBackend>;
}

export interface ChosenBackend {
  readonly backend: Backend;
  /** One open stream of the backend. */
  readonly streams: Streams;
  readonly info: BackendInfo;
}

/** Tokens between snapshots during decode. A GPU submission may run 63 tokens past it, and the guaranteed distance is 256. */
const SNAPSHOT_EVERY = 192;

interface Running extends Omit<ChosenBackend, 'streams'> {
  readonly text: TextStream;
}

/**
 * One model on one backend, generating one text at a time. A request has the whole text; the engine restores the nearest
 * snapshot, reads the rest, and generates. An edit, an undo and a lost device therefore take the same path.
 */
export class Engine {
  private readonly host: EngineHost;
  private readonly snapshots = new SnapshotStore();
  private model: Model | null = null;
  private running: Running | null = null;
  private request: LoadRequest | null = null;
  private abort: AbortController | null = null;
  private lens: Lens | null = null;

  constructor(host: EngineHost) {
    this.host = host;
  }

  /** Loads a model folder onto a backend, and replaces the loaded model. */
  async load(request: LoadRequest, onProgress: (progress: LoadProgress) => void): Promise<EngineInfo> {
    return this.exclusively(async (signal) => {
      if (this.request?.modelUrl !== request.modelUrl || !this.model) {
        this.unload();
        this.snapshots.clear();
        this.model = null;
        this.model = await loadModel(this.host.readFile(request.modelUrl), {
          signal,
          onProgress: (bytes, total) => onProgress({ bytes, total }),
        });
      }
      this.request = request;
      const { backend, info } = await this.start(request.backend);
      const { manifest, config } = this.model;
      const stateBytes = 4 * (stateLayout(config).size + seenWords(config) + config.vocabSize);
      const vocabulary = packVocabulary(this.model.tokenizer.bytes);
      return { manifest, config, vocabulary, backend: info, stateBytes, memory: backend.memory() };
    });
  }

  /** Stops the running request within 100 ms. */
  stop(): void {
    this.abort?.abort();
  }

  /** Frees the backend. */
  unload(): void {
    void this.closeLens();
    this.running?.backend.destroy();
    this.running = null;
  }

  /** Answers a question about a text's attention, also during another request. Leaves the lens open. */
  async look<K extends keyof LensQuestions>(request: LensRequest<K>): Promise<LensAnswer<K>> {
    const { model, running, snapshots } = this;
    if (!model || !running) throw new EngineError('input', 'No model is loaded.', 'Load a model first.');
    const { backend, info } = running;
    const another = async (variant: Model) => {
      const { backend, streams } = await this.host.createBackend(variant, info.kind);
      streams.close();
      return backend;
    };
    this.lens ??= new Lens({ model, backend, snapshots, createBackend: another });
    return this.lens.ask(request);
  }

  /** Frees the lens's memory. */
  async closeLens(): Promise<void> {
    const { lens } = this;
    this.lens = null;
    await lens?.close();
  }

  async generate(request: GenerateRequest, onEvent: OnEvent<GenerateEvent>): Promise<GenerateResult> {
    return this.exclusively(async (signal) => {
      const model = await this.ready();
      const emit = credited(onEvent);
      const tokens = await encodeRuns(model, request.runs, signal, (run, tokens) =>
        emit({ type: 'encoded', run, tokens }),
      );
      if (!tokens) return { reason: 'stopped', figures: this.figures(null) };
      const writing = new Writing(model, request, tokens);
      await this.surviving(
        () => this.write(writing, emit, signal),
        (message, backend) =>
          emit({ type: 'notice', message: `${message} Writing resumes from the last token.`, backend }),
      );
      await emit.settled();
      return { reason: writing.reason ?? 'stopped', figures: this.figures(writing) };
    });
  }

  /** Generates up to 8 continuations, with one batched step for all. */
  async compare(request: CompareRequest, onEvent: OnEvent<CompareEvent>): Promise<CompareResult> {
    return this.exclusively(async (signal) => {
      const model = await this.ready();
      const emit = credited(onEvent);
      const tokens = await encodeRuns(model, request.runs, signal, (run, tokens) =>
        emit({ type: 'encoded', run, tokens }),
      );
      if (!tokens) return { reasons: request.samplings.map(() => 'stopped' as const) };
      const comparison = new Comparison(model, request, tokens, emit);
      await this.surviving(
        () => comparison.write(this.running!.text, this.running!.backend, this.snapshots, signal),
        (message, backend) =>
          emit({ type: 'notice', message: `${message} Writing resumes from the last tokens.`, backend }),
      );
      await emit.settled();
      return comparison.result();
    });
  }

  /** Scores tokens of a text on a second stream. */
  async describe(request: DescribeRequest, onEvent: OnEvent<DescribeEvent>): Promise<DescribeResult> {
    return this.exclusively(async (signal) => {
      const model = await this.ready();
      const emit = credited(onEvent);
      const tokens = await encodeRuns(model, request.runs, signal, (run, tokens) =>
        emit({ type: 'encoded', run, tokens }),
      );
      if (!tokens) return { isComplete: false };
      await this.surviving(
        () => this.beside((text) => describe(model.config, text, tokens, request, signal, emit)),
        (message, backend) => emit({ type: 'notice', message, backend }),
      );
      await emit.settled();
      return { isComplete: !signal.aborted };
    });
  }

  /** Verifies each drawn token of a text on a second stream. */
  async verify({ runs }: VerifyRequest, onEvent: (event: VerifyEvent) => void): Promise<Verification> {
    return this.exclusively(async (signal) => {
      const model = await this.ready();
      return this.surviving(
        () => verifyText(model, this.running!.backend, runs, signal, onEvent),
        (message, backend) =>
          onEvent({ type: 'notice', message: `${message} Verification starts again.`, backend }),
      );
    });
  }

  /** @throws EngineError 'input' when no model is loaded. */
  private async ready(): Promise<Model> {
    if (!this.model) throw new EngineError('input', 'No model is loaded.', 'Load a model first.');
    this.running ??= await this.start(this.request!.backend);
    return this.model;
  }

  /** Runs work. If the device fails, runs it again on another backend. */
  private async surviving<T>(
    work: () => Promise<T>,
    onRecovered: (message: string, backend: BackendInfo) => void | Promise<void>,
  ): Promise<T> {
    for (let losses = 0; ; losses++) {
      try {
        return await work();
      } catch (thrown) {
        const error = EngineError.from(thrown);
        if (error.code !== 'device-lost' && error.code !== 'device') throw error;
        const { info } = await this.recover(error, losses);
        await onRecovered(error.message, info);
      }
    }
  }

  /** Runs work on a second stream, so that the main stream keeps its position. */
  private async beside(work: (text: TextStream) => Promise<void>): Promise<void> {
    const streams = await this.running!.backend.open(1);
    try {
      await work(new TextStream(streams, this.snapshots));
    } finally {
      streams.close();
    }
  }

  /** Reads from the nearest snapshot and generates, until the request or the signal ends it. */
  private async write(writing: Writing, emit: Emit<GenerateEvent>, signal: AbortSignal): Promise<void> {
    const { text } = this.running!;
    const tell: OnTheWay = {
      report: (read, total) => emit({ type: 'reading', read, total }),
      offer: (read, total) => emit.offer({ type: 'reading', read, total }),
    };
    if (writing.branchAt !== null) {
      await text.moveTo(writing.tokens.slice(0, writing.branchAt), signal, tell);
      if (!signal.aborted) this.snapshots.add(text.tokens, await text.streams.snapshot(), true);
    }
    await text.moveTo(writing.tokens, signal, tell);
    if (signal.aborted) return;
    const ended = new AbortController();
    const options = { signal: AbortSignal.any([signal, ended.signal]), snapshotEvery: SNAPSHOT_EVERY };
    const request = writing.decodeRequest();
    const { tokensPerSecond } = writing;
    const batches = tokensPerSecond
      ? decodePaced(text.streams, request, tokensPerSecond, options)
      : text.streams.decode([request], options);
    let since = performance.now();
    for await (const [batch] of batches) {
      const now = performance.now();
      const part = writing.take(batch, now - since);
      if (writing.reason === 'stop-sequence') ended.abort();
      since = now;
      for (let at = 0; at < batch.records.length; at += RECORD_SIZE) text.tokens.push(batch.records[at]);
      if (batch.snapshot) this.snapshots.add(text.tokens, batch.snapshot);
      if (part) await emit({ type: 'tokens', ...part, figures: this.figures(writing) });
      since += performance.now() - now; // excludes the time of the page
    }
  }

  private async start(choice: BackendChoice): Promise<Running> {
    this.unload();
    const { streams, ...chosen } = await this.host.createBackend(this.model!, choice);
    this.running = { ...chosen, text: new TextStream(streams, this.snapshots) };
    return this.running;
  }

  /**
   * Starts a new device after a loss. Falls back to the next best backend after repeated losses, or if the device does
   * not suffice. Snapshots are in main memory and stay valid.
   */
  private async recover(error: EngineError, losses: number): Promise<Running> {
    const below = nextBest(this.running!.info.kind);
    const again = error.code === 'device-lost' && losses < 2;
    for (const choice of again ? [this.request!.backend, ...below] : below)
      try {
        const { info, ...started } = await this.start(choice);
        this.running = { ...started, info: { ...info, reason: info.reason ?? error.message } };
        return this.running;
      } catch (failure) {
        if (EngineError.from(failure).code !== 'device') throw failure;
      }
    throw error;
  }

  private figures(writing: Writing | null): Figures {
    return {
      position: this.running!.text.tokens.length,
      msPerToken: writing?.msPerToken ?? null,
      memory: this.running!.backend.memory(),
      snapshotBytes: this.snapshots.bytes,
      snapshotCount: this.snapshots.count,
    };
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
