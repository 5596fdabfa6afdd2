import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { countRecords, readRecord } from '../model/sampling/records';
import type { ScoreEvent, ScoreRequest } from './messages';
import type { RequestRun } from './request-run';
import { CountedEngine, PROMPT, SAMPLING } from './testing';

let under: CountedEngine;
beforeEach(async () => {
  under = new CountedEngine();
  await under.load();
});
afterEach(() => under.engine.unload());

async function scoreTokens(
  runs: RequestRun[],
  changed: Partial<ScoreRequest> = {},
  onEvent?: (event: ScoreEvent) => void,
) {
  const events: ScoreEvent[] = [];
  const request = { runs, from: 0, to: Number.POSITIVE_INFINITY, sampling: null, ...changed };
  const result = await under.engine.score(request, (event) => {
    events.push(event);
    onEvent?.(event);
  });
  const parts = events.filter((event) => event.type === 'records');
  return { result, events, parts, records: Float32Array.from(parts.flatMap((part) => [...part.records])) };
}

describe('scoring a text', () => {
  test('gives the records of sampled tokens as they were drawn, and does not move the stream of the generation', async () => {
    const { ids, records } = await under.generate([{ text: PROMPT }]);
    const runs = [{ text: PROMPT }, { ids: Uint32Array.from(ids) }];
    const { result, events, ...described } = await scoreTokens(runs);
    expect(result.isComplete).toBe(true);
    const encoded = events.find((event) => event.type === 'encoded')!.tokens.ids.length;
    expect(countRecords(described.records)).toBe(encoded + ids.length);
    for (const [n, id] of ids.entries()) {
      const drawn = readRecord(records, n);
      const read = readRecord(described.records, encoded + n);
      expect(read.id).toBe(id);
      expect(read.rank).toBe(drawn.rank);
      expect(read.logProbability).toBeCloseTo(drawn.logProbability, 3);
      expect(read.alternatives.map((a) => a.id)).toEqual(drawn.alternatives.map((a) => a.id));
    }
    const before = under.read;
    await under.generate(runs, { maxTokens: 1 });
    expect(under.read).toBe(before);
  });

  test('gives probabilities after sampling, from the nearest snapshot', async () => {
    const { ids, records } = await under.generate([{ text: PROMPT }], { maxTokens: 600 });
    const runs = [{ text: PROMPT }, { ids: Uint32Array.from(ids) }];
    const first = under.read - 1;
    for (const n of [599, 410, 0]) {
      const before = under.read;
      const at = first + n;
      const { parts } = await scoreTokens(runs, { from: at, to: at + 1, sampling: SAMPLING });
      expect(under.read - before).toBeLessThanOrEqual(256);
      expect(parts.map(({ from }) => from)).toEqual([at]);
      const drawn = readRecord(records, n);
      const told = readRecord(parts[0].records, 0);
      expect(told.id).toBe(drawn.id);
      expect(told.probability).toBeCloseTo(drawn.probability, 3);
      for (const [i, alternative] of told.alternatives.entries())
        expect(alternative.probability).toBeCloseTo(drawn.alternatives[i].probability, 3);
    }
  });

  test('can be stopped, and keeps the scores up to then', async () => {
    const text = 'A kestrel hovers over the field. '.repeat(300);
    const { result, records } = await scoreTokens([{ text }], {}, (event) => {
      if (event.type === 'records') under.engine.stop();
    });
    expect(result.isComplete).toBe(false);
    expect(records.length).toBeGreaterThan(0);
    expect(countRecords(records)).toBeLessThan(2000);
  });
});

describe('branching', () => {
  test('for any of the last 4,096 of 5,000 tokens, rereads at most 256', async () => {
    const tokens = Uint32Array.from({ length: 5000 }, (_, i) => 300 + ((i * i) % 1009));
    await under.generate([{ ids: tokens }], { maxTokens: 1 });
    const written = await under.generate([], { maxTokens: 700, sampling: { ...SAMPLING, seed: 8 } });
    for (const [text, places] of [
      [tokens, [904, 2345, 4999]],
      [Uint32Array.from(written.ids), [1, 255, 690]],
    ] as const)
      for (const at of places) {
        const before = under.read;
        await under.generate([{ ids: text.slice(0, at) }, { ids: Uint32Array.of(7) }], {
          maxTokens: 1,
          branchAt: at,
        });
        expect(under.read - before).toBeLessThanOrEqual(256 + 1); // plus the replaced token
      }
  });

  test('returns to a branch point without reading, after any amount of other generation', async () => {
    const trunk = Uint32Array.from({ length: 700 }, (_, i) => 300 + ((i * i) % 1009));
    await under.generate([{ ids: trunk }], { maxTokens: 1 });
    const branch = (id: number) =>
      under.generate([{ ids: trunk.slice(0, 333) }, { ids: Uint32Array.of(id) }], {
        maxTokens: 300,
        branchAt: 333,
      });
    await branch(7);
    const before = under.read;
    await branch(8);
    expect(under.read - before).toBe(1);
  });
});
