import { describe, expect, test } from 'vitest';
import { relativeError } from '../../tests/golden';
import { loadGoldenModel } from '../../tests/golden-models';
import { withPrecision } from '../../tests/quantize';
import { randomModel } from '../../tests/random-model';
import { mapMatrices, type Precision } from '../model/core/weights';
import type { ModelData, Streams } from '../model/runtime/backend';
import { ReferenceBackend } from '../model/runtime/reference-backend';
import { hash } from '../model/sampling/random';
import { idsOf, logProbabilitiesOf } from '../model/sampling/records';
import { GREEDY } from '../model/sampling/sampling';
import { createOnSharedDevice } from './testing';
import { GRAPHICS, SOFTWARE, type Tuning } from './tuning';

/** Prefills a text in chunks, then decodes; compares state, logits and records with the reference, teacher-forced. */
async function agree(model: ModelData, tuning = GRAPHICS, tolerance = 1e-4) {
  const backend = await createOnSharedDevice(model, tuning);
  const streams = await backend.open(1);
  const reference = await new ReferenceBackend(model).open(1);
  const { vocabSize } = model.config;
  const tokens = Array.from({ length: 70 }, (_, i) => (i === 40 ? 0 : hash(5, 6, i) % vocabSize));

  const read = await streams.read(tokens, { records: true });
  const expected = await reference.read(tokens, { records: true });
  const surprise = (records: Float32Array) => logProbabilitiesOf(records).slice(1);
  expect(relativeError(surprise(read.records!), surprise(expected.records!))).toBeLessThan(tolerance);
  await compare(streams, reference, tolerance);

  const written: Float32Array[] = [];
  for await (const [batch] of streams.decode([{ sampling: GREEDY, maxTokens: 6, stopTokens: [] }]))
    written.push(batch.records);
  const ids = written.flatMap(idsOf);
  expect(ids).toHaveLength(6);
  await reference.read(ids);
  await compare(streams, reference, tolerance);

  await streams.restore(await reference.snapshot());
  await streams.read([1]);
  await reference.read([1]);
  await compare(streams, reference, tolerance);
  streams.close();
}

async function compare(streams: Streams, reference: Streams, tolerance: number) {
  const actual = await streams.snapshot();
  const expected = await reference.snapshot();
  expect(relativeError(actual.logits, expected.logits)).toBeLessThan(tolerance);
  expect(relativeError(actual.state, expected.state)).toBeLessThan(tolerance);
  expect(actual.seen).toEqual(expected.seen);
  expect([actual.length, actual.position]).toEqual([expected.length, expected.position]);
}

// A software adapter takes seconds to compile a kernel, so configurations share shapes where possible.
describe('agrees with the reference on', () => {
  test.each<[string, Record<string, unknown>]>([
    ['the smallest heads', { hidden_size: 4, num_attention_heads: 1 }],
    ['a vocabulary of two', { vocab_size: 2 }],
    ['an MLP with an incomplete slice', { intermediate_size: 131, hidden_size: 12, num_attention_heads: 1 }],
    ['an MLP of one unit', { intermediate_size: 1 }],
    [
      'a vocabulary larger than a block, sinusoids and no convolution',
      { vocab_size: 261, position: 'sinusoidal', conv_kernel: 0, decay: false },
    ],
    ['a denominator', { normalizer: 'denominator', num_hidden_layers: 2 }],
    ['no re-weighting', { reweighting: 'none', normalizer: 'denominator', decay: false }],
    [
      'static re-weighting',
      { reweighting: 'static', intermediate_size: 131, hidden_size: 12, num_attention_heads: 1 },
    ],
    [
      'heads wider than a workgroup',
      { hidden_size: 88, num_attention_heads: 1, proportion_hidden_size: 22, normalizer: 'denominator' },
    ],
  ])('%s', async (_, options) => agree(randomModel(options, 1, 0.5)));

  test('many blocks of the vocabulary, wide heads and a wide MLP, on an emulated adapter', async () => {
    const shape = { vocab_size: 1100, intermediate_size: 131, hidden_size: 88, num_attention_heads: 1 };
    await agree(randomModel(shape, 1, 0.5), SOFTWARE);
  });

  test('int8 weights, on an emulated adapter without subgroups', async () => {
    const model = withPrecision(randomModel({ hidden_size: 20, num_attention_heads: 1 }), 'int8');
    await agree(model, { ...SOFTWARE, sharesReads: false });
  });

  // Rows of 72 and 131 and heads of 36 weights, so that groups of int4 end early.
  const ENDS = { hidden_size: 72, num_attention_heads: 2, intermediate_size: 131 };

  test.each<[Precision, Precision, Tuning]>([
    ['int8', 'float16', GRAPHICS],
    ['float16', 'int4', GRAPHICS],
    ['int4', 'int8', GRAPHICS],
    ['int4', 'int4', SOFTWARE],
  ])('layers in %s and an embedding in %s', async (layers, embedding, tuning) => {
    await agree(withPrecision(randomModel(ENDS), layers, embedding), tuning);
  });

  test('a different precision of each kind of matrix', async () => {
    const model = randomModel(ENDS);
    const store = (precision: Precision) => withPrecision(model, precision).weights.layers[0];
    const layer = {
      ...model.weights.layers[0],
      qkv: store('int8').qkv,
      output: store('int4').output,
      down: store('float16').down,
    };
    await agree({ ...model, weights: { ...model.weights, layers: [layer] } });
  });

  test('layers of two precisions', async () => {
    const model = withPrecision(randomModel({ ...ENDS, num_hidden_layers: 2 }), 'int4', 'int8');
    const [first] = model.weights.layers;
    const [, second] = withPrecision(model, 'int8').weights.layers;
    await agree({ ...model, weights: { ...model.weights, layers: [first, { ...second, up: first.up }] } });
  });

  test('int4 weights of the golden model with rows of 60 and heads of 20', async () => {
    await agree(withPrecision(await loadGoldenModel('odd-heads'), 'int4', 'int8'));
  });

  test('int4 rows of zeros and of -8, and the smallest and the largest scale', async () => {
    const model = withPrecision(randomModel(ENDS), 'int4', 'int8');
    const weights = mapMatrices(model.weights, (matrix) => {
      if (matrix.precision !== 'int4') return matrix;
      const [bytes, scales] = [matrix.bytes.slice(), matrix.scales!.slice()];
      const groups = scales.length / matrix.rows;
      bytes.fill(0, 0, 16 * groups);
      bytes.fill(0x88, 16 * groups, 32 * groups);
      scales.fill(2 ** -24, 2 * groups, 3 * groups);
      scales[3 * groups] = 65504;
      return { ...matrix, bytes, scales };
    });
    await agree({ ...model, weights });
  });

  test('huge weights', async () => agree(randomModel({}, 2, 1000)));

  test('tiny weights', async () => agree(randomModel({}, 3, 1e-3)));

  test('queries that are all zero', async () => {
    const model = randomModel({ normalizer: 'denominator' });
    const [layer] = model.weights.layers;
    new Float32Array(layer.qkv.bytes.buffer).fill(0, 0, model.config.hiddenSize ** 2);
    await agree(model);
  });

  test('a gate that clears everything, and one that keeps everything', async () => {
    for (const bias of [-200, 200]) {
      const model = randomModel();
      model.weights.layers[0].decayBias!.fill(bias);
      await agree(model);
    }
  });
});
