import { idOf } from '../sampling/records';
import {
  checkRequests,
  type DecodeBatch,
  type DecodeOptions,
  type DecodeRequest,
  type Streams,
} from './backend';
import { Pace } from './pace';

/**
 * Streams.decode for a backend that computes on the calling thread, one token of every stream at a time.
 * @param step samples a token for each stream (by index), reads it, and returns its record
 */
export async function* decodeLoop(
  streams: Streams,
  requests: readonly DecodeRequest[],
  options: DecodeOptions,
  step: (writing: readonly number[], pace: Pace) => Promise<readonly Float32Array[]>,
): AsyncGenerator<DecodeBatch[]> {
  checkRequests(requests, streams);
  const { signal, snapshotEvery = 0 } = options;
  const remaining = requests.map((request) => request.maxTokens);
  const finished: DecodeBatch['finished'][] = remaining.map((n) => (n > 0 ? null : 'length'));
  const lastSnapshot = requests.map((_, i) => streams.length(i));
  const isDue = (i: number) => snapshotEvery > 0 && streams.length(i) - lastSnapshot[i] >= snapshotEvery;
  const pace = new Pace();
  while (!signal?.aborted && finished.includes(null)) {
    const records: number[][] = requests.map(() => []);
    const started = performance.now();
    do {
      const writing = [...requests.keys()].filter((i) => !finished[i]);
      for (const [n, record] of (await step(writing, pace)).entries()) {
        const i = writing[n];
        records[i].push(...record);
        if (requests[i].stopTokens.includes(idOf(record, 0))) finished[i] = 'stop';
        else if (--remaining[i] === 0) finished[i] = 'length';
      }
    } while (
      performance.now() - started < 10 &&
      finished.includes(null) &&
      !requests.some((_, i) => isDue(i))
    );
    const batch: DecodeBatch[] = [];
    for (const i of requests.keys()) {
      const due = isDue(i);
      if (due) lastSnapshot[i] = streams.length(i);
      const snapshot = due ? await streams.snapshot(i) : null;
      batch.push({ records: Float32Array.from(records[i]), finished: finished[i], snapshot });
    }
    yield batch;
    await pace.yield();
  }
}
