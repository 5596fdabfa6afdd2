import { describe, expect, test } from 'vitest';
import { goldenNames, loadGoldenModel } from '../../../tests/golden-models';
import { type HeadStep, Reference } from '../core/reference';
import { HeadLens, type LayerCapture } from './head-lens';

/** Reads a whole text with the reference, and captures its last `window` tokens. */
async function observe(name: string, window: number) {
  const { config, weights, golden } = await loadGoldenModel(name);
  const reference = new Reference(config, weights);
  const tokens = [...golden.tokens, ...golden.tokens.slice(1), ...golden.greedy];
  const steps: HeadStep[][][] = []; // [token][layer][head]
  const state = reference.newState();
  const start = tokens.length - window;
  let before = new Float64Array(reference.layout.size);
  for (const [i, token] of tokens.entries()) {
    if (i === start) before = state.values.slice();
    const layers: HeadStep[][] = Array.from({ length: config.layers }, () => []);
    const copy = (step: HeadStep) => ({
      ...step,
      query: step.query.slice(),
      key: step.key.slice(),
      value: step.value.slice(),
    });
    reference.step(state, token, (layer, step) => layers[layer].push(copy(step)));
    steps.push(layers);
  }
  const capture = (layer: number): LayerCapture => {
    const part = steps.slice(start).map((layers) => layers[layer]);
    const flat = (pick: (step: HeadStep) => Float64Array | number) =>
      Float64Array.from(
        part.flatMap((heads) =>
          heads.flatMap((step) => [pick(step)].flatMap((x) => (typeof x === 'number' ? [x] : [...x]))),
        ),
      );
    const at = layer * reference.layout.layerSize;
    const { heads, stateRows, headWidth } = config;
    return {
      query: flat((s) => s.query),
      key: flat((s) => s.key),
      value: flat((s) => s.value),
      queryProportion: flat((s) => s.queryProportion),
      keyProportion: flat((s) => s.keyProportion),
      decay: flat((s) => s.decay),
      S: before.subarray(at, at + heads * stateRows * headWidth),
      z: before.subarray(at + reference.layout.at.z, at + reference.layout.at.z + heads * stateRows),
    };
  };
  /** Explicit quadratic attention over the whole text: w(i, j) for all j <= i. */
  const weights2 = (layer: number, head: number, i: number) => {
    const w: number[] = [];
    for (let j = 0; j <= i; j++) {
      let D = 1;
      for (let t = j + 1; t <= i; t++) D *= steps[t][layer][head].decay;
      w.push(D * dot(steps[i][layer][head].query, steps[j][layer][head].key));
    }
    return w;
  };
  return { config, steps, start, capture, quadratic: weights2, count: tokens.length };
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, r) => sum + x * b[r], 0);
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

describe.each(goldenNames)('%s', (name) => {
  test('shares, `earlier` and contributions equal explicit quadratic attention over the whole text', async () => {
    const { config, steps, start, capture, quadratic, count } = await observe(name, 50);
    for (let layer = 0; layer < config.layers; layer++)
      for (let head = 0; head < config.heads; head++) {
        const lens = new HeadLens(capture(layer), config, head);
        for (const i of [start, start + 13, count - 1]) {
          const w = quadratic(layer, head, i);
          const W = sum(w);
          const { shares, earlier, mass } = lens.row(i - start);
          expect(mass).toBeCloseTo(W, 9);
          if (W === 0) {
            expect(sum(shares) + earlier).toBe(0);
            continue;
          }
          expect(earlier).toBeCloseTo(sum(w.slice(0, start)) / W, 9);
          for (const [j, p] of shares.entries()) expect(p).toBeCloseTo(w[start + j] / W, 9);
          expect(sum(shares) + earlier).toBeCloseTo(1, 9);

          const u = new Float64Array(config.headWidth).map((_, c) =>
            sum(w.map((x, j) => x * steps[j][layer][head].value[c])),
          );
          const signed = lens.signedRow(i - start);
          for (const [j, s] of signed.shares.entries())
            expect(s).toBeCloseTo(
              (w[start + j] * dot(steps[start + j][layer][head].value, u)) / dot(u, u),
              7,
            );
          expect(sum(signed.shares) + signed.earlier).toBeCloseTo(1, 7);
        }
      }
  });

  test('similarity times re-weighting is the reweighted score, and each factor sums to 1', async () => {
    const { config, capture } = await observe(name, 30);
    const lens = new HeadLens(capture(0), config, 0);
    const { similarity, reweighted, whole } = lens.factors(29);
    for (const row of [similarity, reweighted]) if (row.mass > 0) expect(sum(row.shares)).toBeCloseTo(1, 9);
    if (!config.isReweighted) expect([...reweighted.shares]).toEqual([...similarity.shares]);
    else if (whole.mass > 0)
      for (const [j, p] of reweighted.shares.entries())
        expect(p * reweighted.mass).toBeCloseTo(
          similarity.shares[j] * similarity.mass * lens.reweighting(29, j),
          9,
        );
  });
});

