import { type Remote, wrap } from 'comlink';
import { cancelled, EngineError } from '../model/runtime/errors';
import { requireEssentials } from './essentials';
import type { EngineService } from './messages';

/** The worker died; its work is lost. */
export class WorkerDeath extends EngineError {
  constructor(cause = '') {
    const message = `The engine stopped${cause ? `: ${cause}` : ''}.`;
    super('internal', message, 'Reload the page. Your text is saved.');
  }
}

/** A worker that runs an engine. */
export interface Link {
  readonly service: Remote<EngineService>;
  /** Rejects with WorkerDeath when the worker dies, and with 'cancelled' when the page ends it. */
  readonly died: Promise<never>;
  end(): void;
}

/** @throws EngineError 'browser' if the browser blocks workers */
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
    () => {}, // the page ended the worker, or the browser has no locks
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
      `The browser blocked the model's worker (${(cause as Error).message}).`,
      'Open the page in its own tab, not inside another page.',
      { cause },
    );
  }
}

let links = 0;

/**
 * Resolves when the lock that the worker holds is free. This is the only reliable sign of its death: browsers report
 * errors, but not a worker that closed itself or that they ended to free memory.
 */
async function whenReleased(service: Remote<EngineService>, signal: AbortSignal): Promise<void> {
  const { locks } = navigator; // missing on insecure origins
  const lock = `engine ${performance.timeOrigin} ${++links}`;
  await service.hold(lock);
  await locks.request(lock, { signal }, () => {});
}
