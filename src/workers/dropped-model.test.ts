import { readdirSync, readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { expect, test, vi } from 'vitest';
import { readJson } from '../../scripts/node';
import { countAllocations } from '../../tests/count-allocations';
import { expectError, SHIPPED } from '../../tests/files';
import { relativeError } from '../../tests/golden';
import { mutatedModel } from '../../tests/mutate';
import { smallModel } from '../../tests/small-model';
import { Reference } from '../model/core/reference';
import { checkFiles } from '../model/runtime/check-files';
import { EngineError } from '../model/runtime/errors';
import { loadModel, type Manifest } from '../model/runtime/folder';
import { readFiles } from '../model/runtime/model-files';
import { GREEDY, logSumExp } from '../model/sampling/sampling';
import { createBackend } from './backends';
import { findModelFiles } from './dropped-model';
import { withProof } from './own-proof';

type Files = Readonly<Record<string, Uint8Array>>;

async function open(files: readonly File[] | Files) {
  const list = Array.isArray(files)
    ? files
    : Object.entries(files as Files).map(([path, bytes]) => fileOf(path, bytes));
  const dropped = list.map((file) => ({ path: file.name, file }));
  const { name, files: found } = await findModelFiles(dropped);
  return withProof(await checkFiles(found, name), found['golden.json']);
}

const fileOf = (path: string, bytes: Uint8Array) => new File([bytes as Uint8Array<ArrayBuffer>], path);
const within = (folder: string, files: Files) =>
  Object.fromEntries(Object.entries(files).map(([name, file]) => [folder + name, file]));
const small = smallModel();
const json = (name: keyof typeof small) => JSON.parse(Buffer.from(small[name]).toString());
const bytesOf = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

test.each<[string, Files, string]>([
  ['a folder', within('Tea party/', small), 'Tea party'],
  ['a folder in a folder', within('models/Tea party/', { ...small, 'README.md': bytesOf('…') }), 'Tea party'],
  [
    'a zip of a folder',
    {
      'a.zip': zipSync({ ...within('Tea party/', small), '__MACOSX/Tea party/._config.json': bytesOf('?') }),
    },
    'Tea party',
  ],
  ['a zip of files', { 'Tea party.zip': zipSync(small, { level: 0 }) }, 'Tea party'],
  ['files', small, 'Own model'],
  [
    'weights of another name',
    {
      ...within('Tea/', small),
      'Tea/model.safetensors': new Uint8Array(),
      'Tea/step-100.safetensors': small['model.safetensors'],
    },
    '',
  ],
])('finds the model in %s', async (_, files, name) => {
  if (!name) {
    const { 'Tea/model.safetensors': _empty, ...rest } = files;
    expect((await open(rest)).manifest.files['model.safetensors'].bytes).toBe(
      small['model.safetensors'].length,
    );
    return expectError(
      () => open(files),
      'input',
      /2 files of weights: model.safetensors, step-100.safetensors/,
    );
  }
  const { manifest, files: kept } = await open(files);
  expect(manifest).toMatchObject({
    name,
    parameters: 6572,
    precision: { embedding: 'int8', layers: 'int8' },
  });
  expect(manifest.id).toBe(name.replace(' ', '-'));
  expect(manifest.description).toContain('temperature 0.8, top k 0, top p 0.95');
  const model = await loadModel(readFiles(kept));
  expect(model.tokenizer.decode(model.tokenizer.encode('the tea').ids)).toBe('the tea');
});

test('a published folder keeps the words and the sampler of its manifest', async () => {
  const files = Object.fromEntries(readdirSync(SHIPPED).map((name) => [name, readFileSync(SHIPPED + name)]));
  const published = JSON.parse(files['manifest.json'].toString());
  const { manifest } = await open(files);
  for (const key of [
    'id',
    'name',
    'description',
    'license',
    'sampling',
    'digest',
    'parameters',
    'precision',
  ] as const)
    expect(manifest[key]).toEqual(published[key]);
  const entry = readJson('public/weights/index.json').models.find(({ id }: Manifest) => id === manifest.id);
  expect(manifest.proof).toEqual(entry.proof);
});

test('without golden.json, a model has the log-probabilities of a few tokens as its proof', async () => {
  const { files } = await open(small);
  const { config, weights, proof } = await loadModel(readFiles(files));
  const { tokens, logProbabilities } = proof!;
  expect(tokens).toHaveLength(16);
  const reference = new Reference(config, weights);
  const state = reference.newState();
  const expected = tokens.slice(1).map((next, n) => {
    const logits = reference.logits(reference.step(state, tokens[n]));
    return logits[next] - logSumExp(logits);
  });
  expect(relativeError(logProbabilities, expected)).toBeLessThan(1e-4);
});

test('without WebAssembly, a model opens without a proof', async () => {
  const compile = vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new Error('no SIMD'));
  expect((await open(small)).manifest.proof).toBeUndefined();
  compile.mockRestore();
});

