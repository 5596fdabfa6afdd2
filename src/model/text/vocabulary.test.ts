import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packVocabulary, StreamingDecoder, showToken, tokenBytes } from './vocabulary';

const utf8 = (text: string) => new TextEncoder().encode(text);

test('a packed vocabulary returns every token, and no bytes for other ids', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 5 })), (tokens) => {
      const vocabulary = packVocabulary(tokens);
      for (const [id, token] of tokens.entries()) expect(tokenBytes(vocabulary, id)).toEqual(token);
      for (const id of [-1, tokens.length, 1e9]) expect(tokenBytes(vocabulary, id)).toHaveLength(0);
    }),
  );
});

test('shows special characters and bytes in visible form', () => {
  expect(showToken(utf8(' the'))).toBe('·the');
  expect(showToken(utf8('\n\n\t\f'))).toBe('␊␊␉␌');
  expect(showToken(utf8('é€😀'))).toBe('é€😀');
  expect(showToken(utf8('\u200b\u00a0\u0301'))).toBe('<U+200B><U+00A0><U+0301>');
  expect(showToken(Uint8Array.of(0xe2))).toBe('<0xE2>');
  expect(showToken(Uint8Array.of(0x82, 0xac, 0x61))).toBe('<0x82><0xAC>a');
  expect(showToken(Uint8Array.of(0xed, 0xa0, 0x80))).toBe('<0xED><0xA0><0x80>'); // a surrogate is not a character
  expect(showToken(utf8('\ufeff'))).toBe('<U+FEFF>');
});

test('shows any bytes of a token', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 8 }), (token) => {
      expect(showToken(token)).toMatch(/^[^\p{C}\p{Z}]+$/u);
    }),
  );
});

test('a decoder can resume inside a character', () => {
  const bytes = [...utf8('€')].map((byte) => Uint8Array.of(byte));
  const decoder = new StreamingDecoder((id) => bytes[id], [0, 1]);
  expect(decoder.push(2)).toBe('€');
});
