import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectError } from '../../../tests/files';
import { randomModel } from '../../../tests/random-model';
import { EngineError } from '../runtime/errors';
import { adapterSize, newAdapter } from './adapter';
import { readAdapter, writeAdapter } from './adapter-files';

const { config } = randomModel({ num_hidden_layers: 2 });
const base = { id: 'm', digest: 'a'.repeat(64) };
const files = writeAdapter(newAdapter(config, 2, 1), config, base);

test('reads what it writes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom(0.5, 1, 1.5),
      fc.integer(),
      (rank, scale, seed) => {
        const adapter = { ...newAdapter(config, rank, seed), scale };
        expect(readAdapter(writeAdapter(adapter, config, base), config, base.digest)).toEqual(adapter);
      },
    ),
  );
});

test.each([
  [{ peft_type: 'IA3' }, /"peft_type" "IA3"/],
  [{ r: 0 }, /rank 0/],
  [{ r: 2.5 }, /rank 2\.5/],
  [{ r: 65 }, /rank 65/],
  [{ lora_alpha: null }, /"lora_alpha" null/],
  [{ use_dora: true }, /sets "use_dora"/],
  [{ rank_pattern: { 'mlp.up': 4 } }, /sets "rank_pattern"/],
  [{ bias: 'all' }, /"bias" "all"/],
])('refuses a configuration with %j', async (change, message) => {
  const changed = JSON.stringify({ ...JSON.parse(files.config), ...change });
  await expectError(() => readAdapter({ ...files, config: changed }, config, base.digest), 'input', message);
});

test('refuses another model, other sizes, text that is not JSON, and values that are not finite', async () => {
  const other = randomModel({ num_hidden_layers: 2, hidden_size: 16 }).config;
  const broken = newAdapter(config, 2, 1);
  broken.values[7] = Number.NaN;
  const infinite = writeAdapter(broken, config, base);
  const deeper = randomModel({ num_hidden_layers: 3 }).config;
  const wider = writeAdapter(newAdapter(deeper, 2, 1), deeper, base);
  for (const [message, read] of [
    [
      /belongs to the model with the digest aaaaaaaa, not to bbbbbbbb/,
      () => readAdapter(files, config, 'b'.repeat(64)),
    ],
    [
      /has no base_model\.model\.layers\.0\.attention\.qkv\.lora_A\.weight/,
      () => readAdapter(files, other, base.digest),
    ],
    [/contains base_model\.model\.layers\.2/, () => readAdapter(wider, config, base.digest)],
    [/is not JSON/, () => readAdapter({ ...files, config: '{' }, config, base.digest)],
    [/has the "peft_type" undefined/, () => readAdapter({ ...files, config: 'null' }, config, base.digest)],
    [/not finite/, () => readAdapter(infinite, config, base.digest)],
  ] as const)
    await expectError(read, 'input', message);
});

test('a damaged file gives an adapter or an error with a remedy', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(255), fc.boolean(), (at, byte, truncate) => {
      const bytes = new Uint8Array(files.weights.slice());
      bytes[at % bytes.length] = byte;
      const weights = truncate ? bytes.buffer.slice(0, at % bytes.length) : bytes.buffer;
      try {
        const { values } = readAdapter({ ...files, weights }, config, base.digest);
        expect(values.length).toBe(adapterSize(config, 2));
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        expect(error.remedy).not.toBe('');
        expect(['input', 'weights']).toContain(error.code);
      }
    }),
    { numRuns: 500 },
  );
});
