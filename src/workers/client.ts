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

/** The engine as the page sees it. Every method rejects with an EngineError alone. */
export interface EngineClient {
  load(
    request: LoadRequest,
    onProgress: (progress: LoadProgress) => void,
    signal?: AbortSignal,
  ): Promise<EngineInfo>;
  /** Aborting the signal stops within 100 ms; what was written until then still arrives, and the promise resolves. */
  generate(
    request: GenerateRequest,
    onEvent: (event: GenerateEvent) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<GenerateResult>;
  /** As `generate`, for several continuations; where the worker dies they begin anew. */
  compare(
    request: CompareRequest,
    onEvent: (event: CompareEvent) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<CompareResult>;
  /** Aborting the signal ends it early; what was read until then has arrived. */
  describe(
    request: DescribeRequest,
    onEvent: (event: DescribeEvent) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<DescribeResult>;
  /** Asks the lens, beside a generation. The latest question counts: one under way ends as 'cancelled'. */
  look<K extends keyof LensQuestions>(request: LensRequest<K>): Promise<LensAnswer<K>>;
  /** Frees all that the lens holds. */
  closeLens(): void;
  /** Checks drawn tokens one by one; aborting the signal ends it early. */
  verify(
    request: VerifyRequest,
    onEvent: (event: VerifyEvent) => void,
    signal?: AbortSignal,
  ): Promise<Verification>;
  dispose(): void;
}

const MOST_DEATHS = 3; // of workers, in one call, before it is given up

/** Starts the engine's worker. If that dies, another takes its place, loads the model and does the call again. */
export function createEngine(start: () => Link = startWorker): EngineClient {
  let link = start();
  let loaded: { readonly request: LoadRequest; readonly backend: BackendInfo } | null = null;
  /** What the worker before died of, until the model is loaded into the new one. */
  let death: WorkerDeath | null = null;

  /** Loads the model again; with the next best backend, if the same has just died of it. */
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
          if (attempt !== attempts) return; // from a worker that died
          arrived.take(event);
          return onEvent(event);
        };
        return service.generate(arrived.rest(), proxy(take));
      };
      return call(work, signal, ({ message }, backend) => {
        onEvent({ type: 'notice', message: `${message} The text goes on from its tokens.`, backend });
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
        onEvent({ type: 'anew', message: `${message} The texts begin anew.`, backend });
      });
    },
    describe: (request, onEvent, signal) =>
      call((service) => service.describe(request, proxy(onEvent)), signal),
    verify: (request, onEvent, signal) => call((service) => service.verify(request, proxy(onEvent)), signal),
    // Not by `call`: who writes finds out about a dead worker, and starts the next.
    look: async <K extends keyof LensQuestions>(request: LensRequest<K>) =>
      unwrap(await Promise.race([link.service.look(request), link.died])) as LensAnswer<K>,
    closeLens: () => void (death || link.service.closeLens()),
    dispose: () => link.end(),
  };
}

/** What has come of a generation, so that another engine can go on from there. */
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
