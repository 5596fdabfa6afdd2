import { countRecords, idsOf, logProbabilitiesOf } from '../sampling/records';
import { GREEDY } from '../sampling/sampling';
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
  const again = await readAll(streams, idsOf(written));
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
  const count = countRecords(records);
  if (count !== WRITTEN) throw wrong(`writes (${count} of ${WRITTEN} tokens came back)`);
  return records;
}

function compare(how: string, actual: readonly number[], expected: readonly number[]): void {
  const differences = expected.map((value, n) => Math.abs(value - actual[n]));
  if (actual.length === expected.length && differences.every((difference) => difference <= TOLERANCE)) return;
  const largest = Math.max(...differences).toPrecision(2);
  throw wrong(`${how} (off by ${largest})`);
}

function wrong(how: string): EngineError {
  return new EngineError(
    'device',
    `The GPU computes wrong numbers when it ${how}.`,
    'Update the browser or the GPU driver, or run on the CPU.',
  );
}
