import { expect, test } from 'vitest';
import { readJson } from '../../../scripts/node';
import { expectError, SHIPPED } from '../../../tests/files';
import { goldenNames } from '../../../tests/golden-models';
import { parseConfig } from './config';

const good = readJson(`${SHIPPED}config.json`);

test('reads the shipped configuration', () => {
  expect(parseConfig(good)).toMatchObject({
    hiddenSize: 320,
    headWidth: 64,
    stateRows: 128,
    reweighting: 'leap',
  });
  expect(goldenNames.length).toBe(9);
});

test.each<[string, unknown, RegExp]>([
  ['hidden_size', Number.NaN, /"hidden_size" is null|"hidden_size" is NaN/],
  ['hidden_size', '256', /"hidden_size" is "256"/],
  ['hidden_size', 1e12, /"hidden_size" is 1000000000000/],
  ['hidden_size', 250, /not divisible by 5 heads|head width/],
  ['num_attention_heads', 160, /head width 2/],
  ['num_attention_heads', 0, /"num_attention_heads" is 0/],
  ['num_hidden_layers', -1, /"num_hidden_layers" is -1/],
  ['vocab_size', 0.5, /"vocab_size" is 0.5/],
  ['bos_token_id', 8192, /"bos_token_id" is 8192/],
  ['rms_norm_eps', 0, /"rms_norm_eps" is 0/],
  ['embedding_scale', null, /"embedding_scale" is null/],
  ['reweighting', 'cosine', /"reweighting" is "cosine"/],
  ['normalizer', undefined, /"normalizer" is undefined/],
  ['decay', 1, /"decay" is 1/],
  ['conv_kernel', 3, /"conv_kernel" is 3/],
  ['model_type', 'llama', /"model_type" is "llama"/],
  ['tie_word_embeddings', false, /"tie_word_embeddings" is false/],
])('refuses %s = %s', async (key, value, message) => {
  await expectError(() => parseConfig({ ...good, [key]: value }), 'config', message);
});

test('rejects sizes that are valid alone but too large together', async () => {
  const absurd = { ...good, hidden_size: 16384, num_attention_heads: 64, num_hidden_layers: 512 };
  await expectError(() => parseConfig(absurd), 'config', /parameters, more than a browser can hold/);
});

test.each([null, [], 'text', 7])('rejects %j', async (value) => {
  await expectError(() => parseConfig(value), 'config', /not a JSON object/);
});
