import { describe, expect, test } from 'vitest';
import { REWEIGHTINGS } from '../src/model/core/config';
import { type HeadStep, Reference } from '../src/model/core/reference';
import { HeadLens } from '../src/model/lens/head-lens';
import type { Backend, ModelData } from '../src/model/runtime/backend';
import { hash } from '../src/model/sampling/random';
import { GREEDY } from '../src/model/sampling/sampling';
import { relativeError } from './golden';
import { goldenNames, loadGoldenModel } from './golden-models';
import { randomModel } from './random-model';

/** All combinations of re-weighting, normalizer, decay, convolution and position. */
const EVERY = REWEIGHTINGS.flatMap((reweighting) =>
  ['rms', 'denominator'].flatMap((normalizer) =>
    [true, false].flatMap((decay) =>
      [4, 0].flatMap((conv_kernel) =>
        ['none', 'sinusoidal'].map((position) => ({ reweighting, normalizer, decay, conv_kernel, position })),
      ),
    ),
  ),
);
/** A subset that covers every pair of values, for backends that compile each configuration, which takes seconds. */
export const PAIRS = [0, 15, 19, 28, 37, 42].map((n) => EVERY[n]);

/** Lengths of the short texts and of their windows. */
const [LENGTH, WINDOW] = [150, 70];

const PATIENCE = 600_000; // ms: compiling kernels, 10,000 tokens on the reference, and an emulated GPU beside other work

/** A configuration without decay, so that a long text counts in full. */
const FARSIGHTED = [EVERY[4]];

/**
 * Compares a backend's captures with explicit quadratic attention over the whole text by the reference. Texts of 10,000
 * tokens take seconds each on an emulated GPU; there, LONG=1 in the environment runs them for every configuration.
 */
export function describeCapture(
  name: string,
  create: (model: ModelData) => Promise<Backend>,
  { configurations = EVERY, isSlow = false } = {},
): void {
  const isThorough = !isSlow || Boolean(process.env.LONG);
  describe(`captures of ${name} give the shares of explicit attention over the whole text`, () => {
    test.each(goldenNames)(
      'of the golden model %s',
      async (model) => {
        const { golden, ...data } = await loadGoldenModel(model);
        const [opening, ...rest] = golden.tokens;
        const text = [opening, ...Array.from({ length: LENGTH - 1 }, (_, i) => rest[i % rest.length])];
        await compare(await create(data), data, text, WINDOW);
      },
      PATIENCE,
    );

    test.each(configurations)(
      'of a random model: $reweighting, $normalizer, decay $decay, $conv_kernel taps, $position',
      async (options) => {
        const model = randomModel({ ...options, num_hidden_layers: 2, hidden_size: 16 }, 4);
        await compare(await create(model), model, randomText(LENGTH, LENGTH - 60), WINDOW);
      },
      PATIENCE,
    );

    test.each(isThorough ? goldenNames : [])(
      'of the golden model %s at the end of 10,000 tokens, with a window of 512',
      async (name) => {
        const { golden: _, ...model } = await loadGoldenModel(name);
        await compare(await create(model), model, randomText(10_000, 2000), 512);
      },
      PATIENCE,
    );

    test.each(isThorough ? configurations : FARSIGHTED)(
      'of a random model at the end of 10,000 tokens: $reweighting, $normalizer, decay $decay, $conv_kernel taps, $position',
      async (options) => {
        const model = randomModel(options, 5);
        await compare(await create(model), model, randomText(10_000, 2000), 512);
      },
      PATIENCE,
    );

    test('while another stream decodes, which is not affected', async () => {
      const { golden, ...model } = await loadGoldenModel('leap-rms-decay-conv');
      const backend = await create(model);
      const [writer, looker] = [await backend.open(1), await backend.open(1)];
      const write = async () => {
        await writer.restore(null);
        await writer.read(golden.tokens);
        const records: number[] = [];
        const request = { sampling: { ...GREEDY, temperature: 1 }, maxTokens: 80, stopTokens: [] };
        for await (const [batch] of writer.decode([request])) records.push(...batch.records);
        return records;
      };
      const look = async () => {
        await looker.restore(null);
        return looker.capture([...golden.tokens, ...golden.tokens]);
      };
      const alone = [await write(), await look()];
      expect(await Promise.all([write(), look()])).toEqual(alone);
      backend.destroy();
    });

    test('rejects ids outside the vocabulary, and stops', async () => {
      const model = randomModel();
      const backend = await create(model);
      const streams = await backend.open(1);
      await expect(streams.capture([0, 40])).rejects.toMatchObject({ code: 'input' });
      const before = backend.memory();
      const signal = AbortSignal.abort();
      await expect(streams.capture([0, 1], { signal })).rejects.toMatchObject({ code: 'cancelled' });
      expect(backend.memory()).toEqual(before);
      backend.destroy();
    });
  });
}

