import { afterEach, beforeEach, expect, test } from 'vitest';
import { relativeError } from '../../../tests/golden';
import { randomModel } from '../../../tests/random-model';
import { createWasmBackend } from '../../cpu/wasm-backend';
import { Reference } from '../../model/core/reference';
import { withReweighting } from '../../model/core/variant';
import { HeadLens } from '../../model/lens/head-lens';
import { klDivergence } from '../../model/lens/measures';
import { WINDOW } from '../../model/lens/window';
import type { Backend, ModelData, Streams } from '../../model/runtime/backend';
import type { Model } from '../../model/runtime/folder';
import { hash } from '../../model/sampling/random';
import { logSumExp } from '../../model/sampling/sampling';
import { SnapshotStore } from '../snapshot-store';
import { CountedEngine, PROMPT, SAMPLING } from '../testing';
import { TextStream } from '../text-stream';
import { Lens } from './attention-lens';
import type { LensAnswer, LensQuestions, Proportions } from './messages';

const data: ModelData = randomModel({ num_hidden_layers: 2, hidden_size: 16 }, 3);
const model = data as unknown as Model; // the lens does not use its tokenizer and manifest
const { config } = data;

let backend: Backend;
let read = 0; // tokens read by streams from `counted`
let snapshots: SnapshotStore;
let lens: Lens;

beforeEach(async () => {
  backend = await createWasmBackend(data);
  snapshots = new SnapshotStore();
  lens = new Lens({ model, backend: counted(backend), snapshots, createBackend: createWasmBackend });
});
afterEach(async () => {
  await lens.close();
  backend.destroy();
});

function counted(real: Backend): Backend {
  const open = async (count: number) => {
    const streams = await real.open(count);
    const counting = <T extends 'read' | 'capture'>(name: T) => {
      const original = streams[name].bind(streams) as (...values: unknown[]) => unknown;
      (streams as unknown as Record<string, unknown>)[name] = (tokens: number[], options: unknown) => {
        read += tokens.length;
        return original(tokens, options);
      };
    };
    counting('read');
    counting('capture');
    return streams;
  };
  return {
    kind: real.kind,
    device: real.device,
    lost: real.lost,
    open,
    memory: () => real.memory(),
    destroy: () => {},
  };
}

const text = (count: number) =>
  Array.from({ length: count }, (_, i) => (i % 6000 === 0 ? 0 : 1 + (hash(8, 9, i) % 39)));

const ask = <K extends keyof LensQuestions>(
  tokens: number[],
  kind: K,
  question: LensQuestions[K],
  {
    token = tokens.length - 1,
    proportions = 'learned',
    isQuick = false,
  }: { token?: number; proportions?: Proportions; isQuick?: boolean } = {},
) => {
  read = 0;
  const runs = [{ ids: Uint32Array.from(tokens.slice(1)) }];
  return lens.ask({ runs, token, proportions, isQuick, kind, question });
};

/** The text, with snapshots as after a generation. */
async function written(tokens: number[]): Promise<void> {
  const streams = await backend.open(1);
  await new TextStream(streams, snapshots).moveTo(tokens, new AbortController().signal, { report: () => {} });
  streams.close();
}

/** One head's lens over tokens [start, end) of a text, read from its beginning. */
async function fresh(tokens: number[], start: number, layer: number, head: number): Promise<HeadLens> {
  const streams: Streams = await backend.open(1);
  await streams.read(tokens.slice(0, start));
  const captures = await streams.capture(tokens.slice(start));
  streams.close();
  return new HeadLens(captures[layer], config, head);
}

const near = (actual: ArrayLike<number>, expected: ArrayLike<number>) =>
  expect(relativeError(actual, expected)).toBeLessThan(1e-5);

test('opening at the end of 10,000 tokens rereads at most 768, and closing frees every byte', async () => {
  const tokens = text(10_000);
  await written(tokens);
  const before = backend.memory();
  const { start, count, reread, answer } = await ask(tokens, 'row', { layer: 1, head: 1, measure: 'share' });
  expect([start, count]).toEqual([tokens.length - WINDOW, WINDOW]);
  expect(read).toBeLessThanOrEqual(WINDOW + 256);
  expect(reread).toBe(read);
  const expected = (await fresh(tokens, start, 1, 1)).row(WINDOW - 1);
  near(answer.shares, expected.shares);
  near([answer.earlier], [expected.earlier]);
  await lens.close();
  expect(backend.memory()).toEqual(before);
});

test('a quick question reads less and has the same shares, and the next one fills the window', async () => {
  const tokens = text(10_000);
  await written(tokens);
  const row: LensQuestions['row'] = { layer: 1, head: 1, measure: 'share' };
  const quick = await ask(tokens, 'row', row, { isQuick: true });
  expect(read).toBeLessThanOrEqual(128 + 256);
  expect(quick.isPartial).toBe(true);
  expect(quick.count).toBeGreaterThanOrEqual(128);
  const full = await ask(tokens, 'row', row);
  expect([full.isPartial, full.start, full.count]).toEqual([false, tokens.length - WINDOW, WINDOW]);
  near(quick.answer.shares, full.answer.shares.subarray(WINDOW - quick.count));
  await ask(tokens, 'row', row, { isQuick: true });
  expect(read).toBe(0);
  const short = await ask(tokens.slice(0, 300), 'row', row, { isQuick: true });
  expect([short.isPartial, short.start]).toEqual([false, 0]);
});

