import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { randomModel } from '../../../tests/random-model';
import { ReferenceBackend } from './reference-backend';
import type { Snapshot } from './snapshot';
import { decodeSnapshot, describeSnapshot, encodeSnapshot, snapshotKey } from './snapshot-file';

const { config, weights, digest } = randomModel();
const TINY = { id: 'tiny', name: 'Tiny – 小' };
const read = (file: Uint8Array, of = digest) => decodeSnapshot(file, of, config);

let snapshot: Snapshot;
let file: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  const streams = await new ReferenceBackend({ config, weights, digest }).open(1);
  await streams.read([0, 5, 7, 0, 9, 9, 3]);
  snapshot = await streams.snapshot();
  file = await encodeSnapshot(snapshot, TINY, new Date('2026-01-31T23:59Z'));
});

test('a file gives back the snapshot, in float32', async () => {
  const again = await read(file);
  expect(again).toEqual({
    ...snapshot,
    state: Float32Array.from(snapshot.state),
    logits: Float32Array.from(snapshot.logits),
  });
  expect(await describeSnapshot(file)).toEqual({
    digest: createHash('sha256').update(file.subarray(0, -32)).digest('hex'),
    model: { ...TINY, digest },
    length: 7,
    made: '2026-01-31',
  });
  expect(await read(new Uint8Array([0, ...file]).subarray(1))).toEqual(again); // not aligned
});

test('files of different states have different keys', async () => {
  const other = await encodeSnapshot({ ...snapshot, length: 8 }, TINY);
  expect(snapshotKey(other)).not.toBe(snapshotKey(file));
  expect(snapshotKey(file)).toBeLessThan(2 ** 30);
});

test('a file of other weights names the model that it needs', async () => {
  await expect(read(file, 'f'.repeat(64))).rejects.toMatchObject({
    code: 'input',
    message: expect.stringContaining('Tiny – 小'),
    remedy: 'Open the model Tiny – 小 first.',
  });
});

test('numbers that no model writes are refused', async () => {
  const state = Float32Array.from(snapshot.state).fill(Number.NaN, 2, 3);
  await expect(read(await encodeSnapshot({ ...snapshot, state }, TINY))).rejects.toMatchObject({
    code: 'input',
  });
  const seen = snapshot.seen.slice().fill(config.vocabSize, -1);
  await expect(read(await encodeSnapshot({ ...snapshot, seen }, TINY))).rejects.toMatchObject({
    code: 'input',
  });
});

test('every changed, cut or lengthened file is refused', () =>
  fc.assert(
    fc.asyncProperty(
      fc.nat(file.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.nat(file.length - 1),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      async (at, change, length, more) => {
        const changed = file.with(at, file[at] ^ change);
        for (const wrong of [changed, file.slice(0, length), new Uint8Array([...file, ...more]), more])
          for (const of of [read, describeSnapshot])
            await expect(of(wrong)).rejects.toMatchObject({ code: 'input' });
      },
    ),
    { numRuns: 200 },
  ));
