import type { Backend, DecodeBatch, Streams } from '../model/backend';
import { type Encoded, joinEncoded } from '../model/encoded';
import { EngineError } from '../model/errors';
import { loadModel, type Model, type ReadFile } from '../model/folder';
import { RECORD_SIZE } from '../model/sampling';
import { SnapshotStore, stateLayout } from '../model/snapshot';
import { StreamingDecoder } from '../model/tokenizer';
import type {
  BackendChoice,
  BackendInfo,
  EngineInfo,
  Figures,
  GenerateEvent,
  GenerateRequest,
  GenerateResult,
  LoadProgress,
  LoadRequest,
} from './messages';

/** What the engine asks of the place that it runs in: a worker in the browser, or Node. */
export interface EngineHost {
  readFile(modelUrl: string): ReadFile;
  createBackend(model: Model, choice: BackendChoice): Promise<ChosenBackend>;
}

export interface ChosenBackend {
  readonly backend: Backend;
  readonly info: BackendInfo;
}

type OnEvent = (event: GenerateEvent) => void | Promise<void>;

const SNAPSHOT_EVERY = 256;
const CREDIT = 4; // events that may be unanswered before the engine waits

interface Running extends ChosenBackend {
  readonly streams: Streams;
}

/**
 * One model on one backend, writing one text at a time. A request names the whole text; the engine finds the nearest
 * state that it has, reads what is missing, and writes on. So an edit, an undo, a lost device are all the same case.
 */
export class Engine {
  private readonly host: EngineHost;
  private readonly snapshots = new SnapshotStore();
  private model: Model | null = null;
  private running: Running | null = null;
  private request: LoadRequest | null = null;
  /** What the open stream has read. */
  private live: number[] = [];
  private abort: AbortController | null = null;

  constructor(host: EngineHost) {
    this.host = host;
  }

  /** Loads a model folder onto a backend; takes the place of what was loaded before. */
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
      const { size, seenWords } = stateLayout(config);
      const stateBytes = 4 * (size + seenWords + config.vocabSize);
      return { manifest, config, backend: info, stateBytes, memory: backend.memory() };
    });
  }

  /** Ends whatever runs, within 100 ms. */
  stop(): void {
    this.abort?.abort();
  }

  /** Frees the backend. */
  unload(): void {
    this.running?.backend.destroy();
    this.running = null;
    this.live = [];
  }

  async generate(request: GenerateRequest, onEvent: OnEvent): Promise<GenerateResult> {
    return this.exclusively(async (signal) => {
      const model = this.model;
      if (!model) throw new EngineError('input', 'No model is loaded.', 'Load a model first.');
      this.running ??= await this.start(this.request!.backend);
      const emit = credited(onEvent);
      const tokens = await this.encode(model, request, emit, signal);
      if (!tokens) return { reason: 'stopped', figures: this.figures(null) };
      const writing = new Writing(model, request, tokens, emit);
      for (let losses = 0; ; losses++) {
        try {
          await this.write(writing, signal);
          break;
        } catch (error) {
          if (!(error instanceof EngineError) || error.code !== 'device-lost') throw error;
          const { info } = await this.recover(losses);
          await emit({
            type: 'notice',
            message: `${error.message} The text goes on from its tokens.`,
            backend: info,
          });
        }
      }
      await emit.settled();
      return { reason: writing.reason ?? 'stopped', figures: this.figures(writing) };
    });
  }

  /** The text's ids, opened by `<|endoftext|>`; null when stopped, which encoding piece by piece lets arrive. */
  private async encode(
    model: Model,
    request: GenerateRequest,
    emit: Emit,
    signal: AbortSignal,
  ): Promise<number[] | null> {
    const tokens = [model.config.bosTokenId];
    for (const [run, part] of request.runs.entries()) {
      if ('ids' in part) {
        for (const id of part.ids) tokens.push(id);
        continue;
      }
      const pieces: Encoded[] = [];
      for (const piece of model.tokenizer.encodePieces(part.text)) {
        if (signal.aborted) return null;
        pieces.push(piece);
        for (const id of piece.ids) tokens.push(id);
        if (piece.ids.length > 1000) await new Promise((resolve) => setTimeout(resolve));
      }
      await emit({ type: 'encoded', run, tokens: joinEncoded(pieces) });
    }
    return tokens;
  }

  /** From the nearest state to the end of the request, or to the signal. */
  private async write(writing: Writing, signal: AbortSignal): Promise<void> {
    const { streams } = this.running!;
    await this.position(streams, writing, signal);
    if (signal.aborted) return;
    const batches = streams.decode([writing.decodeRequest()], { signal, snapshotEvery: SNAPSHOT_EVERY });
    let since = performance.now();
    for await (const [batch] of batches) {
      const now = performance.now();
      writing.take(batch, now - since);
      since = now;
      for (let at = 0; at < batch.records.length; at += RECORD_SIZE) this.live.push(batch.records[at]);
      if (batch.snapshot) this.snapshots.add(this.live, batch.snapshot);
      if (batch.records.length) await writing.send(batch, this.figures(writing));
      since += performance.now() - now; // the page's time is not the model's
    }
  }

  /** Brings the stream to the end of the text by the shortest way: going on, or a snapshot, and reading the rest. */
  private async position(streams: Streams, writing: Writing, signal: AbortSignal): Promise<void> {
    const { tokens, emit } = writing;
    const snapshot = this.snapshots.nearest(tokens);
    const live = isPrefix(this.live, tokens) ? this.live.length : 0;
    if (live === 0 || live < (snapshot?.length ?? 0)) {
      this.live = [];
      await streams.restore(snapshot);
      this.live = tokens.slice(0, snapshot?.length ?? 0);
    }
    const start = this.live.length;
    const total = tokens.length - start;
    while (this.live.length < tokens.length && !signal.aborted) {
      const from = this.live.length;
      const toEnd = tokens.length - from;
      // Snapshots stand close over the last 4,096 tokens and wider before.
      const part = tokens.slice(from, from + Math.min(toEnd > 4096 ? 4096 : SNAPSHOT_EVERY, toEnd));
      const onProgress = (read: number) => emit.offer({ type: 'reading', read: from - start + read, total });
      const { count } = await streams.read(part, { signal, onProgress });
      for (let i = 0; i < count; i++) this.live.push(part[i]);
      if (count) this.snapshots.add(this.live, await streams.snapshot());
      await emit({ type: 'reading', read: this.live.length - start, total });
    }
  }

  private async start(choice: BackendChoice): Promise<Running> {
    this.unload();
    const chosen = await this.host.createBackend(this.model!, choice);
    try {
      this.running = { ...chosen, streams: await chosen.backend.open(1) };
      return this.running;
    } catch (error) {
      chosen.backend.destroy();
      throw error;
    }
  }

  /** A new device after a loss; if devices keep getting lost, the CPU. Snapshots live in memory and stay good. */
  private async recover(losses: number): Promise<Running> {
    const choice = losses < 2 ? this.request!.backend : 'reference';
    try {
      return await this.start(choice);
    } catch {
      return this.start('reference');
    }
  }

  private figures(writing: Writing | null): Figures {
    return {
      position: this.live.length,
      msPerToken: writing?.msPerToken ?? null,
      memory: this.running!.backend.memory(),
      snapshotBytes: this.snapshots.bytes,
      snapshotCount: this.snapshots.count,
    };
  }

  private async exclusively<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.abort) throw new EngineError('input', 'The engine is busy.', 'Stop what runs first.');
    this.abort = new AbortController();
    try {
      return await work(this.abort.signal);
    } finally {
      this.abort = null;
    }
  }
}

