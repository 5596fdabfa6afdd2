import { cancelled } from './errors';

/** Yields to messages, such as Stop, every 10 ms. */
export class Pace {
  private readonly signal: AbortSignal | undefined;
  private since = performance.now();

  constructor(signal?: AbortSignal) {
    this.signal = signal;
  }

  get isDue(): boolean {
    return performance.now() - this.since >= 10;
  }

  /** @throws EngineError 'cancelled' when the signal has aborted */
  async yield(): Promise<void> {
    await nextTask();
    this.since = performance.now();
    if (this.signal?.aborted) throw cancelled();
  }
}

/** Resolves after the queued tasks. Not setTimeout, because browsers delay nested timers by 4 ms. */
function nextTask(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
