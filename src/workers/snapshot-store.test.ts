import { expect, test } from 'vitest';
import { type Snapshot, snapshotBytes } from '../model/runtime/snapshot';
import { SnapshotStore } from './snapshot-store';

const tokens = (length: number, from = 0) => Array.from({ length }, (_, i) => (from + i * 7) % 1000);
const snapshotAt = (length: number): Snapshot => ({
  digest: 'd',
  length,
  position: length,
  seen: new Uint32Array(1),
  state: new Float32Array(252),
  logits: new Float32Array(3),
}); // 1,024 bytes

test('finds the snapshot of the longest common prefix', () => {
  const store = new SnapshotStore();
  const text = tokens(2000);
  for (const length of [1, 500, 1000]) store.add(text, snapshotAt(length));
  expect(store.nearest(text)?.length).toBe(1000);
  expect(store.nearest(text.slice(0, 999))?.length).toBe(500);
  expect(store.nearest(text.with(700, -1))?.length).toBe(500);
  expect(store.nearest(text.with(0, 5))).toBeNull();
});

test('keeps snapshots every 256 tokens over the last 4,096, fewer before, and all pinned ones', () => {
  const store = new SnapshotStore();
  const text = tokens(100_000);
  for (let length = 256; length <= text.length; length += 256)
    store.add(text, snapshotAt(length), length === 51_200);
  for (let back = 0; back <= 4096; back += 64) {
    const end = 99_840 - back;
    expect(end - store.nearest(text.slice(0, end))!.length).toBeLessThan(256);
  }
  expect(store.count).toBeLessThan(120);
  expect(store.nearest(text.slice(0, 51_201))?.length).toBe(51_200);
  expect(store.nearest(text.slice(0, 30_000))!.length).toBeGreaterThan(20_000);
});

test('respects the budget, and evicts other texts first', () => {
  const store = new SnapshotStore(10 * 1024);
  const [first, second] = [tokens(5000), tokens(5000, 3)];
  for (let n = 256; n <= 2048; n += 256) store.add(first, snapshotAt(n));
  for (let n = 256; n <= 2048; n += 256) {
    store.add(second, snapshotAt(n));
    expect(store.bytes).toBeLessThanOrEqual(10 * 1024);
  }
  expect(snapshotBytes(snapshotAt(1))).toBe(1024);
  expect(store.nearest(second)?.length).toBe(2048);
  expect(store.nearest(second.slice(0, 300))?.length).toBe(256);
  expect(store.nearest(first)?.length).toBe(2048);
});

test('two snapshots of the same prefix count once', () => {
  const store = new SnapshotStore();
  store.add(tokens(10), snapshotAt(10));
  store.add(tokens(10), snapshotAt(10));
  expect(store.count).toBe(1);
});

test('hashes each token of a growing text once, and finds the same snapshots as for a whole text', () => {
  const store = new SnapshotStore();
  const whole = tokens(20_000);
  let hashed = 0;
  const text = new Proxy([] as number[], {
    get: (array, key) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) hashed++;
      return Reflect.get(array, key);
    },
  });
  for (const id of whole) {
    text.push(id);
    if (text.length % 200 === 0) store.add(text, snapshotAt(text.length));
  }
  expect(hashed).toBe(whole.length);
  store.add(tokens(300, 5), snapshotAt(300)); // another text, with a length that the first does not have
  store.add(text, snapshotAt(text.length));
  expect(store.nearest(whole)?.length).toBe(20_000);
  expect(store.nearest(whole.slice(0, 19_900))?.length).toBe(19_800);
  expect(store.nearest(whole.with(19_850, -1))?.length).toBe(19_800);
});
