import { type Remote, wrap } from 'comlink';
import { cancelled, EngineError } from '../model/errors';
import type { EngineService } from './messages';

/** The worker is gone, and whatever it was doing. */
export class WorkerDeath extends EngineError {
  constructor(cause = '') {
    const message = `The engine stopped${cause ? `: ${cause}` : ''}.`;
    super('internal', message, 'Reload the page; your text is kept.');
  }
}

/** A worker with an engine in it. */
export interface Link {
  readonly service: Remote<EngineService>;
  /** Rejects with a WorkerDeath when the worker dies, and with 'cancelled' when it is ended. */
  readonly died: Promise<never>;
  end(): void;
}

export function startWorker(): Link {
  const worker = new Worker(new URL('./engine.worker.ts', import.meta.url), {
    type: 'module',
    name: 'engine',
  });
  const service = wrap<EngineService>(worker);
  const { promise: died, reject } = Promise.withResolvers<never>();
  died.catch(() => {});
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    reject(new WorkerDeath(event.message));
  });
  const ended = new AbortController();
  whenReleased(service, ended.signal).then(
    () => reject(new WorkerDeath()),
    () => {}, // ended, or a browser without locks
  );
  return {
    service,
    died,
    end: () => {
      ended.abort();
      worker.terminate();
      reject(cancelled());
    },
  };
}

let links = 0;

/**
 * Resolves when a lock that the worker holds for life is free: the one sign of its death that always comes. Browsers
 * tell of errors, but not of a worker that was closed, or that they ended to regain memory.
 */
async function whenReleased(service: Remote<EngineService>, signal: AbortSignal): Promise<void> {
  const { locks } = navigator; // missing on insecure origins
  const lock = `engine ${performance.timeOrigin} ${++links}`;
  await service.hold(lock);
  await locks.request(lock, { signal }, () => {});
}