test('follows a growing text by reading only new tokens, with the same answers as a new lens', async () => {
  const tokens = text(1500);
  for (const length of [300, 301, 310, 500, 560, 900, 901, 1100, 1500]) {
    const part = tokens.slice(0, length);
    const { start, before, answer } = await ask(part, 'row', { layer: 1, head: 0, measure: 'output' });
    expect(start).toBe(Math.max(0, length - WINDOW));
    expect(before).toBe(start);
    const signed = (await fresh(part, start, 1, 0)).signedRow(length - 1 - start);
    near(answer.shares, signed.shares);
    expect(Math.abs(answer.earlier - signed.earlier)).toBeLessThan(1e-4);
  }
  expect(read).toBe(400); // after the last question
});

test('stepping through the window reads no tokens; an earlier token moves the window', async () => {
  const tokens = text(2000);
  await written(tokens);
  const row: LensQuestions['row'] = { layer: null, head: null, measure: 'share' };
  await ask(tokens, 'row', row);
  const { start, answer } = await ask(tokens, 'row', row, { token: 1800 });
  expect([read, start, answer.shares.length]).toEqual([0, 1488, 313]);
  expect(answer.heads).toBe(4);
  const sum = answer.shares.reduce((a, b) => a + b, 0) + answer.earlier;
  expect(sum).toBeCloseTo(1 - answer.silent / 4, 5);
  const back = await ask(tokens, 'row', row, { token: 1000 });
  expect(back.start).toBeLessThanOrEqual(1000 - 128);
  expect(back.start + back.count).toBeGreaterThan(1000);
  expect(read).toBeLessThanOrEqual(WINDOW + 256);
  await ask([...tokens.slice(0, 900), 7, ...tokens.slice(901)], 'row', row, { token: 1000 }); // an edit before the token
  expect(read).toBeGreaterThan(100);
});

test('matrices, proportions and overview agree with the rows', async () => {
  const tokens = text(200);
  const head = await fresh(tokens, 0, 1, 1);
  const { answer, count } = await ask(tokens, 'matrix', { layer: 1, head: 1, of: 'share' });
  near(answer.values.subarray(150 * count, 150 * count + 151), head.row(150).shares);
  const again = await ask(tokens, 'matrix', { layer: 1, head: 1, of: 'reweighting' });
  expect(again.answer.values[150 * count + 20]).toBeCloseTo(head.reweighting(150, 20), 6);
  expect(again.answer.values[20 * count + 150]).toBe(0);

  const { answer: proportions } = await ask(tokens, 'proportions', { layer: 1, head: 1 });
  expect(proportions.query[9]).toBeCloseTo(head.queryProportion(9), 6);
  expect(proportions.reweighting).toEqual(again.answer.values);
  expect(proportions.halfLife[9]).toBeCloseTo(Math.LN2 / -Math.log(head.decay(9)), 3);
  const keyTaps = Array.from(
    { length: 8 },
    (_, c) => data.weights.layers[1].convolution![4 * (16 + 8 + c) + 2],
  );
  const meanTap = keyTaps.reduce((total, tap) => total + Math.abs(tap), 0) / 8;
  expect(proportions.taps![4 + 2]).toBeCloseTo(meanTap, 6); // of the key, for the previous token
  const { span } = head.concentration(150, head.factors(150).similarity, 0);
  expect(proportions.spans.similarity[150]).toBeCloseTo(span[0], 3);

  const { answer: overview } = await ask(tokens, 'overview', { every: 1, marks: [3, 5] });
  const later = await ask([...tokens, 7], 'overview', { every: 1, marks: [3, 5] }); // a longer text has another
  expect(later.answer.heads[1][1].span).not.toEqual(overview.heads[1][1].span);
  const rows = tokens.map((_, i) => head.row(i));
  const loud = [...rows.entries()].filter(([, row]) => row.mass > 0);
  const mean = (value: (i: number, row: (typeof rows)[0]) => number) =>
    loud.reduce((total, [i, row]) => total + value(i, row), 0) / loud.length;
  const summary = overview.heads[1][1];
  expect(summary.previous).toBeCloseTo(
    mean((i, row) => head.concentration(i, row, 0).previous),
    4,
  );
  expect(summary.span[0]).toBeCloseTo(
    mean((i, row) => head.concentration(i, row, 0).span[0]),
    3,
  );
  expect(summary.marks).toBeCloseTo(
    mean((_, row) => row.shares.reduce((sum, p, j) => sum + ([3, 5].includes(tokens[j]) ? p : 0), 0)),
    4,
  );
  expect(summary.silent).toBeCloseTo(1 - loud.length / rows.length, 9);
});

