import type { DecodeBatch, DecodeRequest, Streams } from '../model/runtime/backend';

const SLICES = 20; // updates per second at most

/**
 * Streams.decode of one stream with a limit in tokens per second. It decodes no token early, and an abort ends a pause.
 */
export async function* decodePaced(
  streams: Streams,
  request: DecodeRequest,
  tokensPerSecond: number,
  { signal, snapshotEvery }: { readonly signal: AbortSignal; readonly snapshotEvery: number },
): AsyncGenerator<DecodeBatch[]> {
  const slice = Math.ceil(tokensPerSecond / SLICES);
  const began = performance.now();
  const first = streams.length();
  let lastSnapshot = first;
  let isFinished = false;
  while (!isFinished && !signal.aborted) {
    const written = streams.length() - first;
    await pause(began + (1000 * written) / tokensPerSecond - performance.now(), signal);
    if (signal.aborted) return;
    const left = request.maxTokens - written;
    const part = { ...request, maxTokens: Math.min(slice, left) };
    for await (const [batch] of streams.decode([part], { signal })) {
      const isLast = batch.finished === 'stop' || (batch.finished === 'length' && left <= slice);
      isFinished ||= isLast;
      const isDue = streams.length() - lastSnapshot >= snapshotEvery;
      if (isDue) lastSnapshot = streams.length();
      const snapshot = isDue ? await streams.snapshot() : null;
      yield [{ ...batch, finished: isLast ? batch.finished : null, snapshot }];
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