/** One generation under way: it survives the loss of a device. */
class Writing {
  readonly emit: Emit;
  /** The text and what has been written so far. */
  readonly tokens: number[];
  reason: GenerateResult['reason'] | null = null;
  msPerToken: number | null = null;
  private readonly model: Model;
  private readonly request: GenerateRequest;
  private readonly decoder: StreamingDecoder;
  private readonly promptLength: number;

  constructor(model: Model, request: GenerateRequest, tokens: number[], emit: Emit) {
    this.model = model;
    this.request = request;
    this.tokens = tokens;
    this.emit = emit;
    this.promptLength = tokens.length;
    this.decoder = new StreamingDecoder(model.tokenizer, tokens.slice(1));
  }

  decodeRequest() {
    const { sampling, maxTokens, atArticleEnd } = this.request;
    const stopTokens = atArticleEnd === 'stop' ? [this.model.config.bosTokenId] : [];
    return { sampling, maxTokens: maxTokens - (this.tokens.length - this.promptLength), stopTokens };
  }

  take({ records, finished }: DecodeBatch, ms: number): void {
    const count = records.length / RECORD_SIZE;
    for (let i = 0; i < count; i++) this.tokens.push(records[i * RECORD_SIZE]);
    if (finished) this.reason = finished === 'stop' ? 'article-end' : 'length';
    if (count)
      this.msPerToken = this.msPerToken === null ? ms / count : 0.8 * this.msPerToken + (0.2 * ms) / count;
  }

  async send({ records }: DecodeBatch, figures: Figures): Promise<void> {
    const ids = Uint32Array.from(
      { length: records.length / RECORD_SIZE },
      (_, i) => records[i * RECORD_SIZE],
    );
    const parts = Array.from(ids, (id) => this.decoder.push(id));
    const lengths = Uint32Array.from(parts, (part) => part.length);
    await this.emit({ type: 'tokens', text: parts.join(''), tokens: { ids, lengths }, records, figures });
  }
}

interface Emit {
  (event: GenerateEvent): Promise<void>;
  /** Sends an event that may be left out: it is, while too many others are unanswered. */
  offer(event: GenerateEvent): void;
  /** Resolves when every event has been answered. */
  settled(): Promise<void>;
}

/** Sends events without waiting for each answer, but never with more than CREDIT of them unanswered. */
function credited(onEvent: OnEvent): Emit {
  const unanswered = new Set<Promise<void>>();
  const send = (event: GenerateEvent) => {
    const answer = Promise.resolve(onEvent(event));
    unanswered.add(answer);
    answer.then(
      () => unanswered.delete(answer),
      () => {}, // stays, for whoever waits to be told
    );
  };
  const emit = async (event: GenerateEvent) => {
    while (unanswered.size >= CREDIT) await Promise.race(unanswered);
    send(event);
  };
  return Object.assign(emit, {
    offer: (event: GenerateEvent) => {
      if (unanswered.size < CREDIT) send(event);
    },
    settled: async () => void (await Promise.all(unanswered)),
  });
}

function isPrefix(prefix: readonly number[], tokens: readonly number[]): boolean {
  return prefix.length <= tokens.length && prefix.every((token, i) => token === tokens[i]);
}
