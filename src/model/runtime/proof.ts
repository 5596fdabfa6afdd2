import { countRecords, idsOf, logProbabilitiesOf } from '../sampling/records';
import { GREEDY } from '../sampling/sampling';
import type { Streams } from './backend';
import { EngineError } from './errors';
import type { Proof } from './model-index';

const TOLERANCE = 1e-3; // nats
const WRITTEN = 2; // tokens that the backend writes: the second follows from the state that the first left

/**
 * Checks that an empty stream reproduces the log-probabilities of a proof, decodes as it prefills, and restores a snapshot.
 * Leaves the stream empty.
 * @throws EngineError 'device' if it does not
 */
export async function prove(streams: Streams, { tokens, logProbabilities }: Proof): Promise<void> {
  const half = tokens.length / 2; // the second half is read from the state behind the first
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

/** Records of tokens that are read, one after the other. */
async function readAll(streams: Streams, tokens: readonly number[]): Promise<number[]> {
  return Array.from((await streams.read(tokens, { records: true })).records!);
}

/** Records of tokens that are written. */
async function write(streams: Streams): Promise<number[]> {
  const records: number[] = [];
  const request = { sampling: GREEDY, maxTokens: WRITTEN, stopTokens: [] };
  for await (const [batch] of streams.decode([request])) records.push(...batch.records);
  const count = countRecords(records);
  if (count !== WRITTEN) throw wrong(`${count} of ${WRITTEN} tokens came back`);
  return records;
}

function compare(how: string, actual: readonly number[], expected: readonly number[]): void {
  const differences = expected.map((value, n) => Math.abs(value - actual[n]));
  if (actual.length === expected.length && differences.every((difference) => difference <= TOLERANCE)) return;
  const largest = Math.max(...differences).toPrecision(2);
  throw wrong(`off by ${largest} when it ${how}`);
}

function wrong(how: string): EngineError {
  return new EngineError(
    'device',
    `The graphics device computes wrong numbers (${how}).`,
    'Update the browser or the graphics driver, or run on the processor.',
  );
}
