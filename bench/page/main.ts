import type { BenchMessage, BenchRequest } from './worker';

declare global {
  /** Runs the bench in a worker; called by bench/main.ts. */
  var runBench: (request: BenchRequest) => Promise<BenchMessage>;
}

globalThis.runBench = (request) =>
  new Promise((resolve) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('error', ({ message }) => resolve({ type: 'failed', message }));
    worker.addEventListener('message', ({ data }: MessageEvent<BenchMessage>) => {
      if (data.type === 'progress') console.log(data.text);
      else resolve(data);
    });
    worker.postMessage(request);
  });