test('a zip that unpacks to a thousand times its size is rejected before much memory is allocated', async () => {
  const bomb = zipSync({ ...small, 'model.safetensors': new Uint8Array(2 ** 23) });
  const { largest, sum } = await countAllocations(() =>
    expectError(() => open({ 'a.zip': bomb }), 'input', /more than twice its size/),
  );
  expect(largest).toBeLessThanOrEqual(2 * bomb.length + 2 ** 20);
  expect(sum).toBeLessThan(2 ** 24);
});

const manifestOf = async (changes: object) => bytesOf({ ...(await open(small)).manifest, ...changes });
const config = (changes: object) => ({
  ...small,
  'config.json': bytesOf({ ...json('config.json'), ...changes }),
});
const tokenizer = (changes: object) => ({
  ...small,
  'tokenizer.json': bytesOf({ ...json('tokenizer.json'), ...changes }),
});
const { 'tokenizer.json': _tokenizer, ...without } = small;

test.each<[string, Files | Promise<Files>, string, RegExp]>([
  ['a missing file', without, 'input', /tokenizer.json is missing/],
  ['no model', { 'a.safetensors': small['model.safetensors'] }, 'input', /config.json is missing/],
  [
    'a zip without a model',
    { 'a.zip': zipSync({ 'a.txt': bytesOf('Tea.') }) },
    'input',
    /a.zip contains no model/,
  ],
  ['two models', { ...within('a/', small), ...within('b/', small) }, 'input', /There are 2 models: a\/, b\//],
  ['a zip that is cut off', { 'a.zip': zipSync(small).slice(0, 5000) }, 'input', /a.zip is damaged/],
  [
    'a zip that unpacks to much',
    { 'a.zip': zipSync({ 'tokenizer.json': new Uint8Array(2e6) }) },
    'input',
    /more than twice its size/,
  ],
  [
    'another config',
    config({ hidden_size: 32 }),
    'weights',
    /model.safetensors layers.0.attention_norm.weight has the shape \[16\]; config.json requires \[32\]/,
  ],
  ['a config of another model', config({ model_type: 'llama' }), 'config', /"model_type" is "llama"/],
  [
    'a config that is not JSON',
    { ...small, 'config.json': bytesOf('<html>') },
    'config',
    /config.json is not JSON/,
  ],
  [
    'a large config',
    { ...small, 'config.json': new Uint8Array(1e5) },
    'config',
    /config.json has 100000 bytes/,
  ],
  [
    'a golden.json of another model',
    { ...small, 'golden.json': bytesOf({ tokens: [0, 7], logProbabilities: [-1] }) },
    'weights',
    /golden.json has other log-probabilities/,
  ],
  [
    'a golden.json with another vocabulary',
    { ...small, 'golden.json': bytesOf({ tokens: [0, 9999], logProbabilities: [-1] }) },
    'config',
    /golden.json does not have "tokens" of the vocabulary/,
  ],
  ['another tokenizer', config({ bos_token_id: 5 }), 'tokenizer', /tokenizer.json/],
  ['a normalizer', tokenizer({ normalizer: { type: 'NFC' } }), 'tokenizer', /"normalizer" is not null/],
  [
    'another pre-tokenizer',
    tokenizer({ pre_tokenizer: { type: 'Whitespace' } }),
    'tokenizer',
    /"pre_tokenizer"/,
  ],
  [
    'a pattern without end',
    tokenizer({
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated' },
          { type: 'ByteLevel' },
        ],
      },
    }),
    'tokenizer',
    /"pre_tokenizer"/,
  ],
  [
    'WordPiece',
    tokenizer({ model: { ...json('tokenizer.json').model, type: 'WordPiece' } }),
    'tokenizer',
    /"WordPiece"/,
  ],
  [
    'a manifest of other weights',
    manifestOf({ digest: 'a', files: {} }).then((file) => ({ ...small, 'manifest.json': file })),
    'config',
    /manifest.json/,
  ],
  [
    'a manifest with a path as id',
    manifestOf({ id: '../a' }).then((file) => ({ ...small, 'manifest.json': file })),
    'config',
    /"id" "..\/a"/,
  ],
  [
    'a sampler out of range',
    manifestOf({ sampling: { ...GREEDY, topP: 7 } }).then((file) => ({ ...small, 'manifest.json': file })),
    'input',
    /topP is 7/,
  ],
])('rejects %s', async (_, files, code, message) => {
  await expectError(async () => open(await files), code, message);
});

