import { describe, expect, test } from 'vitest';
import { readJson } from '../scripts/node';
import { type Backend, type Logits, type ModelData, splitRows } from '../src/model/runtime/backend';
import { ReferenceBackend } from '../src/model/runtime/reference-backend';
import { hash } from '../src/model/sampling/random';
import { idsOf, readRecord } from '../src/model/sampling/records';
import { GREEDY, logSumExp } from '../src/model/sampling/sampling';
import { REACH, SeenTokens } from '../src/model/sampling/seen';
import { describeDecoding, SAMPLED, type WithStreams, write } from './conformance-decode';
import { type AttentionGolden, agrees, checkAttention, checkModel, relativeError } from './golden';
import { GOLDEN, goldenNames, loadGoldenModel } from './golden-models';

const attentionCases: AttentionGolden[] = readJson(`${GOLDEN}leapformer-attention.json`).cases;

/** Tests that every backend must pass, on the same golden vectors. */
export function describeConformance(name: string, create: (model: ModelData) => Promise<Backend>): void {
  const withStreams: WithStreams = async (model, count, body) => {
    const backend = await create(model);
    try {
      await body(await backend.open(count), backend);
    } finally {
      backend.destroy();
    }
  };

  describe(`${name} conforms`, () => {
    test.each(attentionCases.map((c) => [c.heads, c.headDim, c] as const))(
      'to the published attention, %i heads of %i',
      async (_heads, _width, golden) => {
        for (const agreement of await checkAttention(golden, create)) expect(agreement).toSatisfy(agrees);
      },
    );

    test.each(goldenNames)('to the golden model %s', async (model) => {
      const data = await loadGoldenModel(model);
      const backend = await create(data);
      for (const agreement of await checkModel(backend, data.golden)) expect(agreement).toSatisfy(agrees);
      backend.destroy();
    });

    test('to the reference if Pq is near 1 and Pk near 0, where rms amplifies the error of 1 - P', async () => {
      const data = await loadGoldenModel('leap-rms-decay-conv');
      const layers = data.weights.layers.map((layer) => ({
        ...layer,
        queryOutputBias: Float32Array.of(10),
        keyOutputBias: Float32Array.of(-10),
      }));
      const model = { ...data, weights: { ...data.weights, layers } };
      const logits = async (backend: Backend) => {
        const streams = await backend.open(1);
        await streams.read(data.golden.tokens);
        const read = await streams.logits();
        await write(streams, GREEDY, 1); // a decode step
        const written = await streams.logits();
        backend.destroy();
        return { read, written };
      };
      const [mine, expected] = [await logits(await create(model)), await logits(new ReferenceBackend(model))];
      expect(relativeError(mine.read, expected.read)).toBeLessThan(1e-5);
      expect(relativeError(mine.written, expected.written)).toBeLessThan(1e-5);
    });

    test.each(goldenNames)(
      'reading in any chunks equals token by token, also for each row of onLogits: %s',
      async (model) => {
        const data = await loadGoldenModel(model);
        const tokens = [...data.golden.tokens, ...data.golden.tokens, ...data.golden.tokens];
        await withStreams(data, 2, async (streams) => {
          await streams.read(tokens.slice(0, 7), { stream: 1 });
          const other = await streams.snapshot(1);
          const stepped: Logits[] = [];
          for (const token of tokens) {
            await streams.read([token]);
            stepped.push(await streams.logits());
          }
          for (const [cuts, records] of [
            [[tokens.length], false],
            [[1, 63, 64, 65], true],
            [[17, 130], false],
          ] as const) {
            const parts: number[][] = [];
            for (let at = 0; at < tokens.length; at += parts.at(-1)!.length)
              parts.push(tokens.slice(at, at + cuts[parts.length % cuts.length]));
            await streams.restore(null);
            for (const part of parts) await streams.read(part);
            expect(streams.length()).toBe(tokens.length);
            expect(relativeError(await streams.logits(), stepped.at(-1)!)).toBeLessThan(1e-4);
            await streams.restore(null);
            const rows: Logits[] = [];
            for (const part of parts) {
              const start = rows.length;
              const onLogits = (from: number, values: Logits) => {
                expect(start + from).toBe(rows.length);
                rows.push(...splitRows(values, data.config.vocabSize));
              };
              const result = await streams.read(part, { onLogits, records });
              expect(rows.length).toBe(start + part.length);
              expect(await streams.logits()).toEqual(rows.at(-1));
              if (records) checkRecords(result.records!, part, rows.slice(-part.length));
            }
            for (const [t, row] of rows.entries()) expect(relativeError(row, stepped[t])).toBeLessThan(1e-4);
          }
          expect(await streams.snapshot(1)).toEqual(other);
        });
      },
    );

    test('onLogits is awaited, and an aborted read delivers the rows of the tokens that it counts', async () => {
      const data = await loadGoldenModel('leap-denominator');
      await withStreams(data, 1, async (streams) => {
        const tokens = Array.from({ length: 1000 }, (_, i) => i % 64);
        const abort = new AbortController();
        let delivered = 0;
        const { count } = await streams.read(tokens, {
          signal: abort.signal,
          onLogits: async (_, rows) => {
            await new Promise((resolve) => setTimeout(resolve, 20));
            delivered += rows.length / data.config.vocabSize;
            abort.abort();
          },
        });
        expect(count).toBeLessThan(tokens.length);
        expect([count, streams.length()]).toEqual([delivered, delivered]);
      });
    });

    test.each(goldenNames)('a restored snapshot continues bit for bit: %s', async (model) => {
      const data = await loadGoldenModel(model);
      await withStreams(data, 1, async (streams) => {
        await streams.read(data.golden.tokens);
        const snapshot = await streams.snapshot();
        const first = await write(streams, SAMPLED, 20);
        const after = await streams.logits();
        await streams.restore(snapshot);
        expect(await write(streams, SAMPLED, 20)).toEqual(first);
        expect(await streams.logits()).toEqual(after);
        await streams.restore(null);
        await streams.read(data.golden.tokens);
        expect(await write(streams, SAMPLED, 20)).toEqual(first);
      });
    });

    test('tracks the tokens of this article and its last tokens, for any chunks', async () => {
      const data = await loadGoldenModel('leap-rms-decay-conv');
      const { bosTokenId } = data.config;
      const length = REACH + 100;
      const plain = Array.from({ length }, (_, i) => 1 + (hash(1, i, 0) % 30));
      await withStreams(data, 1, async (streams) => {
        for (const bos of [[], [0], [63], [64], [0, 64, 127], [length - 1]]) {
          const text = plain.map((id, i) => (bos.includes(i) ? bosTokenId : id));
          const expected = new SeenTokens(data.config);
          for (const id of text) expected.add(id);
          for (const cuts of [[length], [1, 63, 64, length - 128], [100, REACH]]) {
            await streams.restore(null);
            for (const cut of cuts) {
              const at = streams.length();
              await streams.read(text.slice(at, at + cut));
            }
            expect((await streams.snapshot()).seen).toEqual(expected.words);
          }
          const [records] = await write(
            streams,
            { ...SAMPLED, temperature: 10, topK: 0, topP: 1, minP: 0 },
            9,
          );
          for (const id of idsOf(records)) expected.add(id);
          expect((await streams.snapshot()).seen).toEqual(expected.words);
        }
      });
    });

    describeDecoding(withStreams);

    test('rejects ids outside the vocabulary, an empty stream, foreign snapshots, invalid settings', async () => {
      const data = await loadGoldenModel('leap-denominator');
      await withStreams(data, 1, async (streams) => {
        await expect(streams.read([1, data.config.vocabSize])).rejects.toMatchObject({ code: 'input' });
        await expect(streams.read([1.5])).rejects.toMatchObject({ code: 'input' });
        await expect(write(streams, GREEDY, 1)).rejects.toMatchObject({ code: 'input' });
        await streams.read([0]);
        await expect(write(streams, { ...GREEDY, temperature: Number.NaN }, 1)).rejects.toMatchObject({
          code: 'input',
        });
        const snapshot = { ...(await streams.snapshot()), digest: 'another' };
        await expect(streams.restore(snapshot)).rejects.toMatchObject({ code: 'input' });
      });
    });

    test('an aborted read reports the number of read tokens', async () => {
      const data = await loadGoldenModel('leap-denominator');
      await withStreams(data, 1, async (streams) => {
        const tokens = Array.from({ length: 100_000 }, (_, i) => i % 64);
        const abort = new AbortController();
        const { count } = await streams.read(tokens, {
          signal: abort.signal,
          onProgress: () => abort.abort(),
        });
        expect(count).toBeGreaterThan(0);
        expect(count).toBeLessThan(tokens.length);
        expect(streams.length()).toBe(count);
        const logits = await streams.logits();
        await streams.restore(null);
        await streams.read(tokens.slice(0, count));
        expect(relativeError(logits, await streams.logits())).toBeLessThan(1e-4);
      });
    });
  });
}

/** Records of tokens after the first agree with the rows before them. */
function checkRecords(records: Float32Array, tokens: readonly number[], rows: readonly Logits[]): void {
  for (let t = 1; t < tokens.length; t++) {
    const { id, logProbability } = readRecord(records, t);
    expect(id).toBe(tokens[t]);
    expect(logProbability).toBeCloseTo(rows[t - 1][id] - logSumExp(rows[t - 1]), 3);
  }
}
