import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ALTERNATIVES,
  countRecords,
  idOf,
  idsOf,
  logProbabilitiesOf,
  logProbabilityOf,
  makeRecords,
  putRecord,
  rankOf,
  readRecord,
  type TokenRecord,
  unknownRecords,
  unpredictedRecord,
} from './records';

const id = fc.nat(2 ** 24);
const number = fc.float();
const alternative = fc.record({ id, logProbability: number, probability: number });
const record: fc.Arbitrary<TokenRecord> = fc.record({
  id,
  logProbability: number,
  rank: id,
  probability: number,
  alternatives: fc.array(alternative, { maxLength: ALTERNATIVES }),
});

test('any records read back as they were written, whole or number by number', () =>
  fc.assert(
    fc.property(fc.array(record), (all) => {
      const records = makeRecords(all);
      expect(countRecords(records)).toBe(all.length);
      expect(idsOf(records)).toEqual(all.map((one) => one.id));
      expect(logProbabilitiesOf(records)).toEqual(all.map((one) => one.logProbability));
      for (const [n, one] of all.entries()) {
        expect(readRecord(records, n)).toEqual(one);
        expect(idOf(records, n)).toBe(one.id);
        expect(logProbabilityOf(records, n)).toBe(one.logProbability);
        expect(rankOf(records, n)).toBe(one.rank);
      }
    }),
  ));

test('writing a record replaces only the record at its index', () =>
  fc.assert(
    fc.property(fc.array(record, { minLength: 1 }), fc.nat(), record, (all, place, other) => {
      const n = place % all.length;
      const records = makeRecords(all);
      putRecord(records, n, other);
      expect(records).toEqual(makeRecords(all.with(n, other)));
    }),
  ));

test('records without a prediction keep the id and list no alternatives', () => {
  const unknown = unknownRecords([7, 8]);
  expect(idsOf(unknown)).toEqual([7, 8]);
  for (const n of [0, 1])
    expect(readRecord(unknown, n)).toMatchObject({ logProbability: Number.NaN, rank: 0, alternatives: [] });
  expect(readRecord(unpredictedRecord(9), 0)).toMatchObject({ id: 9, logProbability: 0, rank: 0 });
});
