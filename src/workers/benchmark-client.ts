import { wrap } from 'comlink';
import { cancelled, EngineError } from '../model/runtime/errors';
import type { BenchmarkProgress, BenchmarkRequest, DeviceReport } from './benchmark';
import type { BenchmarkService } from './benchmark.worker';
import { openListeners } from './listeners';

export type { BackendReport, BenchmarkProgress, BenchmarkRequest, DeviceReport } from './benchmark';

/** Measures this device in a new worker, which it ends afterwards. @throws EngineError; 'cancelled' by the signal */
export async function measureDevice(
  request: BenchmarkRequest,
  onProgress: (progress: BenchmarkProgress) => void,
  signal: AbortSignal,
): Promise<DeviceReport> {
  const worker = new Worker(new URL('./benchmark.worker.ts', import.meta.url), {
    type: 'module',
    name: 'benchmark',
  });
  const failed = new Promise<never>((_, reject) => {
    worker.addEventListener('error', ({ message }) => reject(EngineError.from(new Error(message))));
    signal.addEventListener('abort', () => reject(cancelled()));
  });
  const listeners = openListeners();
  try {
    const outcome = await Promise.race([
      wrap<BenchmarkService>(worker).run(request, listeners.add(onProgress)),
      failed,
    ]);
    if ('error' in outcome) throw EngineError.fromData(outcome.error);
    return outcome.value;
  } finally {
    listeners.close();
    worker.terminate();
  }
}
