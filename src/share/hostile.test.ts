import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { expectError } from '../../tests/files';
import { EngineError } from '../model/runtime/errors';
import { hash } from '../model/sampling/random';
import { GREEDY } from '../model/sampling/sampling';
import { crc32, deflate, fromBase64url, toBase64url, Writer } from './bytes';
import { inflateBody, open, seal } from './container';
import { decodeLink, encodeLink, isTooLong } from './link';
import { normalize, type Shared } from './shared';

const FIXTURES = new URL('../../tests/links/', import.meta.url);
const links = readdirSync(FIXTURES).map(
  (name) => JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8')).fragment as string,
);
const HEADER = '["m",[[0,0,1,0,1,0]],{}]';

const damaged = (fragment: string) => expectError(() => decodeLink(fragment), 'input', /damaged/);

/** The value that a link opens as; null if it is rejected with EngineError. Any other outcome fails the test. */
async function outcome(fragment: string, attempts = 3): Promise<Shared | null> {
  const before = process.cpuUsage(); // processor time, because other processes slow the clock
  try {
    return await decodeLink(fragment);
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    return null;
  } finally {
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1000;
    if (ms > 100 && attempts > 1)
      await outcome(fragment, attempts - 1); // a link that hangs also hangs the next time
    else expect(ms).toBeLessThan(100);
  }
}

/** A link with these bytes and their checksum. */
function checked(content: Uint8Array): string {
  const crc = crc32(content);
  return toBase64url(Uint8Array.of(...content, crc >>> 24, crc >>> 16, crc >>> 8, crc));
}

/** Random whole numbers below n, from a fixed seed. */
function randomNumbers(seed: number): (n: number) => number {
  let drawn = 0;
  return (n) => hash(seed, drawn++, 0) % n;
}

/** Changes, removes, inserts or repeats some values. */
function mutate<T>(values: readonly T[], value: () => T, random: (n: number) => number): T[] {
  const mutated = [...values];
  for (let times = 1 + random(3); times > 0; times--) {
    const at = random(mutated.length + 1);
    const kind = random(5);
    if (kind === 0) mutated.splice(at, 1 + random(4));
    else if (kind === 1) mutated.splice(at, 0, value());
    else if (kind === 2) mutated.splice(at, 0, ...mutated.slice(at, at + random(40)));
    else mutated.splice(at, 1, value());
  }
  return mutated;
}

test('rejects a link with a changed, missing or added character', async () => {
  const fragment = links.find((link) => link.length > 400)!;
  for (let i = 0; i < fragment.length; i++) {
    const [before, after] = [fragment.slice(0, i), fragment.slice(i)];
    await damaged(before);
    await damaged(before + (fragment[i] === 'A' ? 'B' : 'A') + after.slice(1));
    await damaged(`${before}${i % 2 ? '-' : 'A'}${after}`);
  }
  const others = ['help', '%E2%9C', '\ud800', '<b>', '👋', 'AAAA', 'AAAAAAAA'];
  for (const other of [`${fragment}=`, ` ${fragment}`, `#${fragment}`, ...others]) await damaged(other);
});

test('reads or rejects 10,000 mutated links in bounded time', async () => {
  const random = randomNumbers(1);
  const alphabet = [...'ABCxyz019-_=+/#%<"é\0'];
  for (let round = 0; round < 10_000; round++) {
    const link = links[round % links.length];
    const mutated = mutate([...link], () => alphabet[random(alphabet.length)], random).join('');
    if (mutated !== link) expect(await outcome(mutated)).toBeNull();
  }
});

test('reads or rejects 2,500 mutated links with a valid checksum', async () => {
  const random = randomNumbers(2);
  const contents = links.map((link) => fromBase64url(link).slice(0, -4));
  for (let round = 0; round < 2_500; round++) {
    const content = [...contents[round % contents.length]];
    const shared = await outcome(checked(Uint8Array.from(mutate(content, () => random(256), random))));
    if (shared) expect(normalize(shared)).toEqual(shared);
  }
});

test('reads or rejects 2,500 links with a mutated text or body; accepted links are in normal form', async () => {
  const random = randomNumbers(3);
  const insides = await Promise.all(
    links.map(async (link) => {
      const { version, text, body } = await open(link);
      return { version, text: [...text], body: [...(await inflateBody(body))] };
    }),
  );
  let opened = 0;
  for (let round = 0; round < 2_500; round++) {
    const { version, text, body } = insides[round % insides.length];
    const inText = random(4) === 0;
    const mutatedText = inText ? mutate(text, () => String.fromCodePoint(random(0x3000)), random) : text;
    const mutatedBody = inText ? body : mutate(body, () => random(256), random);
    const fragment = await seal({
      version,
      text: mutatedText.join(''),
      body: Uint8Array.from(mutatedBody),
    });
    const shared = await outcome(fragment);
    if (!shared) continue;
    opened++;
    expect(normalize(shared)).toEqual(shared);
    expect(await decodeLink(await encodeLink(shared))).toEqual(shared);
  }
  expect(opened).toBeGreaterThan(100); // some mutations are valid
});

test('stops early at a small link that inflates to a large size', async () => {
  const huge = await deflate(new Uint8Array(2 ** 24));
  const body = new Writer();
  body.raw(Uint8Array.of(1));
  body.block(huge);
  expect(await outcome(checked(body.finish()))).toBeNull();
  expect(await outcome(await seal({ version: 1, text: '', body: new Uint8Array(2 ** 24) }))).toBeNull();
  expect(
    await outcome(await seal({ version: 9, text: 'x'.repeat(2 ** 23), body: new Uint8Array() })),
  ).toBeNull();
});

