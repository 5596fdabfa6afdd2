/**
 * The record of a token: RECORD_SIZE float32 numbers, from the kernels to storage. Ids are exact below 2^24. Records of
 * consecutive tokens follow each other in one array, and `n` counts them from 0. Only this file uses the offsets.
 */

/** Likeliest tokens that a record lists. */
export const ALTERNATIVES = 10;

/** Offsets into a record. */
export const RECORD = {
  ID: 0,
  /** Natural logarithm of the model's probability for the token, before the sampler; NaN if unknown. */
  LOG_PROBABILITY: 1,
  /** Rank among the logits: 1 is the likeliest, ties rank by id; 0 if there was no prediction, or it is unknown. */
  RANK: 2,
  /** Probability after the sampler: 1 if greedy, 0 for a token that was typed or excluded; NaN if unknown. */
  PROBABILITY: 3,
  /** The likeliest tokens in their order, each ALTERNATIVE_SIZE numbers. An id of -1 ends a shorter list. */
  ALTERNATIVES: 4,
} as const;

/** Offsets into an entry of the likeliest tokens. */
export const ALTERNATIVE = { ID: 0, LOG_PROBABILITY: 1, PROBABILITY: 2 } as const;
export const ALTERNATIVE_SIZE = 3;

export const RECORD_SIZE = RECORD.ALTERNATIVES + ALTERNATIVES * ALTERNATIVE_SIZE;

/** A record as an object; the fields are those of RECORD. */
export interface TokenRecord {
  readonly id: number;
  readonly logProbability: number;
  readonly rank: number;
  readonly probability: number;
  /** At most ALTERNATIVES; fewer in smaller vocabularies, none if they are unknown. */
  readonly alternatives: readonly Alternative[];
}

interface Alternative {
  readonly id: number;
  readonly logProbability: number;
  /** Probability after the sampler; 0 if the token was excluded. */
  readonly probability: number;
}

type Records = ArrayLike<number>;

export function countRecords(records: Records): number {
  return records.length / RECORD_SIZE;
}

export function idOf(records: Records, n: number): number {
  return records[n * RECORD_SIZE + RECORD.ID];
}

export function logProbabilityOf(records: Records, n: number): number {
  return records[n * RECORD_SIZE + RECORD.LOG_PROBABILITY];
}

export function rankOf(records: Records, n: number): number {
  return records[n * RECORD_SIZE + RECORD.RANK];
}

export function idsOf(records: Records): number[] {
  return Array.from({ length: countRecords(records) }, (_, n) => idOf(records, n));
}

export function logProbabilitiesOf(records: Records): number[] {
  return Array.from({ length: countRecords(records) }, (_, n) => logProbabilityOf(records, n));
}

export function readRecord(records: Records, n: number): TokenRecord {
  const at = n * RECORD_SIZE;
  const alternatives: Alternative[] = [];
  for (let i = at + RECORD.ALTERNATIVES; i < at + RECORD_SIZE && records[i] >= 0; i += ALTERNATIVE_SIZE)
    alternatives.push({
      id: records[i + ALTERNATIVE.ID],
      logProbability: records[i + ALTERNATIVE.LOG_PROBABILITY],
      probability: records[i + ALTERNATIVE.PROBABILITY],
    });
  return {
    id: idOf(records, n),
    logProbability: logProbabilityOf(records, n),
    rank: rankOf(records, n),
    probability: records[at + RECORD.PROBABILITY],
    alternatives,
  };
}

/** Writes the n-th record of a block. */
export function putRecord(records: Float32Array, n: number, record: TokenRecord): void {
  const at = n * RECORD_SIZE;
  const { id, logProbability, rank, probability, alternatives } = record;
  const listed = alternatives.flatMap((one) => [one.id, one.logProbability, one.probability]);
  records.fill(-1, at, at + RECORD_SIZE);
  records.set([id, logProbability, rank, probability, ...listed], at); // in the order of RECORD and ALTERNATIVE
}

export function makeRecords(all: readonly TokenRecord[]): Float32Array<ArrayBuffer> {
  const records = new Float32Array(all.length * RECORD_SIZE);
  for (const [n, record] of all.entries()) putRecord(records, n, record);
  return records;
}

/** The record of the first token of a stream, which has no prediction. */
export function unpredictedRecord(id: number): Float32Array<ArrayBuffer> {
  return makeRecords([{ id, logProbability: 0, rank: 0, probability: 0, alternatives: [] }]);
}

/** Records of tokens with known ids and nothing else. */
export function unknownRecords(ids: Iterable<number>): Float32Array<ArrayBuffer> {
  const unknown = { logProbability: Number.NaN, rank: 0, probability: Number.NaN, alternatives: [] };
  return makeRecords(Array.from(ids, (id) => ({ id, ...unknown })));
}