test.each(['static', 'none'] as const)(
  'the run with %s re-weighting equals the changed configuration from an empty state',
  async (reweighting) => {
    const tokens = text(700);
    const before = backend.memory();
    const of = { proportions: reweighting };
    const { answer, start, count } = await ask(tokens, 'counterfactual', {}, of);
    expect([answer.start, answer.count]).toEqual([256, 444]); // half a window and more before the last token
    expect([start, count]).toEqual([256, 444]);
    expect(answer.staticLength).toBe(reweighting === 'static' ? WINDOW : null);
    const part = tokens.slice(answer.start);
    const logits = [data, withReweighting(data, reweighting, WINDOW)].map(({ config, weights }) => {
      const reference = new Reference(config, weights);
      const state = reference.newState();
      return part.map((token) => reference.logits(reference.step(state, token)));
    });
    const losses = logits.map((rows) =>
      part.map((_, t) => (t === 0 ? 0 : logSumExp(rows[t - 1]) - rows[t - 1][part[t]])),
    );
    near(answer.learned.losses, losses[0]);
    near(answer.changed.losses, losses[1]);
    expect(relativeError(losses[0], losses[1])).toBeGreaterThan(1e-3);
    const divergence = part.map((_, t) => klDivergence(logits[0][t], logits[1][t]));
    // The divergence of nearly equal predictions is a small difference of float32 logits.
    expect(relativeError(answer.divergence, divergence)).toBeLessThan(5e-3);
    const mean = losses[1].reduce((a, b) => a + b, 0) / (part.length - 1);
    expect(answer.changed.perplexity).toBeCloseTo(Math.exp(mean), 3);

    const row = await ask(tokens, 'row', { layer: 1, head: 0, measure: 'share' }, { ...of, token: 600 });
    expect([read, row.start, row.before]).toEqual([0, 256, 0]); // of the same run
    const changed = await createWasmBackend(withReweighting(data, reweighting, WINDOW));
    const streams = await changed.open(1);
    const captures = await streams.capture(part.slice(0, 600 - 256 + 1));
    const variant = withReweighting(data, reweighting, WINDOW).config;
    near(row.answer.shares, new HeadLens(captures[1], variant, 0).row(600 - 256).shares);
    changed.destroy();
    await ask(tokens, 'counterfactual', {}, { ...of, token: 100 });
    expect(read).toBeGreaterThan(0); // another stretch of the text
    await lens.close();
    expect(backend.memory()).toEqual(before);
  },
);

test('a new question cancels that of the same kind and waits for the others; missing heads', async () => {
  const tokens = text(3000);
  const row = { layer: 0, head: 0, measure: 'share' } as const;
  const all = { every: 1, marks: [] };
  const first = ask(tokens, 'overview', all);
  const second = ask(tokens, 'row', row);
  const third = ask(tokens, 'overview', all);
  await expect(first).rejects.toMatchObject({ code: 'cancelled' });
  expect((await second).start).toBe(3000 - WINDOW);
  expect((await third).answer.heads).toHaveLength(2);
  await expect(ask(tokens, 'matrix', { layer: 9, head: 0, of: 'share' })).rejects.toMatchObject({
    code: 'input',
  });
});

test('answers during a generation, without changing it', async () => {
  const counted = new CountedEngine();
  await counted.load();
  const { engine } = counted;
  const alone = await counted.generate([{ text: PROMPT }], { maxTokens: 60 });
  const ids: number[] = [];
  const answers: Promise<LensAnswer<'row'>>[] = [];
  const question: LensQuestions['row'] = { layer: null, head: null, measure: 'share' };
  const look = (token: number, written: number[]) =>
    engine.look({
      runs: [{ text: PROMPT }, { ids: Uint32Array.from(written) }],
      token,
      proportions: 'learned',
      kind: 'row',
      question,
    });
  const request = { sampling: SAMPLING, maxTokens: 60, atArticleEnd: 'continue' } as const;
  await look(0, []); // opens the lens at the first token, before the generation ends
  const writing = await engine.generate({ runs: [{ text: PROMPT }], ...request }, (event) => {
    if (event.type !== 'tokens') return;
    ids.push(...event.tokens.ids);
    const answer = look(Number.MAX_SAFE_INTEGER, ids);
    answer.catch(() => {}); // the next question may cancel it
    answers.push(answer);
  });
  expect(ids).toEqual(alone.ids);
  const settled = await Promise.allSettled(answers);
  const last = settled.at(-1)!;
  expect(last.status).toBe('fulfilled');
  const { start, count, encoded, answer } = await answers.at(-1)!;
  expect([start, count]).toEqual([0, 1 + encoded[0].tokens.ids.length + 60]);
  expect(answer.shares.reduce((a, b) => a + b, 0) + answer.earlier).toBeCloseTo(
    1 - answer.silent / answer.heads,
    4,
  );
  await engine.closeLens();
  const after = await engine.generate({ runs: [{ text: PROMPT }], ...request, maxTokens: 0 }, () => {});
  expect(after.figures.memory.state).toBeLessThan(writing.figures.memory.state); // with the lens open
  engine.unload();
});
