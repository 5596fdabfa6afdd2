import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fileName } from '../../files';
import { firstOf, graphemes, isOneGrapheme, lastOf } from './graphemes';

const unit = fc.constantFrom(
  'a',
  ' ',
  'é',
  'e\u0301',
  'कि',
  '東',
  '😀',
  '👩‍🚀',
  '🇩🇪',
  '\ud83d',
  '\ude00',
  '\n',
);
const texts = fc.string({ unit, maxLength: 40 });
const isWellFormed = (text: string) => text.isWellFormed();

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe('a cut of a text', () => {
  it('keeps whole graphemes from either end, within the limit', () => {
    fc.assert(
      fc.property(texts, fc.nat(60), (text, n) => {
        const [first, last] = [firstOf(text, n), lastOf(text, n)];
        expect(text.startsWith(first) && text.endsWith(last)).toBe(true);
        for (const part of [first, last]) expect(part.length).toBeLessThanOrEqual(n);
        expect(first).not.toMatch(/[\ud800-\udbff]$/);
        if (text.length > n) expect(last).not.toMatch(/^[\udc00-\udfff]/);
        if (!isWellFormed(text)) return;
        const whole = graphemes(text);
        const shown = graphemes(first);
        // A first grapheme that is longer than the limit is cut.
        if (shown.length < 2 || first === text) return;
        expect(whole.slice(0, shown.length)).toEqual(shown);
        expect((first + whole[shown.length]).length).toBeGreaterThan(n);
      }),
    );
    expect(firstOf('किताब', 3)).toBe('कि');
    expect(firstOf('ab😀', 3)).toBe('ab');
    expect(lastOf('😀ab', 3)).toBe('ab');
  });

  it('cuts a letter with hundreds of marks at the limit', () => {
    const marked = `a${'\u0301'.repeat(500)}`;
    expect(firstOf(marked, 60)).toHaveLength(60);
    expect(lastOf(marked, 60)).toHaveLength(60);
  });

  it('keeps marks with their letters in a browser without Intl.Segmenter', async () => {
    vi.stubGlobal('Intl', { ...Intl, Segmenter: undefined });
    vi.resetModules();
    const old = await import('./graphemes');
    expect(old.graphemes('किa😀')).toEqual(['कि', 'a', '😀']);
    expect(old.firstOf('किताब', 3)).toBe('कि');
    expect(old.firstOf('ab😀', 3)).toBe('ab');
    expect(old.lastOf('😀ab', 3)).toBe('ab');
    expect(old.isOneGrapheme('e\u0301')).toBe(true);
  });

  it('counts a character that a reader sees as one grapheme', () => {
    for (const one of ['a', '😀', 'e\u0301', '👩‍🚀', '🇩🇪']) expect(isOneGrapheme(one)).toBe(true);
    for (const other of ['', 'ab', '😀😀']) expect(isOneGrapheme(other)).toBe(false);
  });
});

describe('the name of a file', () => {
  it('keeps letters with their marks, in every script', () => {
    for (const title of ['हिन्दी किताब', 'Ελληνικά', 'עִבְרִית', 'ภาษาไทย', 'Tiếng Việt', 'می‌خواهم', '東京'])
      expect(fileName(title, 'txt')).toBe(`${title}.txt`);
    expect(fileName('Zoe\u0308', 'txt')).toBe('Zoe\u0308.txt');
  });

  it('is valid on every system, for any title', () => {
    fc.assert(
      fc.property(fc.oneof(texts, fc.string({ unit: 'binary', maxLength: 100 })), (title) => {
        const name = fileName(title, 'leapformer.txt');
        const base = name.slice(0, -'.leapformer.txt'.length);
        expect(name).toBe(`${base}.leapformer.txt`);
        expect(base).not.toMatch(/[<>:"/\\|?*\p{Cc}\p{Cs}]|^\s|\s$|^\p{M}|[.]|^$/u);
        expect(new TextEncoder().encode(name).length).toBeLessThan(250);
      }),
    );
  });

  it('is not a name that Windows reserves for devices', () => {
    for (const device of ['CON', 'con', 'PRN', 'Aux', 'NUL', 'COM1', 'com9', 'LPT5', 'COM¹', 'CONIN$'])
      expect(fileName(device, 'txt')).not.toBe(`${device}.txt`);
    expect(fileName('Con man', 'txt')).toBe('Con man.txt');
    expect(fileName('Console', 'txt')).toBe('Console.txt');
    expect(fileName(' 🎉 / ', 'txt')).toBe('Text.txt');
    expect(fileName('a\nb\t c', 'txt')).toBe('a b c.txt');
  });
});
