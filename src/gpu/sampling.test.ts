import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomModel } from '../../tests/random-model';
import type { ModelData, Streams } from '../model/runtime/backend';
import type { Snapshot } from '../model/runtime/snapshot';
import { hash } from '../model/sampling/random';
import { idsOf, readRecord } from '../model/sampling/records';
import { describeToken, GREEDY, type Sampling, sample, scores } from '../model/sampling/sampling';
import { type Seen, SeenTokens } from '../model/sampling/seen';
import { createOnSharedDevice } from './testing';
import type { WebGpuBackend } from './webgpu-backend';

const PLAIN: Sampling = { ...GREEDY, temperature: 1 };

/** Draws from given logits on the device, and compares the record and the token with src/model/sampling/sampling.ts. */
async function draws(
  streams: Streams,
  model: ModelData,
  logits: Float32Array,
  cases: { sampling: Sampling; length: number; seen?: number[] }[],
) {
  const empty = await streams.snapshot();
  for (const { sampling, length, seen = [] } of cases) {
    const read = new SeenTokens(model.config);
    for (const id of seen) read.add(id);
    const snapshot: Snapshot = { ...empty, length, position: length, logits, seen: read.words };
    await streams.restore(snapshot);
    const records: Float32Array[] = [];
    for await (const [batch] of streams.decode([{ sampling, maxTokens: 1, stopTokens: [] }]))
      records.push(batch.records);
    const actual = readRecord(records[0], 0);

    const before = read.now();
    const { id, perturbed } = sample(logits, sampling, length, before);
    const near = 1e-3 + 1e-5 * Math.abs(perturbed[id]);
    // A token at the cutoff may be kept or excluded. Any other token must be the best to within rounding.
    const isAtCut =
      perturbed[actual.id] === Number.NEGATIVE_INFINITY && isCutTie(logits, sampling, before, actual.id);
    expect(
      isAtCut || perturbed[id] - perturbed[actual.id] <= near,
      JSON.stringify({ sampling, id, actual }),
    ).toBe(true);

    const wanted = describeToken(logits, actual.id, sampling, before);
    expect(actual.rank).toBe(wanted.rank);
    expect(actual.logProbability).toBeCloseTo(wanted.logProbability, 3);
    expect(actual.alternatives.map((a) => a.id)).toEqual(wanted.alternatives.map((a) => a.id));
    for (const [n, alternative] of actual.alternatives.entries()) {
      expect(alternative.logProbability).toBeCloseTo(wanted.alternatives[n].logProbability, 3);
      if (!isAtCut) expect(alternative.probability).toBeCloseTo(wanted.alternatives[n].probability, 3);
    }
    if (!isAtCut) expect(actual.probability).toBeCloseTo(wanted.probability, 3);
  }
}

/** Whether a rounding error moves a score across the cutoff. */
function isCutTie(logits: Float32Array, sampling: Sampling, seen: Seen, id: number): boolean {
  const nudged = Float32Array.from(logits);
  nudged[id] += 1e-4 * (1 + Math.abs(nudged[id]));
  return sample(nudged, sampling, 0, seen).perturbed[id] !== Number.NEGATIVE_INFINITY;
}

const SETTINGS: Sampling[] = [
  GREEDY,
  { ...GREEDY, repetitionPenalty: 1.5 },
  PLAIN,
  { ...PLAIN, temperature: 0.3, seed: 4294967295 },
  { ...PLAIN, temperature: 10 },
  { ...PLAIN, topK: 1 },
  { ...PLAIN, topK: 7, seed: 3 },
  { ...PLAIN, topK: 1e6 },
  { ...PLAIN, topP: 1e-4 },
  { ...PLAIN, topP: 0.5, seed: 5 },
  { ...PLAIN, topP: 0.999, seed: 6 },
  { ...PLAIN, minP: 1 },
  { ...PLAIN, minP: 0.1, seed: 7 },
  { ...PLAIN, repetitionPenalty: 0.5, seed: 8 },
  { temperature: 0.8, topK: 40, topP: 0.9, minP: 0.05, repetitionPenalty: 1.3, sequencePenalty: 0, seed: 9 },
  { ...GREEDY, sequencePenalty: 0.5 },
  { ...PLAIN, sequencePenalty: 0.3, seed: 10 },
  { temperature: 0.8, topK: 40, topP: 0.9, minP: 0.05, repetitionPenalty: 1.3, sequencePenalty: 1, seed: 11 },
];

describe.each([2, 9, 300, 8192])('a vocabulary of %i', (vocab) => {
  let backend: WebGpuBackend;
  let streams: Streams;
  let model: ModelData;
  beforeAll(async () => {
    model = randomModel({ vocab_size: vocab });
    backend = await createOnSharedDevice(model);
    streams = await backend.open(1);
  }, 120_000);
  afterAll(() => streams?.close());

  /** Texts with repetitions: one is longer than REACH, one contains the end of an article. */
  const texts = [
    [1, 3, 5, 7],
    [1, 2, 3, 4, 1, 2, 5, 1, 2],
    Array.from({ length: 40 }, () => 1),
    Array.from({ length: 700 }, (_, i) => 1 + (hash(5, i, 0) % 6)),
    [1, 2, 3, 1, 2, 0, 4, 1, 5, 1],
    [],
  ].map((ids) => ids.filter((id) => id < vocab));
  const cases = SETTINGS.flatMap((sampling, i) =>
    (sampling.sequencePenalty ? texts : texts.slice(0, 1)).map((seen) => ({
      sampling,
      length: 1 + 1000 * i,
      seen,
    })),
  );

  test('spread logits give the reference’s draws', async () => {
    const logits = Float32Array.from({ length: vocab }, (_, id) => (hash(1, 2, id) / 2 ** 32) * 12 - 6);
    await draws(streams, model, logits, cases);
  });

  test('ties, equal and extreme logits give the reference’s draws', async () => {
    const tied = Float32Array.from({ length: vocab }, (_, id) => Math.floor((hash(3, 4, id) / 2 ** 32) * 4));
    await draws(
      streams,
      model,
      tied,
      cases.filter((_, i) => i % 2 === 0),
    );
    await draws(
      streams,
      model,
      new Float32Array(vocab),
      cases.filter((_, i) => i % 3 === 0),
    );
    const steep = Float32Array.from({ length: vocab }, (_, id) => (id === vocab - 1 ? 1000 : -1000 - id));
    await draws(
      streams,
      model,
      steep,
      cases.filter((_, i) => i % 4 === 0),
    );
  });
});

test('draws follow the distribution', async () => {
  const model = randomModel({ vocab_size: 9 });
  const streams = await (await createOnSharedDevice(model)).open(1);
  await streams.read([0]);
  const start = await streams.snapshot();
  const counts = new Float64Array(9);
  const logits = Float32Array.from({ length: 9 }, (_, id) => -0.4 * id);
  const N = 300;
  for (let draw = 0; draw < N; draw++) {
    await streams.restore({ ...start, length: draw + 1, logits });
    for await (const [{ records }] of streams.decode([{ sampling: PLAIN, maxTokens: 1, stopTokens: [] }]))
      for (const id of idsOf(records)) counts[id]++;
  }
  const weights = scores(logits, PLAIN, () => 0).map(Math.exp);
  const total = weights.reduce((sum, w) => sum + w, 0);
  const chiSquare = counts.reduce((sum, n, id) => {
    const expected = (N * weights[id]) / total;
    return sum + (n - expected) ** 2 / expected;
  }, 0);
  expect(chiSquare).toBeLessThan(26.1); // p = 0.001 at 8 degrees of freedom; the seed is fixed
  streams.close();
});
