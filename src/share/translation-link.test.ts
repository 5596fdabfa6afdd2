import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLink, encodeLink } from './link';
import { shareTranslation, translationIn } from './translation-link';

const model = { id: 'translate-v1', digest: 'ab'.repeat(32) };
const words = fc.string({
  unit: fc.constantFrom('dog', ' ', '\n', '\n\n', 'ß', '犬', '\u202f!', '\ud83d\ude00'),
});

test('any translation comes back from its link', () =>
  fc.assert(
    fc.asyncProperty(words, words, words, fc.constantFrom(1, 3, 9, Infinity), async (source, de, fr, k) => {
      const whole = { model, source, k, translations: { 'en-de': de, 'en-fr': fr } };
      expect(translationIn(await decodeLink(await encodeLink(shareTranslation(whole))))).toEqual(whole);
    }),
  ));

const shared = shareTranslation({
  model,
  source: 'A dog.',
  k: 3,
  translations: { 'en-de': 'Ein Hund.', 'en-fr': 'Un chien.' },
});

test.each([
  ['another page', { page: 'score' }],
  ['no k', { k: 'three' }],
  ['a k of 1.5', { k: 1.5 }],
  ['a k of -1', { k: -1 }],
  ['a k of 10', { k: 10 }],
  ['a length that is negative', { source: -1 }],
  ['a length that is too large', { french: 1000 }],
  ['lengths that miss the breaks', { source: 5, german: 10 }],
])('a view with %s is no translation', (_name, view) => {
  expect(translationIn(shared)).not.toBeNull();
  expect(translationIn({ ...shared, view: { ...shared.view, ...view } })).toBeNull();
});