/** A body with these numbers. */
function bodyOf(numbers: readonly number[], header = HEADER) {
  const writer = new Writer();
  writer.raw(new Uint8Array(32));
  writer.block(new TextEncoder().encode(header));
  for (const number of numbers) writer.number(number);
  return writer.finish();
}

test.each([
  ['counts of runs', '', [2 ** 28 - 1]],
  ['counts of tokens', '', [1, 2 ** 28 - 1, 0]],
  ['lengths of tokens', 'a', [1, 3, 0, 2 ** 28 - 1, 5]],
  ['lengths of typed text', 'a', [1, 2 ** 28 - 2]],
  ['an id without an earlier token of that text', 'a', [1, 3, 0, 2]],
  ['an id that is too large', 'a', [1, 3, 0, 3, 2 ** 24]],
  ['missing settings', 'a', [1, 3, 1, 3, 7]],
  ['a token that ends inside a character', '😀', [1, 5, 0, 3, 7, 3, 8]],
  ['a run that ends inside a character', '😀', [2, 2, 3, 0, 3, 7]],
  ['text that belongs to no run', 'aa', [1, 2]],
  ['bytes after the end', 'a', [1, 2, 0]],
])('rejects %s', async (_, text, numbers) =>
  damaged(await seal({ version: 1, text, body: bodyOf(numbers) })),
);

test.each([
  ['not JSON', '['],
  ['nested deeply', '['.repeat(100_000)],
  ['not a list', '{}'],
  ['an id that is not a string', '[1,[[0,0,1,0,1,0]],{}]'],
  ['an id that is a path', '["../m",[[0,0,1,0,1,0]],{}]'],
  ['no settings', '["m",[],{}]'],
  ['settings unknown', '["m",[null],{}]'],
  ['settings that are not numbers', '["m",[["0",0,1,0,1,0]],{}]'],
  ['settings out of range', '["m",[[99,0,1,0,1,0]],{}]'],
  ['a sequence penalty in version 1', '["m",[[0,0,1,0,1,0,5]],{}]'],
  ['an extra element', '["m",[[0,0,1,0,1,0]],{},0]'],
  ['a view that is a list', '["m",[[0,0,1,0,1,0]],[]]'],
  ['a view that is null', '["m",[[0,0,1,0,1,0]],null]'],
  ['a view with a list', '["m",[[0,0,1,0,1,0]],{"a":[]}]'],
  ['a view with a prototype', '["m",[[0,0,1,0,1,0]],{"__proto__":{"a":1}}]'],
])('rejects a header: %s', async (_, header) =>
  damaged(await seal({ version: 1, text: '', body: bodyOf([0], header) })),
);

test.each([
  ['a sequence penalty out of range', '["m",[[0,0,1,0,1,0,-1]],{}]'],
  ['an extra number', '["m",[[0,0,1,0,1,0,5,5]],{}]'],
])('rejects a header of version 2 with %s', async (_, header) =>
  damaged(await seal({ version: 2, text: '', body: bodyOf([0], header) })),
);

test.each([
  ['an id that is given twice', 'aa', [1, 5, 0, 3, 7, 3, 7], HEADER],
  ['neighbours of one kind', 'aa', [2, 2, 2], HEADER],
  ['an empty run', '', [1, 0], HEADER],
  ['unused settings', '', [0], '["m",[[0,0,1,0,1,0],null],{}]'],
  ['numbers in another notation', '', [0], '["m",[[-0,0,1.0,0,1,0]],{"a":-0}]'],
  ['a view out of order', '', [0], '["m",[[0,0,1,0,1,0]],{"b":1,"a":1}]'],
  ['a sequence penalty of 0', '', [0], '["m",[[0,0,1,0,1,0,0]],{}]'],
])('opens a link with %s in normal form', async (_, text, numbers, header) => {
  const fragment = await seal({ version: 2, text, body: bodyOf(numbers, header) });
  const shared = await decodeLink(fragment);
  expect(normalize(shared)).toEqual(shared);
  const written = await encodeLink(shared);
  expect(written).not.toBe(fragment);
  expect(await decodeLink(written)).toEqual(shared);
});

test('opens a link with the smallest header', async () => {
  const shared = await decodeLink(await seal({ version: 1, text: '', body: bodyOf([0]) }));
  expect(shared).toEqual({
    model: { id: 'm', digest: '0'.repeat(64) },
    runs: [],
    sampling: { ...GREEDY },
    view: {},
  });
});

test('reads the largest allowed link in bounded time', async () => {
  const ids = Uint32Array.from({ length: 2 ** 17 }, (_, i) => i % 64);
  const text = Array.from(ids, (id) => `token${id}`.padEnd(8)).join('');
  const tokens = { ids, lengths: new Uint32Array(ids.length).fill(8) };
  const model = { id: 'm', digest: '0'.repeat(64) };
  const runs = [{ source: 'sampled', text, tokens, sampling: GREEDY } as const];
  const fragment = await encodeLink({ model, runs, sampling: GREEDY, view: {} });
  expect(isTooLong(fragment)).toBe(false);
  expect((await outcome(fragment))?.runs[0].text).toBe(text);
});
