import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Sentences } from './sentences';

afterEach(() => vi.unstubAllGlobals());

describe.each([
  ['with a segmenter', Intl.Segmenter],
  ['without one', undefined],
])('%s', (_, Segmenter) => {
  beforeEach(() => vi.stubGlobal('Intl', { Segmenter }));

  it('announces complete sentences, and headings without their marks', () => {
    const sentences = new Sentences();
    const said = [' is hot', '. It', ' is green.', '\n\n', '= = Use = =\n\n', 'It is', ' drunk', '. So'].map(
      (part, n) => sentences.take(part, 10_000 * n),
    );
    expect(said.filter(Boolean)).toEqual(['is hot.', 'It is green.', 'Use.', 'It is drunk.']);
    expect(sentences.rest()).toBe('So');
  });

  it('pauses between announcements, and loses no words', () => {
    const sentences = new Sentences();
    expect(sentences.take('One. Two', 0)).toBe('One.');
    expect(sentences.take('. Three. F', 1000)).toBeNull();
    expect(sentences.take('our', 1999)).toBeNull();
    expect(sentences.take('. F', 2000)).toBe('Two. Three. Four.');
    expect(sentences.rest()).toBe('F');
  });

  it('announces every word once, for any division of the text', () => {
    const words = fc.array(fc.constantFrom(' a', ' b', '. ', '\n', ' C', '?'), { maxLength: 30 });
    fc.assert(
      fc.property(words, fc.array(fc.nat(3000), { minLength: 30, maxLength: 30 }), (parts, times) => {
        const sentences = new Sentences();
        let now = 0;
        const said = parts.map((part, n) => {
          now += times[n];
          return sentences.take(part, now);
        });
        const letters = (text: string) => text.replace(/[^a-z]/gi, '');
        expect(letters([...said, sentences.rest()].join(''))).toBe(letters(parts.join('')));
      }),
    );
  });
});
