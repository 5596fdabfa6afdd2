import { describe, expect, test } from 'vitest';
import { goldenNames, loadGoldenModel } from '../../../tests/golden-models';
import { type HeadStep, Reference } from '../core/reference';
import { ReferenceBackend } from '../runtime/reference-backend';
import { tokenRow } from './measures';
import { type Pair, strongestPair } from './pair';
import { type HeadSummary, headKind, summarize } from './summary';
import { LensWindow } from './window';

const BEFORE = 20; // tokens before the window
const signal = new AbortController().signal;
const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
const span = (p: readonly number[]) => Math.exp(-sum(p.map((x) => (x > 0 ? x * Math.log(x) : 0))));

/** A window over a text, and the explicit quadratic attention of every head over the whole text, by the reference. */
async function observe(name: string) {
  const model = await loadGoldenModel(name);
  const { config, golden } = model;
  const tokens = [...golden.tokens, ...golden.tokens.slice(1)];
  const backend = new ReferenceBackend(model);
  const streams = await backend.open(1);
  await streams.read(tokens.slice(0, BEFORE));
  const window = new LensWindow(config, BEFORE);
  window.append(await streams.capture(tokens.slice(BEFORE)));

  const reference = new Reference(config, model.weights);
  const state = reference.newState();
  const steps = tokens.map((token) => {
    const layers: HeadStep[][] = Array.from({ length: config.layers }, () => []);
    reference.step(state, token, (layer, step) => {
      layers[layer].push({ ...step, query: step.query.slice(), key: step.key.slice() });
    });
    return layers;
  });
  const plain = (vector: Float64Array) => {
    const e = config.headWidth;
    return config.isReweighted
      ? Array.from({ length: e }, (_, c) => Math.hypot(vector[c], vector[c + e]))
      : [...vector];
  };
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => sum(Array.from(a, (x, r) => x * b[r]));
  const normal = (w: readonly number[]) => (sum(w) > 0 ? w.map((x) => x / sum(w)) : w);
  /** Rows of token i over the whole text, and within the window with fewer factors. */
  const rows = (layer: number, head: number, i: number) => {
    const step = (t: number) => steps[t][layer][head];
    const D = (j: number) =>
      steps.slice(j + 1, i + 1).reduce((a, layers) => a * layers[layer][head].decay, 1);
    const whole = Array.from({ length: i + 1 }, (_, j) => dot(step(i).query, step(j).key) * D(j));
    const inWindow = Array.from({ length: i + 1 - BEFORE }, (_, j) => BEFORE + j);
    const opening = inWindow.findLast((j) => step(j).decay === 0) ?? 0;
    const seen = (j: number) => (j < opening ? 0 : 1);
    return {
      whole: normal(whole),
      similarity: normal(inWindow.map((j) => seen(j) * dot(plain(step(i).query), plain(step(j).key)))),
      reweighted: normal(inWindow.map((j) => seen(j) * dot(step(i).query, step(j).key))),
    };
  };
  return { config, tokens, window, rows };
}

describe.each(goldenNames)('of %s', (name) => {
  test('the sums of a summary and the shares of a row equal explicit quadratic attention', async () => {
    const { config, tokens, window, rows } = await observe(name);
    const isMark = (i: number) => tokens[BEFORE + i] % 3 === 0;
    const heads = (await summarize(window, { tokensBefore: BEFORE, every: 1, isMark }, signal))!;
    for (let layer = 0; layer < config.layers; layer++)
      for (let head = 0; head < config.heads; head++) {
        const all = Array.from({ length: window.length }, (_, i) => ({
          i,
          ...rows(layer, head, BEFORE + i),
        }));
        const loud = all.filter(({ whole }) => sum(whole) > 0);
        const mean = (of: (row: (typeof all)[number]) => number) =>
          sum(loud.map(of)) / Math.max(loud.length, 1);
        const summary = heads[layer][head];
        expect(summary.self).toBeCloseTo(
          mean(({ i, whole }) => whole[BEFORE + i]),
          5,
        );
        expect(summary.marks).toBeCloseTo(
          mean(({ whole }) => sum(whole.slice(BEFORE).filter((_, j) => isMark(j)))),
          5,
        );
        expect(summary.similaritySpan).toBeCloseTo(
          mean(({ similarity }) => span(similarity)),
          3,
        );
        expect(summary.reweightedSpan).toBeCloseTo(
          mean(({ reweighted }) => span(reweighted)),
          3,
        );
      }
    const i = window.length - 1;
    const row = tokenRow(window, i, { layer: null, head: null, measure: 'share' });
    const each = Array.from({ length: config.layers * config.heads }, (_, n) =>
      rows(Math.floor(n / config.heads), n % config.heads, BEFORE + i),
    );
    for (let j = 0; j <= i; j++) {
      const mean = (of: (row: (typeof each)[number]) => number) => sum(each.map(of)) / each.length;
      expect(row.shares[j]).toBeCloseTo(
        mean(({ whole }) => whole[BEFORE + j]),
        6,
      );
      expect(row.similarity[j]).toBeCloseTo(
        mean(({ similarity }) => similarity[j]),
        6,
      );
      expect(row.reweighted[j]).toBeCloseTo(
        mean(({ reweighted }) => reweighted[j]),
        6,
      );
    }
  });

  test('the strongest pair has the largest share of all pairs of different words that are far enough apart', async () => {
    const { config, tokens, window, rows } = await observe(name);
    const words = tokens.map((_, position) => position).filter((position) => position % 2 === 0);
    const names = words.map((position) => tokens[position]);
    const question = { words, names, from: BEFORE + 12, to: tokens.length - 4, apart: 9 };
    let best: Pair | null = null;
    for (let layer = 0; layer < config.layers; layer++)
      for (let head = 0; head < config.heads; head++)
        for (const query of words.filter(
          (position) => position >= question.from && position <= question.to,
        )) {
          const { whole } = rows(layer, head, query);
          for (const key of words.filter((position) => position >= BEFORE && position <= query - 9))
            if (tokens[key] !== tokens[query] && whole[key] > (best?.share ?? 0))
              best = { layer, head, query, key, share: whole[key] };
        }
    const found = (await strongestPair(window, question, signal))!;
    expect(found.pair).toEqual(best && { ...best, share: expect.closeTo(best.share, 5) });
    const none = await strongestPair(window, { ...question, apart: tokens.length }, signal);
    expect(none).toEqual({ pair: null });
  });
});

test('the kind of a head is the first rule that holds', () => {
  const kind = (self: number, marks: number, distance: number) =>
    headKind({ self, marks, distance } as HeadSummary);
  expect(kind(0.61, 0.39, 2)).toBe('self');
  expect(kind(0.6, 0.41, 70)).toBe('structure');
  expect(kind(0.1, 0.4, 61)).toBe('far');
  expect(kind(0.1, 0.1, 7.9)).toBe('local');
  expect(kind(0.1, 0.1, 8)).toBe('broad');
});