test('with proportions of 0 and 1, shares sum to 1 or the token is silent, despite rounding', () => {
  const T = 24;
  const E = 8;
  const at = (p: number) => [
    Math.fround(Math.cos(p * (Math.PI / 2))),
    Math.fround(Math.sin(p * (Math.PI / 2))),
  ];
  // pi/2 is not exact in float32; the cosine of the nearest number is -4.4e-8
  const [none, all] = [Math.fround(-4.371139e-8), 1];
  const query = Float32Array.from({ length: T * E }, (_, n) => (n % E < 4 ? none : all));
  const key = Float32Array.from({ length: T * E }, (_, n) => {
    const p = Math.floor(n / E) % 3 === 2 ? 1e-8 : 0; // every third has a small similarity
    return n % E < 4 ? at(p)[0] : at(p)[1] - (n % 2) * 1e-9;
  });
  const capture = {
    query,
    key,
    value: new Float32Array(T * 4).fill(1),
    decay: new Float32Array(T).fill(1),
    queryProportion: new Float32Array(T).fill(1),
    keyProportion: new Float32Array(T),
    S: new Float32Array(E * 4),
    z: new Float32Array(E).fill(-1e-8),
  };
  const lens = new HeadLens(
    capture,
    { heads: 1, headWidth: 4, stateRows: E, isReweighted: true } as never,
    0,
  );
  for (let i = 0; i < T; i++) {
    const { shares, earlier, mass } = lens.row(i);
    expect(Math.min(earlier, ...shares)).toBeGreaterThanOrEqual(0);
    expect(sum(shares) + earlier).toBeCloseTo(mass > 0 ? 1 : 0, 9);
  }
});

describe('concentration', () => {
  const config = { heads: 1, headWidth: 4, stateRows: 4, isReweighted: false } as never;
  const lens = new HeadLens({ decay: new Float64Array(4) } as LayerCapture, config, 0);
  const row = (shares: number[], earlier = 0) => ({ shares: Float64Array.from(shares), earlier, mass: 1 });

  test('spans are effective numbers of tokens', () => {
    expect(lens.concentration(3, row([0.25, 0.25, 0.25, 0.25]), 0)).toMatchObject({
      distance: 1.5,
      previous: 0.25,
    });
    expect(lens.concentration(3, row([0.25, 0.25, 0.25, 0.25]), 0).span[0]).toBeCloseTo(4, 12);
    expect(lens.concentration(1, row([0, 1]), 0).span).toEqual([1, 1]);
  });

  test('mass before the window makes the span a range', () => {
    const { span, distance } = lens.concentration(1, row([0.25, 0.25], 0.5), 100);
    expect(span[0]).toBeCloseTo(Math.exp(1.5 * Math.LN2), 12);
    expect(span[1]).toBeCloseTo(span[0] * 10, 10);
    expect(distance).toBeCloseTo(0.25 + 0.5 * 2, 12);
  });
});
