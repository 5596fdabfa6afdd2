import { type Remote, wrap } from 'comlink';
import { cancelled, EngineError } from '../model/runtime/errors';
import { requireEssentials } from './essentials';
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

/** @throws EngineError 'browser' where there can be no worker */
export function startWorker(): Link {
  requireEssentials();
  const worker = openWorker();
  const service = wrap<EngineService>(worker);
  let reject: (error: EngineError) => void;
  const died = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
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

function openWorker(): Worker {
  try {
    return new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module', name: 'engine' });
  } catch (cause) {
    throw new EngineError(
      'browser',
      `The browser refuses to start the model's worker (${(cause as Error).message}).`,
      'Open the page in a tab of its own, not inside another page.',
      { cause },
    );
  }
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
