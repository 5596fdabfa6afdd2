import { afterEach, expect, test, vi } from 'vitest';
import { readUrl } from './read-url';

afterEach(() => vi.unstubAllGlobals());

/** Answers with so many bodies that break off after two bytes, and then with whole ones. */
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

test('a connection that breaks off once is not noticed', async () => {
  serve(1);
  let counted = 0;
  const file = await readUrl('http://host/model/')('a', (count) => {
    counted += count;
  });
  expect([...new Uint8Array(file)]).toEqual([0, 1, 2, 3]);
  expect(counted).toBe(4);
});

test('one that keeps breaking off is told, with the address', async () => {
  serve(9);
  await expect(readUrl('http://host/model/')('a', () => {})).rejects.toMatchObject({
    code: 'network',
    message: expect.stringContaining('http://host/model/a'),
  });
});

test('an answer that is none is not asked for again', async () => {
  const fetched = vi.fn(async () => new Response('', { status: 404 }));
  vi.stubGlobal('fetch', fetched);
  await expect(readUrl('http://host/')('a', () => {})).rejects.toMatchObject({ code: 'network' });
  expect(fetched).toHaveBeenCalledTimes(1);
});

test.each([undefined, 0, 3, 4, 5, 1000])('a file is whole, whatever size is expected: %s', async (size) => {
  serve(0);
  const file = await readUrl('http://host/model/')('a', () => {}, undefined, size);
  expect([...new Uint8Array(file)]).toEqual([0, 1, 2, 3]);
});

test('a file for which there is no memory is told so', async () => {
  serve(0);
  await expect(
    readUrl('http://host/model/')('a', () => {}, undefined, Number.MAX_SAFE_INTEGER),
  ).rejects.toMatchObject({ code: 'device', remedy: expect.stringContaining('smaller model') });
});
