import { expect, test } from 'vitest';
import { Heap } from './heap';

test('allocates zeroed blocks that do not overlap, and reuses freed ones', () => {
  const heap = new Heap();
  const [a, b] = [heap.allocate(100), heap.allocate(200_000)];
  expect(b - a).toBeGreaterThanOrEqual(100);
  expect(heap.memory.buffer.byteLength).toBeGreaterThanOrEqual(b + 200_000);
  heap.bytes(b, 200_000).fill(7);
  const size = heap.memory.buffer.byteLength;
  heap.free(b, 200_000);
  expect(heap.allocate(200_000)).toBe(b);
  expect(heap.bytes(b, 200_000).every((byte) => byte === 0)).toBe(true);
  expect(heap.memory.buffer.byteLength).toBe(size);
});

test('throws an error when memory is short', () => {
  expect(() => new Heap().allocate(2 ** 33)).toThrow(expect.objectContaining({ code: 'device' }));
});
