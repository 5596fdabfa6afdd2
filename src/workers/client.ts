import { proxy } from 'comlink';
import { nextBest } from '../model/runtime/backend';
import { cancelled, EngineError } from '../model/runtime/errors';
import type { LensAnswer, LensQuestions, LensRequest } from './lens/messages';
import { type Link, startWorker, WorkerDeath } from './link';
import type {
  BackendInfo,
  CompareEvent,
  CompareRequest,
  CompareResult,
  DescribeEvent,
  DescribeRequest,
  DescribeResult,
  EngineInfo,
  GenerateEvent,
  GenerateRequest,
  GenerateResult,
  LoadProgress,
  LoadRequest,
  Outcome,
  Verification,
  VerifyEvent,
  VerifyRequest,
} from './messages';
import type { RequestRun } from './request-run';

/** The page's interface to the engine. Every method rejects only with EngineError. */
export interface EngineClient {
  load(
    request: LoadRequest,
    onProgress: (progress: LoadProgress) => void,
    signal?: AbortSignal,
  ): Promise<EngineInfo>;
  /** Aborting the signal stops within 100 ms. Tokens up to then still arrive, and the promise resolves. */
  generate(
    request: GenerateRequest,
    onEvent: (event: GenerateEvent) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<GenerateResult>;
  /** Like `generate`, for several continuations. They restart if the worker dies. */
  compare(
    request: CompareRequest,
    onEvent: (event: CompareEvent) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<CompareResult>;
  /** Aborting the signal ends the call early; scores up to then have arrived. */
  describe(
    request: DescribeRequest,
    onEvent: (event: DescribeEvent) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<DescribeResult>;
  /** Asks the lens, also during a generation. A new question cancels the running one ('cancelled'). */
  look<K extends keyof LensQuestions>(request: LensRequest<K>): Promise<LensAnswer<K>>;
  /** Frees the lens's memory. */
  closeLens(): void;
  /** Verifies drawn tokens one by one. Aborting the signal ends it early. */
  verify(
    request: VerifyRequest,
    onEvent: (event: VerifyEvent) => void,
    signal?: AbortSignal,
  ): Promise<Verification>;
  dispose(): void;
}

const MOST_DEATHS = 3; // worker deaths in one call before it rejects

/** Starts the engine's worker. If the worker dies, starts another, loads the model and repeats the call. */
export function createEngine(start: () => Link = startWorker): EngineClient {
  let link = start();
  let loaded: { readonly request: LoadRequest; readonly backend: BackendInfo } | null = null;
  /** The death of the previous worker, until the new worker has loaded the model. */
  let death: WorkerDeath | null = null;

  /** Loads the model again, with the next best backend if loading killed the previous worker. */
  async function revive(deaths: number): Promise<BackendInfo> {
    const { request, backend } = loaded!;
    const [next = request.backend] = deaths > 1 ? nextBest(backend.kind) : [];
    const again = { ...request, backend: next };
    const info = unwrap(
      await Promise.race([
        link.service.load(
          again,
          proxy(() => {}),
        ),
        link.died,
      ]),
    );
    loaded = { request: again, backend: info.backend };
    death = null;
    return info.backend;
  }

  async function call<T>(
    work: (service: Link['service']) => Promise<Outcome<T>>,
    signal?: AbortSignal,
    onRevived: (death: WorkerDeath, backend: BackendInfo) => void = () => {},
  ): Promise<T> {
    const stop = () => void (death || link.service.stop());
    signal?.addEventListener('abort', stop);
    try {
      for (let deaths = 0; ; )
        try {
          if (death && loaded) onRevived(death, await revive(deaths));
          if (signal?.aborted) throw cancelled();
          return unwrap(await Promise.race([work(link.service), link.died]));
        } catch (error) {
          if (!(error instanceof WorkerDeath) || ++deaths > MOST_DEATHS) throw error;
          death = error;
          link.end();
          link = start();
        }
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  return {
    load: async (request, onProgress, signal) => {
      loaded = null;
      const info = await call((service) => service.load(request, proxy(onProgress)), signal);
      loaded = { request, backend: info.backend };
      death = null;
      return info;
    },
    generate: (request, onEvent, signal) => {
      const arrived = new Arrived(request);
      let attempts = 0;
      const work = (service: Link['service']) => {
        const attempt = ++attempts;
        const take = (event: GenerateEvent) => {
          if (attempt !== attempts) return; // from a dead worker
          arrived.take(event);
          return onEvent(event);
        };
        return service.generate(arrived.rest(), proxy(take));
      };
      return call(work, signal, ({ message }, backend) => {
        onEvent({ type: 'notice', message: `${message} Writing resumes from the last token.`, backend });
      });
    },
    compare: (request, onEvent, signal) => {
      let attempts = 0;
      const work = (service: Link['service']) => {
        const attempt = ++attempts;
        const take = (event: CompareEvent) => (attempt === attempts ? onEvent(event) : undefined);
        return service.compare(request, proxy(take));
      };
      return call(work, signal, ({ message }, backend) => {
        onEvent({ type: 'anew', message: `${message} The continuations start again.`, backend });
      });
    },
    describe: (request, onEvent, signal) =>
      call((service) => service.describe(request, proxy(onEvent)), signal),
    verify: (request, onEvent, signal) => call((service) => service.verify(request, proxy(onEvent)), signal),
    // Not through `call`: a generation detects a dead worker and starts the next one.
    look: async <K extends keyof LensQuestions>(request: LensRequest<K>) =>
      unwrap(await Promise.race([link.service.look(request), link.died])) as LensAnswer<K>,
    closeLens: () => void (death || link.service.closeLens()),
    dispose: () => link.end(),
  };
}

/** The progress of a generation, from which another engine can resume. */
class Arrived {
  private readonly request: GenerateRequest;
  private readonly runs: RequestRun[];
  private readonly sampled: number[] = [];

  constructor(request: GenerateRequest) {
    this.request = request;
    this.runs = [...request.runs];
  }

  take(event: GenerateEvent): void {
    if (event.type === 'encoded') this.runs[event.run] = { ids: event.tokens.ids };
    if (event.type === 'tokens') for (const id of event.tokens.ids) this.sampled.push(id);
  }

  rest(): GenerateRequest {
    const { runs, sampled, request } = this;
    const written = sampled.length ? [{ ids: Uint32Array.from(sampled) }] : [];
    return { ...request, runs: [...runs, ...written], maxTokens: request.maxTokens - sampled.length };
  }
}

function unwrap<T>(outcome: Outcome<T>): T {
  if ('error' in outcome) throw EngineError.fromData(outcome.error);
  return outcome.value;
}
