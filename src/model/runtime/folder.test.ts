import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { readJson } from '../../../scripts/node';
import { consistentFolder, expectError, SHIPPED, shippedFolder } from '../../../tests/files';
import { float16, readSafetensors } from '../core/safetensors';
import { EngineError } from './errors';
import { loadModel, sha256 } from './folder';

const weights = readFileSync(`${SHIPPED}model.safetensors`);
const manifest = readJson(`${SHIPPED}manifest.json`);

const consistent = async (replaced: Record<string, Uint8Array | string>) =>
  loadModel(await consistentFolder(replaced));

test('loads the shipped model and reports progress to the last byte', async () => {
  const seen: number[] = [];
  let total = 0;
  const model = await loadModel(shippedFolder(), {
    onProgress: (bytes, all) => {
      seen.push(bytes);
      total = all;
    },
  });
  expect(model.digest).toBe(await sha256(Uint8Array.from(weights).buffer));
  expect(seen.at(-1)).toBe(total);
});

const indexOf = (...entries: object[]) => JSON.stringify({ models: entries });

test('models that share a tokenizer read it from one folder, and fall back to their own', async () => {
  const { sha256: tokenizer } = manifest.files['tokenizer.json'];
  const read: string[] = [];
  const load = (folder: ReturnType<typeof shippedFolder>) => {
    read.length = 0;
    return loadModel((name, ...rest) => {
      read.push(name);
      return folder(name, ...rest);
    });
  };
  const index = indexOf({ id: 'other' }, { id: 'first', tokenizer }, { id: 'second', tokenizer });
  const file = Uint8Array.from(readFileSync(`${SHIPPED}tokenizer.json`));
  await load(shippedFolder({ '../index.json': index, '../first/tokenizer.json': file }));
  expect(read).toContain('../first/tokenizer.json');
  expect(read).not.toContain('tokenizer.json');
  for (const damaged of [{}, { '../first/tokenizer.json': 'damaged' }]) {
    await load(shippedFolder({ '../index.json': index, ...damaged }));
    expect(read.at(-1)).toBe('tokenizer.json');
  }
  await load(shippedFolder({ '../index.json': '<html>' }));
  expect(read).toContain('tokenizer.json');
});

test('a file that its reader has checked is not hashed again', async () => {
  const read = shippedFolder();
  const digest = vi.spyOn(crypto.subtle, 'digest');
  await loadModel(async (name, onBytes, _signal, expected) => {
    const file = await read(name, onBytes);
    await expected?.check(file);
    return file;
  });
  expect(digest).toHaveBeenCalledTimes(3);
  digest.mockRestore();
});

test('truncated and corrupted weights have their own errors', async () => {
  const truncated = weights.subarray(0, weights.length - 1000);
  await expectError(
    () => loadModel(shippedFolder({ 'model.safetensors': truncated })),
    'weights',
    /truncated/,
  );
  const corrupted = Uint8Array.from(weights);
  corrupted[weights.length - 5] ^= 1;
  await expectError(() => loadModel(shippedFolder({ 'model.safetensors': corrupted })), 'weights', /SHA-256/);
});

test('a web page instead of a file gives an error with a remedy', async () => {
  const page = '<!doctype html><title>404</title>';
  await expectError(
    () => loadModel(shippedFolder({ 'manifest.json': page })),
    'config',
    /manifest.json is not JSON/,
  );
});

test('the error for weights that do not match the configuration names the tensor', async () => {
  const config = readJson(`${SHIPPED}config.json`);
  const lie = (changed: object) => consistent({ 'config.json': JSON.stringify({ ...config, ...changed }) });
  await expectError(
    () => lie({ num_hidden_layers: 5 }),
    'config',
    new RegExp(`counts ${manifest.parameters} parameters`),
  );
  await expectError(
    () => lie({ num_attention_heads: 8, proportion_hidden_size: 34 }),
    'config',
    /parameters/,
  );
  const swapped = renamed('layers.3.mlp.up.weight', 'layers.3.mlp.up.WEIGHT');
  await expectError(
    () => consistent({ 'model.safetensors': swapped }),
    'weights',
    /lacks layers.3.mlp.up.weight/,
  );
  const reshaped = renamed('"shape":[1280,320]', '"shape":[320,1280]');
  await expectError(() => consistent({ 'model.safetensors': reshaped }), 'weights', /config.json requires/);
});

