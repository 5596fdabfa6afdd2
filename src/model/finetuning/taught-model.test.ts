import { expect, test } from 'vitest';
import { gradientGoldens, loadGradientCase } from '../../../tests/golden-gradients';
import { loadGoldenModel } from '../../../tests/golden-models';
import { randomModel } from '../../../tests/random-model';
import { dequantize, matricesOf } from '../core/weights';
import { factors, newAdapter, TARGETS } from './adapter';
import { taughtModel } from './taught-model';

test.each(gradientGoldens.map((golden) => [golden.case, golden] as const))(
  'each weight of a taught model is W + scale B A to half a step of int8: %s',
  async (_name, golden) => {
    const { model, adapter } = await loadGradientCase(golden);
    const { rank, scale } = adapter;
    const values = Float32Array.from(adapter.values);
    const taught = await taughtModel(model, { rank, scale, values });
    for (const [n, layer] of factors(model.config, rank, values).entries())
      for (const target of TARGETS) {
        const [before, after] = [model.weights.layers[n][target], taught.weights.layers[n][target]];
        const { rows, columns, precision, scales } = after;
        expect(precision).toBe('int8');
        const [W, merged, { A, B }] = [dequantize(before), dequantize(after), layer[target]];
        let error = 0; // in steps of int8
        for (let i = 0; i < rows * columns; i++) {
          const [row, column] = [Math.floor(i / columns), i % columns];
          let expected = W[i];
          for (let r = 0; r < rank; r++) expected += scale * B[row * rank + r] * A[r * columns + column];
          error = Math.max(error, Math.abs(merged[i] - expected) / scales![row]);
        }
        expect(error).toBeLessThan(0.5001);
      }
    expect(taught.weights.embedding).toBe(model.weights.embedding);
  },
);

test('an untrained adapter and strength 0 leave an int8 model as it is', async () => {
  const base = await taughtModel(randomModel(), newAdapter(randomModel().config, 1, 1));
  const values = newAdapter(base.config, 2, 1).values.map((x) => x + 1);
  for (const adapter of [newAdapter(base.config, 2, 1), { rank: 2, scale: 0, values }]) {
    const taught = await taughtModel(base, adapter);
    for (const [i, matrix] of matricesOf(taught.weights).entries())
      expect(dequantize(matrix)).toEqual(dequantize(matricesOf(base.weights)[i]));
  }
});

test('the digest depends on the model, the numbers and the strength', async () => {
  const model = await loadGoldenModel('odd-heads');
  const adapter = newAdapter(model.config, 1, 1);
  const digests = await Promise.all(
    [
      taughtModel(model, adapter),
      taughtModel({ ...model, digest: 'other' }, adapter),
      taughtModel(model, { ...adapter, scale: 1.5 }),
      taughtModel(model, newAdapter(model.config, 1, 2)),
    ].map(async (taught) => (await taught).digest),
  );
  expect(new Set([...digests, model.digest]).size).toBe(5);
  expect((await taughtModel(model, newAdapter(model.config, 1, 1))).digest).toBe(digests[0]);
});