/** `MUTATED_MODELS=10000 npx vitest run src/workers/dropped-model.test.ts` checks 10,000, with the time of each. */
const MUTATED = Number(process.env.MUTATED_MODELS ?? 300);
const LARGEST_BUFFER = 2 ** 17; // bytes: the buffers of the library that unpacks zips

test(`${MUTATED} damaged models: each is rejected with a remedy, or runs`, {
  timeout: 3_600_000,
}, async () => {
  let opened = 0;
  let slowest = 0;
  for (let seed = 0; seed < MUTATED; seed++) {
    const { files, what } = mutatedModel(seed);
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const started = performance.now();
    const { largest } = await countAllocations(async () => {
      const checked = await open(files).catch((error) => {
        expect(error, `${seed}: ${what}: ${error.stack}`).toBeInstanceOf(EngineError);
        expect(error.code, `${seed}: ${what}: ${error.stack}`).not.toBe('internal');
        expect(error.remedy).not.toBe('');
      });
      if (checked) await run(checked.files, `${seed}: ${what}`).then(() => opened++);
    });
    slowest = Math.max(slowest, performance.now() - started);
    expect(largest, `${seed}: ${what}`).toBeLessThanOrEqual(2 * size + LARGEST_BUFFER);
  }
  expect(opened).toBeGreaterThan(MUTATED / 100);
  expect(opened).toBeLessThan(MUTATED / 2);
  if (process.env.MUTATED_MODELS) {
    const { maxRSS } = process.resourceUsage();
    console.log(
      `${opened} of ${MUTATED} open; the slowest took ${Math.round(slowest)} ms; at most ${Math.round(maxRSS / 1024)} MB`,
    );
    expect(slowest).toBeLessThan(1000);
  }
});

/** The model writes on the CPU. */
async function run(files: Awaited<ReturnType<typeof open>>['files'], what: string): Promise<void> {
  const model = await loadModel(readFiles(files));
  const { backend, streams } = await createBackend(model, 'cpu', undefined);
  await streams.read([model.config.bosTokenId, ...model.tokenizer.encode('The tea').ids]);
  let written = 0;
  for await (const _batch of streams.decode([
    { sampling: { ...GREEDY, temperature: 0.8 }, maxTokens: 2, stopTokens: [] },
  ]))
    written++;
  expect(written, what).toBeGreaterThan(0);
  backend.destroy();
}