test('finds a weight that is not finite', async () => {
  const poisoned = Uint8Array.from(weights);
  const header = 8 + Number(new DataView(poisoned.buffer).getBigUint64(0, true));
  poisoned.set([0, 0, 0x80, 0x7f], header); // float32 infinity
  await expectError(() => consistent({ 'model.safetensors': poisoned }), 'weights', /not finite/);
});

test('rejects a tokenizer that does not match', async () => {
  const tokenizer = readJson(`${SHIPPED}tokenizer.json`);
  const change = (vocab: Record<string, number>) =>
    consistent({ 'tokenizer.json': JSON.stringify({ ...tokenizer, model: { ...tokenizer.model, vocab } }) });
  const { '!': _, ...smaller } = tokenizer.model.vocab;
  await expectError(() => change(smaller), 'tokenizer', /8191 entries, the model 8192/);
  await expectError(() => change({ ...smaller, '!': 5000 }), 'tokenizer', /out of range or taken/);
  await expectError(() => change({ ...smaller, 東京: 1 }), 'tokenizer', /taken|byte-level/);
  await expectError(() => consistent({ 'tokenizer.json': '[]' }), 'tokenizer', /no vocabulary/);
});

test.each<[object, RegExp]>([
  [{ format: 2 }, /"format" is 2/],
  [{ id: 7 }, /"id" is not text/],
  [{ sampling: {} }, /"sampling.temperature"/],
  [{ sampling: { ...manifest.sampling, sequencePenalty: '1' } }, /"sampling.sequencePenalty"/],
  [{ files: {} }, /config.json/],
  [{ digest: 'abc' }, /"digest" is not the hash/],
])('rejects a manifest with %j', async (change, message) => {
  const file = JSON.stringify({ ...manifest, ...change });
  await expectError(() => loadModel(shippedFolder({ 'manifest.json': file })), 'config', message);
});

test('the safetensors reader throws only EngineError, for any bytes', () => {
  const header = fc.oneof(
    fc.json(),
    fc
      .record({
        dtype: fc.constantFrom('F32', 'F16', 'I8', 'BF16', 3),
        shape: fc.anything(),
        data_offsets: fc.anything(),
      })
      .map((entry) => JSON.stringify({ a: entry })),
  );
  fc.assert(
    fc.property(
      header,
      fc.uint8Array({ maxLength: 64 }),
      fc.option(fc.bigInt(0n, 2n ** 64n - 1n)),
      (text, data, lie) => {
        const json = new TextEncoder().encode(text);
        const file = new Uint8Array(8 + json.length + data.length);
        new DataView(file.buffer).setBigUint64(0, lie ?? BigInt(json.length), true);
        file.set(json, 8);
        file.set(data, 8 + json.length);
        try {
          readSafetensors(file.buffer);
        } catch (error) {
          expect(error).toBeInstanceOf(EngineError);
        }
      },
    ),
  );
});

test('reads float16 exactly, including subnormals', () => {
  const known = { 0: 0, 1: 2 ** -24, 1023: 1023 * 2 ** -24, 1024: 2 ** -14, 15360: 1, 13653: 0.333251953125 };
  for (const [bits, value] of Object.entries(known)) expect(float16(Number(bits))).toBe(value);
  expect(float16(0xfbff)).toBe(-65504);
  expect(float16(0x7e00)).toBeNaN();
});

/** The shipped weights with a part of the header replaced by text of equal length. */
function renamed(from: string, to: string): Uint8Array {
  const bytes = Buffer.from(weights);
  bytes.write(to, bytes.indexOf(from));
  return bytes;
}
