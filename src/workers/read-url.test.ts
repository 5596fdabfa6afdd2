import { afterEach, expect, test, vi } from 'vitest';
import { readUrl } from './read-url';

afterEach(() => vi.unstubAllGlobals());

const UNCHECKED = { sha256: '', check: async () => {} };

/** Answers with a number of bodies that break after two bytes, then with complete ones. */
function serve(broken: number): void {
  vi.stubGlobal('fetch', async () => {
    const breaks = broken-- > 0;
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (sent === 2 && breaks) return controller.error(new TypeError('network error'));
        if (sent === 4) return controller.close();
        controller.enqueue(Uint8Array.of(sent++, sent++));
      },
    });
    return new Response(body);
  });
}

test('retries a connection that breaks once', async () => {
  serve(1);
  let counted = 0;
  const file = await readUrl('http://host/model/')('a', (count) => {
    counted += count;
  });
  expect([...new Uint8Array(file)]).toEqual([0, 1, 2, 3]);
  expect(counted).toBe(4);
});

test('a connection that keeps breaking throws an error with the URL', async () => {
  serve(9);
  await expect(readUrl('http://host/model/')('a', () => {})).rejects.toMatchObject({
    code: 'network',
    message: expect.stringContaining('http://host/model/a'),
  });
});

test('does not retry an error status', async () => {
  const fetched = vi.fn(async () => new Response('', { status: 404 }));
  vi.stubGlobal('fetch', fetched);
  await expect(readUrl('http://host/')('a', () => {})).rejects.toMatchObject({ code: 'network' });
  expect(fetched).toHaveBeenCalledTimes(1);
});

test.each([undefined, 0, 3, 4, 5, 1000])('reads the whole file for any expected size: %s', async (bytes) => {
  serve(0);
  const expected = bytes === undefined ? bytes : { bytes, ...UNCHECKED };
  const file = await readUrl('http://host/model/')('a', () => {}, undefined, expected);
  expect([...new Uint8Array(file)]).toEqual([0, 1, 2, 3]);
});

test('throws an error if there is no memory for the file', async () => {
  serve(0);
  await expect(
    readUrl('http://host/model/')('a', () => {}, undefined, {
      bytes: Number.MAX_SAFE_INTEGER,
      ...UNCHECKED,
    }),
  ).rejects.toMatchObject({ code: 'device', remedy: expect.stringContaining('smaller model') });
});
