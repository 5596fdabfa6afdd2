import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { readJson } from '../../../scripts/node';
import { SHIPPED, shippedModel } from '../../../tests/files';
import { ARTICLE_BREAK } from './text';
import type { Tokenizer } from './tokenizer';
import { StreamingDecoder } from './vocabulary';

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = (await shippedModel()).tokenizer;
});

const sum = (lengths: Uint32Array) => lengths.reduce((a, b) => a + b, 0);
const anyText = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 3 }),
    fc.constantFrom(' ', '\n', '= ', 'the', '\ud800'),
  ),
});

test('gives the ids of the golden text', () => {
  const { text, tokens } = readJson(`${SHIPPED}golden.json`);
  expect([...tokenizer.encode(text).ids]).toEqual(tokens.slice(1));
});

test('any text decodes to itself, and the lengths count every unit once', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const { ids, lengths } = tokenizer.encode(text);
      expect(tokenizer.decode(ids)).toBe(text.toWellFormed());
      expect(sum(lengths)).toBe(text.length);
    }),
  );
});

test('typed special tokens are literal text', () => {
  const { ids } = tokenizer.encode('a<|endoftext|>b');
  expect([...ids]).not.toContain(tokenizer.bosTokenId);
  expect(tokenizer.decode(ids)).toBe('a<|endoftext|>b');
});

test('the end of an article is a form feed in the text', () => {
  expect(tokenizer.decode([tokenizer.bosTokenId])).toBe(ARTICLE_BREAK);
});

test('cuts a long text between tokens, so that the ids do not change', () => {
  const words = 'Lorem ipsum dolor sit amet, 1234 consectetur\n\nadipiscing  elit. ';
  const long = words.repeat(1000);
  const whole = [...tokenizer.encode(long).ids];
  const once = tokenizer.encode(words.trimEnd()).ids.length;
  expect(whole.length).toBeGreaterThan(once * 999);
  expect(tokenizer.decode(whole)).toBe(long);
  expect(
    new Set(
      chunk(whole, whole.length / 1000)
        .slice(1, -1)
        .map(String),
    ).size,
  ).toBe(1);
});

test('cuts a long text without spaces, but not inside a character', () => {
  const text = '😀'.repeat(20_000);
  const { ids, lengths } = tokenizer.encode(text);
  expect(tokenizer.decode(ids)).toBe(text);
  expect(sum(lengths)).toBe(text.length);
});

const bytesOf = (id: number) => tokenizer.bytes[id];

test('the streaming decoder returns whole characters, and can resume after another decoder', () => {
  fc.assert(
    fc.property(anyText, fc.nat(), (text, cut) => {
      const { ids } = tokenizer.encode(text);
      const at = ids.length ? cut % ids.length : 0;
      const first = new StreamingDecoder(bytesOf);
      const before = Array.from(ids.subarray(0, at), (id) => first.push(id)).join('');
      const second = new StreamingDecoder(bytesOf, ids.subarray(0, at));
      const after = Array.from(ids.subarray(at), (id) => second.push(id)).join('');
      expect(before + after).toBe(text.toWellFormed());
    }),
  );
});

function chunk<T>(values: T[], size: number): T[][] {
  return Array.from({ length: Math.floor(values.length / size) }, (_, i) =>
    values.slice(i * size, (i + 1) * size),
  );
}
