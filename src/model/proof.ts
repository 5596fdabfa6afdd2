import type { Streams } from './backend';
import { EngineError } from './errors';
import type { ReadFile } from './folder';
import { GREEDY, RECORD_SIZE, readRecord } from './sampling';

/** The beginning of a model's golden text, against which a backend shows that it computes what the exporter computed. */
export interface Proof {
  readonly tokens: readonly number[];
  /** Natural log, of tokens[1..] given the tokens before. */
  readonly logProbabilities: readonly number[];
}

const TOLERANCE = 1e-3; // nats
const WRITTEN = 3; // tokens that the backend writes to show that it reads and writes alike

/** What index.json, beside the model folders, says of a model. Null where it says nothing of these weights. */
export async function readProof(
  readFile: ReadFile,
  digest: string,
  signal?: AbortSignal,
): Promise<Proof | null> {
  try {
    const file = await readFile('../index.json', () => {}, signal);
    const { models } = JSON.parse(new TextDecoder().decode(file));
    return models.find((model: { digest?: string }) => model.digest === digest)?.proof ?? null;
  } catch {
    return null; // a folder without an index beside it
  }
}

/**
 * Checks that an empty stream gives the log-probabilities of a proof, that it writes as it reads, and that it goes back to
 * a snapshot. Leaves the stream empty.
 * @throws EngineError 'device' where it does not
 */
export async function prove(streams: Streams, { tokens, logProbabilities }: Proof): Promise<void> {
  const { records } = await streams.read(tokens, { records: true });
  compare('reads', logProbabilitiesOf(records!).slice(1), logProbabilities);
  const snapshot = await streams.snapshot();
  const written = await write(streams);
  await streams.restore(snapshot);
  const again = await write(streams);
  compare('goes back', Array.from(again), Array.from(written));
  await streams.restore(null);
  const ids = Array.from({ length: WRITTEN }, (_, n) => readRecord(written, n).id);
  const read = await streams.read([...tokens, ...ids], { records: true });
  const expected = logProbabilitiesOf(read.records!).slice(tokens.length);
  compare('writes', logProbabilitiesOf(written), expected);
  await streams.restore(null);
}

async function write(streams: Streams): Promise<Float32Array> {
  const records: number[] = [];
  const request = { sampling: GREEDY, maxTokens: WRITTEN, stopTokens: [] };
  for await (const [batch] of streams.decode([request])) records.push(...batch.records);
  return Float32Array.from(records);
}

function logProbabilitiesOf(records: Float32Array): number[] {
  return Array.from({ length: records.length / RECORD_SIZE }, (_, n) => records[n * RECORD_SIZE + 1]);
}

function compare(how: string, actual: readonly number[], expected: readonly number[]): void {
  const differences = expected.map((value, n) => Math.abs(value - actual[n]));
  if (actual.length === expected.length && differences.every((difference) => difference <= TOLERANCE)) return;
  const largest = Math.max(...differences).toPrecision(2);
  throw new EngineError(
    'device',
    `The graphics device computes wrong numbers when it ${how} (off by ${largest}).`,
    'Update the browser or the graphics driver, or run on the processor.',
  );
}
