import { expect, test } from 'vitest';
import { expectError } from '../../tests/files';
import { smallModel } from '../../tests/small-model';
import { factors, newAdapter, TARGETS } from '../model/finetuning/adapter';
import { CONFIG_FILE, WEIGHTS_FILE, writeAdapter } from '../model/finetuning/adapter-files';
import { adapterDigest, taughtDigest } from '../model/finetuning/taught-model';
import { checkFiles } from '../model/runtime/check-files';
import { EngineError } from '../model/runtime/errors';
import { createBackend } from './backends';
import { Engine } from './engine';
import { loadSource } from './load-source';
import type { CompareEvent } from './messages';
import type { ModelSource, TaughtSource } from './model-source';
import { SAMPLING } from './testing';

const noFolder = () => {
  throw new Error('no folder');
};

async function taught(): Promise<TaughtSource> {
  const blobs = Object.entries(smallModel()).map(([name, bytes]) => [name, new Blob([bytes.slice()])]);
  const { manifest, files } = await checkFiles(Object.fromEntries(blobs), 'Small');
  const base = { digest: manifest.digest, files };
  const { config } = await loadSource(base, noFolder);
  const adapter = newAdapter(config, 2, 0);
  for (const layer of factors(config, 2, adapter.values))
    for (const target of TARGETS) layer[target].B.fill(0.3);
  const written = writeAdapter(adapter, config, manifest);
  const digest = await taughtDigest(base.digest, await adapterDigest(adapter), 1);
  return {
    digest,
    base,
    adapter: { [CONFIG_FILE]: new Blob([written.config]), [WEIGHTS_FILE]: new Blob([written.weights]) },
    name: 'Tea',
    strength: 1,
  };
}

async function open(model: ModelSource, losses = 0) {
  const engine = new Engine({
    readFile: noFolder,
    createBackend: async (variant) => {
      const created = await createBackend(variant, 'cpu', undefined);
      const decode = created.streams.decode.bind(created.streams);
      created.streams.decode = async function* (...request) {
        for await (const batch of decode(...request)) {
          yield batch;
          if (losses-- > 0) throw new EngineError('device-lost', 'The device is lost.', '');
        }
      };
      return created;
    },
  });
  await engine.load({ model, backend: 'cpu' }, () => {});
  return engine;
}

const REQUEST = { runs: [{ text: 'The tea' }], maxTokens: 12, atArticleEnd: 'continue' as const };

async function compare(engine: Engine, strengths?: readonly number[]) {
  const ids: number[][] = [[], []];
  const writers: unknown[] = [];
  await engine.compare(
    { ...REQUEST, samplings: [SAMPLING, SAMPLING], ...(strengths && { strengths }) },
    (event: CompareEvent) => {
      if (event.type === 'writer') writers[event.continuation] = event.writer;
      if (event.type !== 'parts') return;
      for (const [n, part] of event.parts.entries()) ids[n].push(...(part?.tokens.ids ?? []));
    },
  );
  engine.unload();
  return { ids, writers };
}

test.each([0, 1])(
  'each strength writes as its model does alone, also after %i lost devices',
  async (losses) => {
    const source = await taught();
    const [base] = (await compare(await open(source.base))).ids;
    const [whole] = (await compare(await open(source))).ids;
    const { ids, writers } = await compare(await open(source, losses), [0, 1]);
    expect(base).not.toEqual(whole);
    expect(ids).toEqual([base, whole]);
    const digests = [source.base, source].map((one) => 'digest' in one && one.digest);
    expect(writers).toEqual([
      expect.objectContaining({ digest: digests[0], strength: 0 }),
      expect.objectContaining({ digest: digests[1], strength: 1 }),
    ]);
  },
);

test('a model that is not taught has no strengths', async () => {
  const { base } = await taught();
  const engine = await open(base);
  await expectError(() => compare(engine, [0, 1]), 'input', /not a taught one/);
  engine.unload();
});
