import { GREEDY, RECORD_SIZE } from '../sampling/sampling';
import type { Streams } from './backend';
import { EngineError } from './errors';
import type { Proof } from './model-index';

const TOLERANCE = 1e-3; // nats
const WRITTEN = 2; // tokens that the backend decodes; the second depends on the state after the first

/**
 * Checks that an empty stream gives the log-probabilities of a proof, that decode agrees with prefill, and that a snapshot
 * can be restored. Leaves the stream empty.
 * @throws EngineError 'device' if a check fails
 */
export async function prove(streams: Streams, { tokens, logProbabilities }: Proof): Promise<void> {
  const half = tokens.length / 2; // the second half continues from the state after the first
  const read = [
    ...(await readAll(streams, tokens.slice(0, half))),
    ...(await readAll(streams, tokens.slice(half))),
  ];
  compare('reads', logProbabilitiesOf(read).slice(1), logProbabilities);
  const snapshot = await streams.snapshot();
  const written = await write(streams);
  await streams.restore(snapshot);
  compare('goes back', await write(streams), written);
  await streams.restore(snapshot);
  const ids = Array.from({ length: WRITTEN }, (_, n) => written[n * RECORD_SIZE]);
  const again = await readAll(streams, ids);
  compare('writes', logProbabilitiesOf(written), logProbabilitiesOf(again));
  await streams.restore(null);
}

/** Records of tokens that the stream reads one by one. */
async function readAll(streams: Streams, tokens: readonly number[]): Promise<number[]> {
  return Array.from((await streams.read(tokens, { records: true })).records!);
}

/** Records of decoded tokens. */
async function write(streams: Streams): Promise<number[]> {
  const records: number[] = [];
  const request = { sampling: GREEDY, maxTokens: WRITTEN, stopTokens: [] };
  for await (const [batch] of streams.decode([request])) records.push(...batch.records);
  return records;
}

function logProbabilitiesOf(records: readonly number[]): number[] {
  return Array.from({ length: records.length / RECORD_SIZE }, (_, n) => records[n * RECORD_SIZE + 1]);
}

function compare(how: string, actual: readonly number[], expected: readonly number[]): void {
  const differences = expected.map((value, n) => Math.abs(value - actual[n]));
  if (actual.length === expected.length && differences.every((difference) => difference <= TOLERANCE)) return;
  const largest = Math.max(...differences).toPrecision(2);
  throw new EngineError(
    'device',
    `The GPU computes wrong numbers when it ${how} (off by ${largest}).`,
    'Update the browser or the GPU driver, or run on the CPU.',
  );
}
