import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBytes, readJson } from '../../../scripts/node';
import { goldenNames } from '../../../tests/golden-models';
import { randomModel } from '../../../tests/random-model';
import { parseConfig } from './config';
import { readSafetensors } from './safetensors';
import { countParameters, LAYER_TENSORS, MODEL_TENSORS, offsetsOf, stateLayout, tensorsOf } from './tensors';

describe('the table of tensors', () => {
  test.each(goldenNames)('lists the tensors that the trainer exports for %s', (name) => {
    const folder = `tests/golden/models/${name}/`;
    const config = parseConfig(readJson(`${folder}config.json`));
    const stored = readSafetensors(readBytes(`${folder}model.safetensors`));
    const names = tensorsOf(config).map(({ name }) => name);
    const scales = names.filter((name) => stored.has(`${name}_scale`)).map((name) => `${name}_scale`);
    expect([...stored.keys()].sort()).toEqual([...names, ...scales].sort());
    for (const { name, shape } of tensorsOf(config)) {
      const { dtype, shape: inFile } = stored.get(name)!;
      const groups = stored.get(`${name}_scale`)?.shape[1];
      expect(inFile, name).toEqual(dtype === 'I32' ? [shape[0], groups, 4] : shape);
    }
  });

  test.each(goldenNames.filter((name) => !name.startsWith('int4')))('counts the parameters of %s', (name) => {
    const folder = `tests/golden/models/${name}/`;
    const stored = [...readSafetensors(readBytes(`${folder}model.safetensors`)).values()];
    expect(countParameters(parseConfig(readJson(`${folder}config.json`)))).toBe(
      stored.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0),
    );
  });

  test('equals the table in docs/model.md', () => {
    const docs = readFileSync('docs/model.md', 'utf8');
    const [, , ...rows] = docs.slice(docs.indexOf('| tensor |')).split('\n\n')[0].split('\n');
    const shapes = rows.map((row) =>
      row
        .split('|')
        .slice(1, 3)
        .join('|')
        .replaceAll(/ +\| +/g, ' ')
        .trim(),
    );
    const tensors = [
      ...Object.values(MODEL_TENSORS),
      ...Object.values(LAYER_TENSORS).map((tensor) => ({ ...tensor, name: `layers.N.${tensor.name}` })),
    ];
    expect(shapes).toEqual(tensors.map(({ name, shape }) => `${name} [${shape.join(', ')}]`));
  });
});

describe('offsets', () => {
  test('separate the parts, in order, each at a multiple', () =>
    fc.assert(
      fc.property(fc.array(fc.nat(100)), fc.constantFrom(1, 4, 16), (sizes, multiple) => {
        const { at, size } = offsetsOf(Object.fromEntries(sizes.map((n, i) => [`part${i}`, n])), multiple);
        const ends = [...Object.values(at).slice(1), size];
        for (const [i, start] of Object.values(at).entries()) {
          expect(start % multiple).toBe(0);
          expect(ends[i] - start).toBeGreaterThanOrEqual(sizes[i]);
          expect(ends[i] - start).toBeLessThan(sizes[i] + multiple);
        }
      }),
    ));

  test('of the state cover exactly S, z and the convolution inputs of every layer', () => {
    const { config } = randomModel({ num_hidden_layers: 3 }); // d 8, 2 heads
    expect(stateLayout(config)).toEqual({ at: { S: 0, z: 64, inputs: 80 }, layerSize: 152, size: 456 });
    const without = randomModel({ reweighting: 'none', conv_kernel: 0 });
    expect(stateLayout(without.config)).toMatchObject({ at: { S: 0, z: 32 }, size: 40 });
  });
});