/** Ids below 40, with document starts at the beginning and at `opens`. */
function randomText(count: number, opens: number): number[] {
  return Array.from({ length: count }, (_, i) => (i === 0 || i === opens ? 0 : 1 + (hash(8, 9, i) % 39)));
}

async function compare(backend: Backend, model: ModelData, tokens: readonly number[], window: number) {
  const { config } = model;
  const start = tokens.length - window;
  const unopened = backend.memory();
  const streams = await backend.open(1);
  await streams.read(tokens.slice(0, start));
  const before = backend.memory();
  const captures = await streams.capture(tokens.slice(start));
  expect(backend.memory()).toEqual(before);
  expect(streams.length()).toBe(tokens.length);
  if (tokens.length < 1000) {
    const logits = await streams.logits();
    await streams.restore(null);
    await streams.read(tokens);
    expect(relativeError(logits, await streams.logits())).toBeLessThan(1e-4);
  }
  streams.close();
  expect(backend.memory()).toEqual(unopened);
  backend.destroy();

  const steps = observe(model, tokens);
  for (let layer = 0; layer < config.layers; layer++)
    for (let head = 0; head < config.heads; head++) {
      const lens = new HeadLens(captures[layer], config, head);
      const seen = steps.map((layers) => layers[layer][head]);
      for (const i of [start, start + window / 2, tokens.length - 1])
        compareRow(lens, seen, start, i, config.isReweighted);
    }
}

/** Checks one row within 1e-6 + 1e-4 p, and the proportions and the decay. */
function compareRow(
  lens: HeadLens,
  seen: readonly HeadStep[],
  start: number,
  i: number,
  isReweighted: boolean,
): void {
  const w = weightsOf(seen, i);
  const W = sum(w);
  const row = lens.row(i - start);
  const near = (actual: number, p: number) =>
    expect(Math.abs(actual - p)).toBeLessThanOrEqual(1e-6 + 1e-4 * Math.abs(p));
  near(lens.decay(i - start), seen[i].decay);
  if (isReweighted) {
    near(lens.queryProportion(i - start), seen[i].queryProportion);
    near(lens.keyProportion(i - start), seen[i].keyProportion);
  }
  if (W === 0) {
    expect(sum(row.shares) + row.earlier).toBe(0);
    return;
  }
  near(row.earlier, sum(w.slice(0, start)) / W);
  for (const [j, p] of row.shares.entries()) near(p, w[start + j] / W);

  const u = seen[i].value.map((_, c) => sum(w.map((x, j) => x * seen[j].value[c])));
  const square = dot(u, u);
  const share = (j: number) => (w[j] * dot(seen[j].value, u)) / square;
  const signed = lens.signedRow(i - start);
  for (const [j, s] of signed.shares.entries()) near(s, share(start + j));
  near(signed.earlier, sum(w.slice(0, start).map((_, j) => share(j))));
}

/** Explicit quadratic attention: w(i, j) = (q~_i . k~_j) a_{j+1} ... a_i for all j <= i of the text. */
function weightsOf(seen: readonly HeadStep[], i: number): number[] {
  const w = new Array<number>(i + 1);
  let D = 1;
  for (let j = i; j >= 0; j--) {
    w[j] = D * dot(seen[i].query, seen[j].key);
    D *= seen[j].decay;
  }
  return w;
}

/** [token][layer][head] */
function observe({ config, weights }: ModelData, tokens: readonly number[]): HeadStep[][][] {
  const reference = new Reference(config, weights);
  const state = reference.newState();
  return tokens.map((token) => {
    const layers: HeadStep[][] = Array.from({ length: config.layers }, () => []);
    reference.step(state, token, (layer, step) => layers[layer].push({ ...step, value: step.value.slice() }));
    return layers;
  });
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((total, x, r) => total + x * b[r], 0);
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
