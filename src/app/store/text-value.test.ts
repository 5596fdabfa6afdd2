import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GREEDY } from '../../model/sampling';
import { appendSampled, plainText, type Run, replaceText, type SampledRun, typed } from '../../model/text';
import { heading, retitle, titleOf } from './article';
import { begin, commit, redo, undo } from './history';
import { parseKept } from './persistence';
import { presetInForce, withoutPreset, withPreset } from './presets';
import { DEFAULTS, parseSettings, parseStops, showStops } from './settings';
import { countTokens, difference, EMPTY, edit, sampledRanges, typedText } from './text-value';

function sampled(before: readonly Run[], ...words: string[]): Run[] {
  return appendSampled(before, {
    text: words.join(''),
    tokens: {
      ids: Uint32Array.from(words, () => 5),
      lengths: Uint32Array.from(words, (word) => word.length),
    },
    records: new Float32Array(34 * words.length),
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

  it('knows what was sampled, and counts its tokens once all of it is encoded', () => {
    const runs = sampled(typed('One'), ' two', ' three');
    expect(sampledRanges(runs)).toEqual([{ from: 3, to: 13 }]);
    expect(sampledRanges(replaceText(runs, 8, 8, 'X'))).toEqual([{ from: 3, to: 7 }]);
    expect(countTokens(runs)).toBeNull();
    expect(countTokens(sampled([], 'a', 'b'))).toBe(3);
  });

  it('is kept with its ids, and refused when damaged', () => {
    const text = {
      ...EMPTY,
      runs: sampled(typed('One'), ' two'),
      model: { id: 'one', digest: 'd' },
      generatedFrom: 3,
    };
    expect(parseKept(structuredClone({ version: 2, text }))).toEqual(text);
    expect(parseKept(undefined)).toBeNull();
    expect(parseKept({ version: 3, text })).toBeNull();
    const broken = { source: 'sampled', text: 'x', tokens: null };
    expect(parseKept({ version: 2, text: { ...text, runs: [broken] } })).toBeNull();
    const unlikely = { ...text.runs[1], sampling: { ...GREEDY, topP: 7 } };
    expect(parseKept({ version: 2, text: { ...text, runs: [unlikely] } })).toBeNull();
  });

  it('that was kept before runs had settings still opens', () => {
    const [first, { sampling, ...second }] = sampled(typed('One'), ' two') as [Run, SampledRun];
    const kept = { version: 1, digest: 'd', text: { runs: [first, second], generatedFrom: 3 } };
    expect(parseKept(kept)).toEqual({
      ...EMPTY,
      runs: [first, { ...second, sampling: null }],
      model: { id: 'wiki-7m', digest: 'd' },
      generatedFrom: 3,
    });
  });
});

describe('the form of an article', () => {
  it('has headings of several levels', () => {
    expect(heading('= Tea =')).toEqual({ level: 1, from: 2, to: 5 });
    expect(heading('= = Green tea = =')).toEqual({ level: 2, from: 4, to: 13 });
    expect(heading('= = = Sencha = = =')?.level).toBe(3);
    for (const line of ['Tea', '=Tea=', '= Tea', '= =', '']) expect(heading(line)).toBeNull();
  });

  it('has a title, which can be set and taken away', () => {
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

describe('the history', () => {
  const value = typedText;

  it('goes back and forth', () => {
    const there = commit(commit(begin(value('a')), value('ab')), value('abc'));
    expect(plainText(undo(undo(undo(there))).present.runs)).toBe('a');
    expect(redo(redo(undo(undo(there)))).present).toBe(there.present);
    expect(commit(undo(there), value('x')).future).toEqual([]);
  });

  it('forgets the oldest steps of megabytes of text', () => {
    let history = begin(value(''));
    for (let i = 0; i < 20; i++) history = commit(history, value(String(i).repeat(5_000_000)));
    expect(history.past.length).toBeGreaterThan(3);
    expect(history.past.length).toBeLessThan(15);
  });
});

describe('the settings', () => {
  it('are read back, without what is out of range', () => {
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
  it('are kept by name, taken, found in force, and deleted', () => {
    const settings = { ...DEFAULTS, sampler: { topP: 0.9, temperature: 0.5 } };
    expect(presetInForce(DEFAULTS)?.name).toBe('The model’s own');
    expect(presetInForce(settings)?.name).toBe('Careful');
    const mine = { ...settings, length: 9, stopSequences: ['.'] };
    const presets = withPreset({ ...mine, presets: withPreset(settings, 'Mine') }, 'Mine');
    expect(presets).toHaveLength(1);
    const stored = parseSettings(JSON.parse(JSON.stringify({ ...mine, presets })));
    expect(stored).toEqual({ ...mine, presets });
    expect(presetInForce(stored)?.name).toBe('Mine');
    expect(presetInForce({ ...stored, length: 10 })?.name).toBe('Careful');
    expect(presetInForce({ ...stored, sampler: { topK: 3 } })).toBeNull();
    expect(withoutPreset(stored, 'Mine')).toEqual([]);
    expect(
      parseSettings({ presets: [{ name: 1 }, null, { name: 'A', settings: { length: -1 } }] }).presets,
    ).toEqual([{ name: 'A', settings: expect.objectContaining({ length: DEFAULTS.length }) }]);
  });

  it('stop sequences are typed as lines', () => {
    const sequence = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'n', '\\', '\n', ' ', '😀') });
    fc.assert(
      fc.property(fc.array(sequence), (sequences) => {
        expect(parseStops(showStops(sequences))).toEqual(sequences);
      }),
    );
  });
});
