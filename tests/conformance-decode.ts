import { expect, test } from 'vitest';
import type { Backend, ModelData, Streams } from '../src/model/runtime/backend';
import { countRecords, idsOf, RECORD_SIZE } from '../src/model/sampling/records';
import { GREEDY, type Sampling } from '../src/model/sampling/sampling';
import { loadGoldenModel } from './golden-models';

export const SAMPLED: Sampling = {
  temperature: 0.9,
  topK: 20,
  topP: 0.95,
  minP: 0.02,
  repetitionPenalty: 1.2,
  sequencePenalty: 0.5,
  seed: 7,
};

/** Opens streams on a new backend for the body, and destroys the backend afterwards. */
export type WithStreams = (
  model: ModelData,
  count: number,
  body: (streams: Streams, backend: Backend) => Promise<void>,
) => Promise<void>;

/** Tests of decoding that every backend must pass. */
export function describeDecoding(withStreams: WithStreams): void {
  test('batched streams give bitwise the same output as single streams', async () => {
    const data = await loadGoldenModel('leap-rms-decay-conv');
    const settings: Sampling[] = [
      SAMPLED,
      { ...SAMPLED, seed: 8, topK: 0, sequencePenalty: 0 },
      GREEDY,
      { ...GREEDY, temperature: 1 },
    ];
    const prompts = settings.map((_, i) => data.golden.tokens.slice(0, 10 + 7 * i));
    const alone: Float32Array[] = [];
    for (const [i, sampling] of settings.entries())
      await withStreams(data, 1, async (streams) => {
        await streams.read(prompts[i]);
        alone.push((await write(streams, sampling, 15 + i))[0]);
      });
    await withStreams(data, settings.length, async (streams) => {
      for (const [stream, prompt] of prompts.entries()) await streams.read(prompt, { stream });
      const requests = settings.map((sampling, i) => ({ sampling, maxTokens: 15 + i, stopTokens: [] }));
      expect(await collect(streams, requests)).toEqual(alone);
    });
  });

  test('stops after a stop token and at the length', async () => {
    const data = await loadGoldenModel('leap-rms-decay-conv');
    await withStreams(data, 1, async (streams) => {
      await streams.read(data.golden.tokens);
      const start = await streams.snapshot();
      const [free] = await write(streams, SAMPLED, 12);
      const ids = idsOf(free);
      const stop = ids[7];
      const count = ids.indexOf(stop) + 1;
      await streams.restore(start);
      const requests = [{ sampling: SAMPLED, maxTokens: 12, stopTokens: [stop] }];
      const [stopped] = await collect(streams, requests);
      expect(countRecords(stopped)).toBe(count);
      expect(streams.length()).toBe(data.golden.tokens.length + count);
      const [rest] = await write(streams, SAMPLED, 12 - count);
      expect([...stopped, ...rest]).toEqual([...free]);
    });
  });

  test('takes snapshots while decoding', async () => {
    const data = await loadGoldenModel('odd-heads');
    await withStreams(data, 1, async (streams) => {
      await streams.read(data.golden.tokens);
      const request = { sampling: SAMPLED, maxTokens: 40, stopTokens: [] };
      const records: number[] = [];
      const snapshots = [];
      for await (const [batch] of streams.decode([request], { snapshotEvery: 8 })) {
        records.push(...batch.records);
        if (batch.snapshot) snapshots.push(batch.snapshot);
        if (batch.snapshot)
          expect(batch.snapshot.length).toBe(data.golden.tokens.length + countRecords(records));
      }
      expect(snapshots.length).toBeGreaterThan(0);
      const { length } = snapshots[0];
      await streams.restore(snapshots[0]);
      const done = length - data.golden.tokens.length;
      const [rest] = await write(streams, SAMPLED, countRecords(records) - done);
      expect([...rest]).toEqual(records.slice(done * RECORD_SIZE));
    });
  });
}

/** Decodes with one stream. Returns its records. */
export async function write(
  streams: Streams,
  sampling: Sampling,
  maxTokens: number,
): Promise<Float32Array[]> {
  return collect(streams, [{ sampling, maxTokens, stopTokens: [] }]);
}

async function collect(
  streams: Streams,
  requests: Parameters<Streams['decode']>[0],
): Promise<Float32Array[]> {
  const records: number[][] = requests.map(() => []);
  for await (const batch of streams.decode(requests))
    for (const [i, part] of batch.entries()) records[i].push(...part.records);
  return records.map((values) => Float32Array.from(values));
}
