import { EngineError } from '../model/runtime/errors';
import { countRecords, idOf, logProbabilitiesOf, logProbabilityOf, rankOf } from '../model/sampling/records';
import { StreamingDecoder, tokenBytes } from '../model/text/vocabulary';
import { createEngine, type EngineClient } from '../workers/client';
import type { BackendInfo, EngineInfo, GenerateRequest, TextEvent } from '../workers/messages';
import type { RequestRun } from '../workers/request-run';
import type {
  EndReason,
  GenerateOptions,
  LeaPformer,
  LoadOptions,
  ModelInfo,
  Part,
  Prompt,
  PromptPiece,
  ReadOptions,
  ScoredToken,
} from './types';

/**
 * Loads a model folder (config.json, manifest.json, model.safetensors, tokenizer.json) and starts its worker.
 * @param folder its address, relative to the page
 * @throws EngineError if a file is missing or damaged, or the browser cannot run the model
 */
export async function load(folder: string | URL, options: LoadOptions = {}): Promise<LeaPformer> {
  const address = new URL(folder, document.baseURI).href;
  const url = address.endsWith('/') ? address : `${address}/`;
  const engine = createEngine();
  try {
    const info = await engine.load(
      { model: { url }, backend: options.backend ?? 'auto' },
      ({ bytes, total }) => options.onProgress?.(bytes, total),
      options.signal,
    );
    return new LoadedModel(engine, info);
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

class LoadedModel implements LeaPformer {
  readonly model: ModelInfo;
  private readonly engine: EngineClient;
  private readonly info: EngineInfo;
  private current: BackendInfo;

  constructor(engine: EngineClient, info: EngineInfo) {
    const { id, name, license, parameters, digest, sampling } = info.manifest;
    this.model = { id, name, license, parameters, digest, sampling, stateBytes: info.stateBytes };
    this.engine = engine;
    this.info = info;
    this.current = info.backend;
  }

  get backend(): BackendInfo {
    return this.current;
  }

  async *generate(prompt: Prompt, options: GenerateOptions = {}): AsyncGenerator<Part, EndReason> {
    const { maxTokens = 256, atArticleEnd = 'stop', stopSequences = [], signal, ...changed } = options;
    const seed = crypto.getRandomValues(new Uint32Array(1))[0];
    const sampling = { ...this.model.sampling, seed, ...changed };
    const { start, runs } = textOf(prompt);
    const left = new AbortController();
    /** Parts that have arrived, each with the call that lets the engine go on. */
    const queue: { readonly part: Part; taken(): void }[] = [];
    let count = 0;
    let wake = () => {};
    let isOver = false;
    // The request holds what has been written, because a new worker starts from it.
    const request = (): GenerateRequest => ({
      start,
      runs: [...runs],
      sampling,
      maxTokens: maxTokens - count,
      atArticleEnd,
      stopSequences,
    });
    const work = this.engine.generate(
      request,
      (event) => {
        if (event.type !== 'tokens') return this.follow(event);
        if (left.signal.aborted) return;
        const { ids } = event.tokens;
        runs.push({ ids });
        count += ids.length;
        const logProbabilities = Float32Array.from(logProbabilitiesOf(event.records));
        return new Promise<void>((taken) => {
          queue.push({ part: { text: event.text, ids, logProbabilities }, taken });
          wake();
        });
      },
      signal ? AbortSignal.any([signal, left.signal]) : left.signal,
    );
    const over = () => {
      isOver = true;
      wake();
    };
    work.then(over, over);
    try {
      for (;;) {
        const next = queue.shift();
        next?.taken();
        if (next) yield next.part;
        else if (isOver) return (await work).reason;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      left.abort();
      for (const { taken } of queue) taken();
      await work.catch(() => {});
    }
  }

  async score(prompt: Prompt, options: ReadOptions = {}): Promise<ScoredToken[]> {
    const { vocabulary } = this.info;
    const decoder = new StreamingDecoder((id) => tokenBytes(vocabulary, id));
    const tokens: ScoredToken[] = [];
    const { isComplete } = await this.engine.score(
      { ...textOf(prompt), from: 0, to: Number.MAX_SAFE_INTEGER, sampling: null },
      (event) => {
        if (event.type !== 'records') return this.follow(event, options);
        for (let n = 0; n < countRecords(event.records); n++) {
          const id = idOf(event.records, n);
          const logProbability = logProbabilityOf(event.records, n);
          tokens.push({ id, text: decoder.push(id), logProbability, rank: rankOf(event.records, n) });
        }
      },
      options.signal,
    );
    if (!isComplete) throw stopped();
    return tokens;
  }

  async snapshot(prompt: Prompt, options: ReadOptions = {}): Promise<Uint8Array> {
    const onEvent = (event: TextEvent) => this.follow(event, options);
    const file = await this.engine.snapshot(textOf(prompt), onEvent, options.signal);
    if (!file) throw stopped();
    return file;
  }

  dispose(): void {
    this.engine.dispose();
  }

  private follow(event: TextEvent, { onProgress }: ReadOptions = {}): void {
    if (event.type === 'notice') this.current = event.backend;
    if (event.type === 'reading') onProgress?.(event.read, event.total);
  }
}

/** @throws EngineError 'input' for a saved state after the first piece, and for other values */
function textOf(prompt: Prompt): { start?: Uint8Array; runs: RequestRun[] } {
  const pieces = typeof prompt === 'string' ? [prompt] : prompt;
  const [first, ...rest] = pieces;
  if (first instanceof Uint8Array) return { start: first, runs: rest.map(runOf) };
  return { runs: pieces.map(runOf) };
}

function runOf(piece: PromptPiece): RequestRun {
  if (typeof piece === 'string') return { text: piece };
  if (piece instanceof Uint32Array) return { ids: piece };
  if (piece instanceof Uint8Array)
    throw new EngineError('input', 'A saved state follows other text.', 'Begin the prompt with it.');
  throw new EngineError(
    'input',
    `A piece of the prompt is ${piece}.`,
    'Use a string, Uint32Array or Uint8Array.',
  );
}

function stopped(): EngineError {
  return new EngineError('cancelled', 'The signal ended it.', 'Call it again without aborting the signal.');
}
