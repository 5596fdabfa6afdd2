import { proxy, wrap } from 'comlink';
import { cancelled, EngineError } from '../model/errors';
import type {
  EngineInfo,
  EngineService,
  GenerateEvent,
  GenerateRequest,
  GenerateResult,
  LoadProgress,
  LoadRequest,
  Outcome,
} from './messages';

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
  dispose(): void;
}

/** Starts the engine's worker. */
export function createEngine(): EngineClient {
  const worker = new Worker(new URL('./engine.worker.ts', import.meta.url), {
    type: 'module',
    name: 'engine',
  });
  const service = wrap<EngineService>(worker);
  const { promise: crashed, reject: crash } = Promise.withResolvers<never>();
  crashed.catch(() => {});
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    const message = `The engine stopped${event.message ? `: ${event.message}` : ''}.`;
    crash(new EngineError('internal', message, 'Reload the page; your text is kept.'));
  });

  async function call<T>(work: () => Promise<Outcome<T>>, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) throw cancelled();
    const stop = () => void service.stop();
    signal?.addEventListener('abort', stop);
    try {
      const outcome = await Promise.race([work(), crashed]);
      if ('error' in outcome) throw EngineError.fromData(outcome.error);
      return outcome.value;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  return {
    load: (request, onProgress, signal) => call(() => service.load(request, proxy(onProgress)), signal),
    generate: (request, onEvent, signal) => call(() => service.generate(request, proxy(onEvent)), signal),
    dispose: () => worker.terminate(),
  };
}
