import { nextBest } from '../model/runtime/backend';
import { cancelled, EngineError } from '../model/runtime/errors';
import type { LensAnswer, LensQuestions, LensRequest } from './lens/messages';
import { type Link, startWorker, WorkerDeath } from './link';
import { type Listeners, openListeners } from './listeners';
import type {
  BackendInfo,
  CompareEvent,
  CompareRequest,
  CompareResult,
  EngineInfo,
  GenerateEvent,
  GenerateRequest,
  GenerateResult,
  LoadProgress,
  LoadRequest,
  Outcome,
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
import type { RequestText } from './request-run';
import type { TextScore } from './score-text';

/** The page's interface to the engine. Every method rejects only with EngineError. */
export interface EngineClient {
  load(
    request: LoadRequest,
    onProgress: (progress: LoadProgress) => void,
    signal?: AbortSignal,
  ): Promise<EngineInfo>;
  /**
   * Aborting the signal stops within 100 ms; tokens generated until then still arrive, and the promise resolves.
   * @param request returns the request for the current text; called again after the worker died
   */
  generate(
    request: () => GenerateRequest,
    onEvent: (event: GenerateEvent) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<GenerateResult>;
  /** Writes several continuations; they start again when the worker dies. */
  compare(
    request: CompareRequest,
    onEvent: (event: CompareEvent) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<CompareResult>;
  /** Aborting the signal ends it early; the records of the tokens read until then have arrived. */
  score(
    request: ScoreRequest,
    onEvent: (event: ScoreEvent) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<ScoreResult>;
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
  /** The file of a snapshot at the end of a text; null if the signal aborted. */
  snapshot(
    request: RequestText,
    onEvent: (event: TextEvent) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<Uint8Array | null>;
  /** Measures the loss on a text. Aborting the signal ends it early, with the score of the part that was read. */
  scoreText(
    request: ScoreTextRequest,
    onEvent: (event: ScoreTextEvent) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<TextScore>;
  /**
   * Translates a text. Aborting the signal ends it early; the next request continues from there. If the worker died, it starts
   * with an event that replaces all sentences.
   */
  translate(
    request: TranslateRequest,
    onEvent: (event: TranslateEvent) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<TranslateResult>;
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
    const quiet = openListeners().add(() => {});
    const info = unwrap(await Promise.race([link.service.load(again, quiet), link.died]));
    loaded = { request: again, backend: info.backend };
    death = null;
    return info.backend;
  }

  async function call<T>(
    work: (service: Link['service'], listeners: Listeners) => Promise<Outcome<T>>,
    signal?: AbortSignal,
    onRevived: (death: WorkerDeath, backend: BackendInfo) => void = () => {},
  ): Promise<T> {
    const stop = () => void (death || link.service.stop());
    signal?.addEventListener('abort', stop);
    try {
      for (let deaths = 0; ; ) {
        const listeners = openListeners();
        try {
          if (death && loaded) onRevived(death, await revive(deaths));
          if (signal?.aborted) throw cancelled();
          return unwrap(await Promise.race([work(link.service, listeners), link.died]));
        } catch (error) {
          if (!(error instanceof WorkerDeath) || ++deaths > MOST_DEATHS) throw error;
          death = error;
          link.end();
          link = start();
        } finally {
          listeners.close();
        }
      }
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  return {
    load: async (request, onProgress, signal) => {
      loaded = null;
      const info = await call(
        (service, listeners) => service.load(request, listeners.add(onProgress)),
        signal,
      );
      loaded = { request, backend: info.backend };
      death = null;
      return info;
    },
    generate: (request, onEvent, signal) =>
      call(
        (service, listeners) => service.generate(request(), listeners.add(onEvent)),
        signal,
        ({ message }, backend) => {
          onEvent({ type: 'notice', message: `${message} Writing resumes from the last token.`, backend });
        },
      ),
    compare: (request, onEvent, signal) =>
      call(
        (service, listeners) => service.compare(request, listeners.add(onEvent)),
        signal,
        ({ message }, backend) => {
          onEvent({ type: 'anew', message: `${message} The texts start again.`, backend });
        },
      ),
    score: (request, onEvent, signal) =>
      call((service, listeners) => service.score(request, listeners.add(onEvent)), signal),
    verify: (request, onEvent, signal) =>
      call((service, listeners) => service.verify(request, listeners.add(onEvent)), signal),
    scoreText: (request, onEvent, signal) =>
      call((service, listeners) => service.scoreText(request, listeners.add(onEvent)), signal),
    snapshot: (request, onEvent, signal) =>
      call((service, listeners) => service.snapshot(request, listeners.add(onEvent)), signal),
    translate: (request, onEvent, signal) =>
      call((service, listeners) => service.translate(request, listeners.add(onEvent)), signal),
    // Not by `call`, because a question to the lens does not replace a dead worker.
    look: async <K extends keyof LensQuestions>(request: LensRequest<K>) =>
      unwrap(await Promise.race([link.service.look(request), link.died])) as LensAnswer<K>,
    closeLens: () => void (death || link.service.closeLens()),
    dispose: () => link.end(),
  };
}

function unwrap<T>(outcome: Outcome<T>): T {
  if ('error' in outcome) throw EngineError.fromData(outcome.error);
  return outcome.value;
}
