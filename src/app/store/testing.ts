import { EngineError } from '../../model/runtime/errors';
import { encodeSnapshot } from '../../model/runtime/snapshot-file';
import { makeRecords, unknownRecords } from '../../model/sampling/records';
import { plainText } from '../../model/text/text';
import { packVocabulary } from '../../model/text/vocabulary';
import type { EngineClient } from '../../workers/client';
import type {
  CompareEvent,
  CompareRequest,
  CompareResult,
  EngineInfo,
  Figures,
  GenerateEvent,
  GenerateRequest,
  GenerateResult,
  LoadProgress,
  ScoreEvent,
  ScoreRequest,
  ScoreResult,
  Verification,
  VerifyEvent,
  VerifyRequest,
} from '../../workers/messages';
import type { RequestText } from '../../workers/request-run';
import { typedText } from './document/text-value';
import { Playground } from './playground';

// Support for tests: a playground without a page, and an engine without a model.

/** A playground with a text. Its fake engine is still loading. */
export async function setUp(text = '', createEngine = () => new FakeEngine()) {
  const engines: FakeEngine[] = [];
  let time = 0;
  const playground = new Playground({
    createEngine: () => {
      engines.push(createEngine());
      return engines.at(-1)!;
    },
    findModel: async (wanted) => ({ url: `weights/${wanted?.id === 'other' ? 'other' : 'one'}/` }),
    nextFrame: () => settle(),
    randomSeed: () => 42,
    now: () => time,
  });
  playground.restore(typedText(text));
  playground.load();
  await settle();
  return {
    playground,
    engines,
    engine: () => engines.at(-1)!,
    state: () => playground.store.getState(),
    text: () => plainText(playground.text.runs),
    sources: () => playground.text.runs.map((run) => run.source),
    wait: (ms: number) => {
      time += ms;
    },
  };
}

/** The same with a loaded engine. */
export async function ready(text = '') {
  const all = await setUp(text);
  all.engine().loaded();
  await settle();
  return all;
}

/** Runs all pending tasks. */
export const settle = () => new Promise<void>((resolve) => setTimeout(resolve));

/** A promise that is settled from the outside. */
class Outcome<T> {
  resolve!: (value: T) => void;
  reject!: (error: EngineError) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

/** An engine that the test controls: it generates the words that the test passes. */
class FakeEngine implements EngineClient {
  readonly requests: GenerateRequest[] = [];
  readonly verified: VerifyRequest[] = [];
  readonly compared: CompareRequest[] = [];
  readonly snapshots: RequestText[] = [];
  checking: Outcome<Verification> | null = null;
  disposed = false;
  info = {
    manifest: { id: 'one', name: 'One', digest: 'd1', sampling: { temperature: 0.7 } },
    backend: {},
    vocabulary: packVocabulary(Array.from({ length: 200 }, (_, id) => new TextEncoder().encode(`<${id}>`))),
    memory: {},
  } as EngineInfo;
  private loading = new Outcome<EngineInfo>();
  private onProgress: (progress: LoadProgress) => void = () => {};
  private running: Outcome<GenerateResult> | null = null;
  private request: (() => GenerateRequest) | null = null;
  private onEvent: (event: GenerateEvent) => void | Promise<void> = () => {};

  load(
    _request: unknown,
    onProgress: (progress: LoadProgress) => void,
    signal?: AbortSignal,
  ): Promise<EngineInfo> {
    this.onProgress = onProgress;
    signal?.addEventListener('abort', () =>
      this.loading.reject(new EngineError('cancelled', 'Stopped.', '')),
    );
    return this.loading.promise;
  }

