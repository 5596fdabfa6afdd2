import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unknownRecords } from '../../../model/sampling/records';
import { GREEDY } from '../../../model/sampling/sampling';
import {
  appendSampled,
  plainText,
  type Run,
  readAsTyped,
  replaceText,
  type SampledRun,
  typed,
} from '../../../model/text/text';
import { parseKept } from '../library/persistence';
import { presetInForce, withoutPreset, withPreset } from '../settings/presets';
import { DEFAULTS, parseSettings, parseStops, showStops } from '../settings/settings';
import { heading, labelOf, retitle, titleOf, titleWords } from './article';
import { begin, commit, redo, undo } from './history';
import { countTokens, difference, EMPTY, edit, typedText, writtenRanges } from './text-value';

function sampled(before: readonly Run[], ...words: string[]): Run[] {
  return appendSampled(before, {
    text: words.join(''),
    tokens: {
      ids: Uint32Array.from(words, () => 5),
      lengths: Uint32Array.from(words, (word) => word.length),
    },
    records: unknownRecords(words.map(() => 5)),
    sampling: null,
  });
}

describe('a text', () => {
  it('differs from another by one replacement', () => {
    const word = fc.string({ maxLength: 6, unit: fc.constantFrom('a', 'b', '\n', '😀') });
    fc.assert(
      fc.property(word, word, word, fc.nat(20), fc.nat(20), (head, tail, insert, a, b) => {
        const before = sampled(typed(head), tail, tail);
        const length = plainText(before).length;
        const [from, to] = [Math.min(a, b, length), Math.min(Math.max(a, b), length)];
        const after = replaceText(before, from, to, insert);
        const change = difference(before, after);
        const text = plainText(before);
        const changed = change ? text.slice(0, change.from) + change.insert + text.slice(change.to) : text;
        expect(changed).toBe(plainText(after));
      }),
    );
  });

  it('has sampled ranges, and a number of tokens once all of it is encoded', () => {
    const runs = sampled(typed('One'), ' two', ' three');
    expect(writtenRanges(runs)).toEqual([{ from: 3, to: 13, isForeign: false }]);
    expect(writtenRanges(replaceText(runs, 8, 8, 'X'))).toEqual([{ from: 3, to: 7, isForeign: false }]);
    expect(countTokens(runs)).toBeNull();
    expect(countTokens(sampled([], 'a', 'b'))).toBe(2);
  });

  it('is stored with its ids, and rejected if damaged', () => {
    const text = {
      ...EMPTY,
      runs: sampled(typed('One'), ' two'),
      model: { id: 'one', digest: 'd' },
      generatedFrom: 3,
    };
    expect(parseKept(structuredClone({ version: 2, text }))).toEqual(text);
    expect(parseKept(undefined)).toBeNull();
    expect(parseKept({ version: 4, text })).toBeNull();
    const foreign = { ...text, runs: readAsTyped(text.runs, 'other') };
    expect(parseKept(structuredClone({ version: 2, text: foreign }))).toEqual(foreign);
    const reversed = { ...foreign.runs[0], foreign: [{ from: 7, to: 3, model: 'other' }] };
    expect(parseKept({ version: 2, text: { ...text, runs: [reversed] } })).toBeNull();
    const broken = { source: 'sampled', text: 'x', tokens: null };
    expect(parseKept({ version: 2, text: { ...text, runs: [broken] } })).toBeNull();
    const unlikely = { ...text.runs[1], sampling: { ...GREEDY, topP: 7 } };
    expect(parseKept({ version: 2, text: { ...text, runs: [unlikely] } })).toBeNull();
  });

  it('has a sequence penalty of 0 if it was stored without one', () => {
    const [run] = sampled([], 'One') as [SampledRun];
    const { sequencePenalty: _, ...before } = GREEDY;
    const text = { ...EMPTY, runs: [{ ...run, sampling: before }] };
    expect(parseKept({ version: 2, text })?.runs).toEqual([{ ...run, sampling: GREEDY }]);
  });
});

describe('the form of an article', () => {
  it('has headings of several levels', () => {
    expect(heading('= Tea =')).toEqual({ level: 1, from: 2, to: 5 });
    expect(heading('= = Green tea = =')).toEqual({ level: 2, from: 4, to: 13 });
    expect(heading('= = = Sencha = = =')?.level).toBe(3);
    for (const line of ['Tea', '=Tea=', '= Tea', '= =', '']) expect(heading(line)).toBeNull();
  });

  it('has a title that can be set and removed', () => {
    const set = (text: string, words: string) =>
      plainText(edit(typedText(text), retitle(typed(text), words)).runs);
    expect(titleOf(typed('= Tea =\nText'))?.words).toBe('Tea');
    expect(titleOf(typed('= = Tea = ='))).toBeNull();
    expect(set('Text', 'Tea')).toBe('= Tea =\n\nText');
    expect(set('= Tea =\n\nText', 'Green tea ')).toBe('= Green tea  =\n\nText');
    expect(set('= Tea =\n\nText', '')).toBe('Text');
    expect(set('', 'a\nb')).toBe('= a b =\n\n');
  });
});

