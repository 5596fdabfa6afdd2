const COUNTED = [
  'ArrayBuffer',
  'Uint8Array',
  'Int8Array',
  'Uint16Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'Array',
] as const;
const BYTES: Partial<Record<string, number>> = {
  Uint16Array: 2,
  Uint32Array: 4,
  Float32Array: 4,
  Float64Array: 8,
  Array: 8,
};

/**
 * Counts the bytes of the arrays that a piece of work allocates by their lengths, and of the files that it reads.
 * @returns the largest allocation, and the sum
 */
export async function countAllocations(
  work: () => Promise<unknown>,
): Promise<{ largest: number; sum: number }> {
  let [largest, sum] = [0, 0];
  const count = (bytes: number) => {
    sum += bytes;
    largest = Math.max(largest, bytes);
  };
  const all = globalThis as unknown as Record<string, new (...args: unknown[]) => object>;
  const originals = COUNTED.map((name) => [name, all[name]] as const);
  for (const [name, original] of originals)
    all[name] = new Proxy(original, {
      construct(target, args, newTarget) {
        if (args.length === 1 && typeof args[0] === 'number') count((BYTES[name] ?? 1) * args[0]);
        return Reflect.construct(target, args, newTarget);
      },
    });
  const { arrayBuffer } = Blob.prototype;
  Blob.prototype.arrayBuffer = function () {
    count(this.size);
    return arrayBuffer.call(this);
  };
  try {
    await work();
  } finally {
    for (const [name, original] of originals) all[name] = original;
    Blob.prototype.arrayBuffer = arrayBuffer;
  }
  return { largest, sum };
}