  generate(
    request: () => GenerateRequest,
    onEvent: (event: GenerateEvent) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<GenerateResult> {
    this.request = request;
    this.requests.push(request());
    this.onEvent = onEvent;
    const running = new Outcome<GenerateResult>();
    this.running = running;
    signal?.addEventListener('abort', () => running.resolve({ reason: 'stopped', figures }));
    return running.promise;
  }

  /** Each continuation generates its number twice, one token at a time, and ends. The digest of strength 1 is 'd1'. */
  async compare(
    request: CompareRequest,
    onEvent: (event: CompareEvent) => void | Promise<void>,
  ): Promise<CompareResult> {
    this.compared.push(request);
    for (const [run, part] of request.runs.entries())
      if ('text' in part) await onEvent({ type: 'encoded', run, tokens: letters(part.text) });
    for (const [continuation, strength] of request.strengths?.entries() ?? [])
      await onEvent({
        type: 'writer',
        continuation,
        writer: { id: `at-${strength}`, digest: `d${strength}`, strength },
      });
    for (let round = 0; round < 2; round++) {
      const parts = request.samplings.map((_, n) => {
        const ids = Uint32Array.of(n);
        return { text: ` ${n}`, tokens: { ids, lengths: Uint32Array.of(2) }, records: unknownRecords(ids) };
      });
      await onEvent({ type: 'parts', parts, msPerToken: 2 });
    }
    return { reasons: request.samplings.map(() => 'length') };
  }

  /** Every token has one bit of surprise, and the alternatives 7 and 8. */
  async score(
    { runs, from, to, sampling }: ScoreRequest,
    onEvent: (event: ScoreEvent) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<ScoreResult> {
    let count = 0;
    for (const [run, part] of runs.entries()) {
      if ('text' in part) await onEvent({ type: 'encoded', run, tokens: letters(part.text) });
      count += 'text' in part ? part.text.length : 'ids' in part ? part.ids.length : 0;
    }
    const end = Math.min(to, count);
    const likeliest = { logProbability: -Math.LN2, probability: sampling ? 0.75 : 0 };
    const alternatives = [
      { id: 7, ...likeliest },
      { id: 8, logProbability: -2, probability: 0 },
    ];
    const records = makeRecords(Array(end - from).fill({ id: 0, ...likeliest, rank: 1, alternatives }));
    await onEvent({ type: 'reading', read: end, total: end });
    if (!signal?.aborted) await onEvent({ type: 'records', from, records });
    return { isComplete: !signal?.aborted };
  }

  async snapshot(request: RequestText): Promise<Uint8Array> {
    this.snapshots.push(request);
    return stateFile();
  }

  scoreText(): Promise<never> {
    return Promise.reject(new EngineError('input', 'It has no scores.', ''));
  }

  translate(): Promise<never> {
    return Promise.reject(new EngineError('input', 'It does not translate.', ''));
  }

  look(): Promise<never> {
    return Promise.reject(new EngineError('input', 'It has no lens.', ''));
  }

  closeLens(): void {}

  verify(
    request: VerifyRequest,
    onEvent: (event: VerifyEvent) => void,
    signal?: AbortSignal,
  ): Promise<Verification> {
    this.verified.push(request);
    const total = request.runs.reduce((sum, run) => sum + (run.drawnWith ? run.ids!.length : 0), 0);
    onEvent({ type: 'verifying', checked: 1, total });
    this.checking = new Outcome<Verification>();
    const counts = { exact: 1, margin: 0, cutoff: 0, different: 0 };
    signal?.addEventListener('abort', () =>
      this.checking?.resolve({ counts, findings: [], isFaithful: true, stopped: true }),
    );
    return this.checking.promise;
  }

  dispose(): void {
    this.disposed = true;
  }

  // Called by the test.

  progresses(bytes: number, total: number): void {
    this.onProgress({ bytes, total });
  }

  loaded(): void {
    this.loading.resolve(this.info);
  }

  fails(error: EngineError): void {
    if (this.running) this.running.reject(error);
    else this.loading.reject(error);
  }

  /** As after the worker's death: the client asks for the request again. */
  restarts(): void {
    this.requests.push(this.request!());
  }

  emit(event: GenerateEvent): void | Promise<void> {
    return this.onEvent(event);
  }

  /** Generates words, one token each, with the ids 100, 101, … */
  async writes(...words: string[]): Promise<void> {
    const ids = Uint32Array.from(words, (_, i) => 100 + i);
    await this.emit({
      type: 'tokens',
      text: words.join(''),
      tokens: { ids, lengths: Uint32Array.from(words, (word) => word.length) },
      records: unknownRecords(ids),
      figures,
    });
  }

  finishes(reason: GenerateResult['reason'] = 'length'): void {
    this.running?.resolve({ reason, figures });
  }
}

/** The file of a state of the fake engine's model, unless `by` names another, after 57 tokens. */
export function stateFile(by = { id: 'one', digest: 'd1', name: 'One' }): Promise<Uint8Array<ArrayBuffer>> {
  const [state, logits, seen] = [new Float32Array(8), new Float32Array(4), new Uint32Array(4)];
  const snapshot = { digest: by.digest, length: 58, position: 58, state, logits, seen };
  return encodeSnapshot(snapshot, by, new Date('2026-11-29'));
}

/** One token per UTF-16 unit. */
function letters(text: string) {
  return {
    ids: Uint32Array.from(text, (letter) => letter.charCodeAt(0)),
    lengths: new Uint32Array(text.length).fill(1),
  };
}

const figures: Figures = {
  position: 1,
  msPerToken: 10,
  memory: { weights: 0, state: 0, scratch: 0, transfer: 0 },
  snapshotBytes: 0,
  snapshotCount: 0,
};