describe('a title', () => {
  const anyWords = fc.oneof(
    fc.string({ unit: fc.constantFrom('=', ' ', 'a', '\n', '\f', '😀'), maxLength: 12 }),
    fc.string({ unit: fc.constantFrom('= ', ' =', 'Tea', '  '), maxLength: 6 }),
    fc.string({ unit: 'binary' }),
    fc.nat(500).map((n) => `${'a'.repeat(n)}😀 b`),
  );
  const body = fc.constantFrom(
    '',
    'Text.',
    '= = Section = =\n\nText.',
    '\n\nText',
    `= ${'a'.repeat(500)} =\n`,
  );
  const set = (runs: readonly Run[], words: string) => edit({ ...EMPTY, runs }, retitle(runs, words)).runs;

  it('reads back as it was set, for any words, and does not change the text below', () => {
    fc.assert(
      fc.property(body, fc.array(anyWords, { minLength: 1, maxLength: 4 }), (below, titles) => {
        let runs: readonly Run[] = typed(below);
        for (const words of titles) {
          runs = set(runs, words);
          const title = titleWords(words);
          expect(titleOf(runs)?.words ?? '').toBe(title);
          expect(titleWords(title)).toBe(title);
          if (/\S/.test(words)) expect(title).toMatch(/\S/);
          const head = title && `= ${title} =\n\n`;
          const text = plainText(runs);
          expect(text.startsWith(head)).toBe(true);
          // Removing a title also removes the blank lines below it.
          expect([below, below.replace(/^\n\n/, '')]).toContain(text.slice(head.length));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('can be typed and pasted with the marks of a heading', () => {
    let runs: readonly Run[] = typed('Text.');
    for (let n = 1; n <= '= Tea = more'.length; n++) {
      const words = titleOf(runs)?.words ?? '';
      runs = set(runs, n === '= Tea ='.length + 1 ? `${words} ` : words + '= Tea = more'[n - 1]);
      expect(plainText(runs).match(/\n\n/g)).toHaveLength(1);
    }
    expect(titleOf(runs)?.words).toBe('Tea more');
    expect(titleWords('= Kestrel =')).toBe('Kestrel');
    expect(titleWords('= = Kestrel = =')).toBe('Kestrel');
    expect(titleWords('= Tea = more')).toBe('= Tea = more');
    expect(titleWords(`${'a'.repeat(395)}😀`)).toBe('a'.repeat(395));
  });

  it('names a text, or else the first words do; neither is cut inside a character', () => {
    expect(labelOf(typed('= Tea =\n'))).toBe('Tea');
    expect(labelOf(typed(` ${'a'.repeat(59)}😀\nb`))).toBe('a'.repeat(59));
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '😀', ' ', '\n'), maxLength: 500 }), (text) => {
        expect(labelOf(typed(text)).isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('the history', () => {
  const value = typedText;

  it('undoes and redoes', () => {
    const there = commit(commit(begin(value('a')), value('ab')), value('abc'));
    expect(plainText(undo(undo(undo(there))).present.runs)).toBe('a');
    expect(redo(redo(undo(undo(there)))).present).toBe(there.present);
    expect(commit(undo(there), value('x')).future).toEqual([]);
  });

  it('drops the oldest steps of megabytes of text', () => {
    let history = begin(value(''));
    for (let i = 0; i < 20; i++) history = commit(history, value(String(i).repeat(5_000_000)));
    expect(history.past.length).toBeGreaterThan(3);
    expect(history.past.length).toBeLessThan(15);
  });
});

describe('the settings', () => {
  it('are read back without values out of range', () => {
    const stored = {
      ...DEFAULTS,
      sampler: { temperature: 0.5, topP: 7, minP: 'x' },
      length: -1,
      backend: 'cpu',
    };
    expect(parseSettings(stored)).toEqual({ ...DEFAULTS, sampler: { temperature: 0.5 }, backend: 'cpu' });
    expect(parseSettings('nonsense')).toEqual(DEFAULTS);
  });
});

describe('presets', () => {
  it('are saved by name, applied, matched with the settings, and deleted', () => {
    const settings = { ...DEFAULTS, sampler: { topP: 0.9, temperature: 0.5 } };
    expect(presetInForce(DEFAULTS)?.name).toBe('Default');
    expect(presetInForce(settings)?.name).toBe('Precise');
    const mine = { ...settings, length: 9, stopSequences: ['.'] };
    const presets = withPreset({ ...mine, presets: withPreset(settings, 'Mine') }, 'Mine');
    expect(presets).toHaveLength(1);
    const stored = parseSettings(JSON.parse(JSON.stringify({ ...mine, presets })));
    expect(stored).toEqual({ ...mine, presets });
    expect(presetInForce(stored)?.name).toBe('Mine');
    expect(presetInForce({ ...stored, length: 10 })?.name).toBe('Precise');
    expect(presetInForce({ ...stored, sampler: { topK: 3 } })).toBeNull();
    expect(withoutPreset(stored, 'Mine')).toEqual([]);
    expect(
      parseSettings({ presets: [{ name: 1 }, null, { name: 'A', settings: { length: -1 } }] }).presets,
    ).toEqual([{ name: 'A', settings: expect.objectContaining({ length: DEFAULTS.length }) }]);
  });

  it('stop sequences are parsed from lines', () => {
    const sequence = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'n', '\\', '\n', ' ', '😀') });
    fc.assert(
      fc.property(fc.array(sequence), (sequences) => {
        expect(parseStops(showStops(sequences))).toEqual(sequences);
      }),
    );
  });
});
